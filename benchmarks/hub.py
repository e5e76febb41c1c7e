"""The hub as an operator runs it: real processes of the installed command."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

SYNCHUB = str(Path(sys.executable).parent / "synchub")
PATIENCE = 60.0
LOOK = 0.05
"""Seconds between two looks at how much memory a process has."""
KIBIBYTES_PER_MEBIBYTE = 1024


@dataclass(frozen=True)
class Taken:
    """Seconds that a process took, and the most memory that it had, in MiB."""

    seconds: float
    memory: float


def most_memory(process: int) -> float:
    """The most memory that a process has had so far, in MiB; 0 for one that has ended."""
    with Path(f"/proc/{process}/status").open(encoding="utf-8") as lines:
        found = next((line for line in lines if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(found.split()[1]) / KIBIBYTES_PER_MEBIBYTE


def timed(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Taken:
    """What a process takes, which must succeed."""
    with (folder / "timed.log").open("w+") as log:
        began, memory = time.perf_counter(), 0.0
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        with process:
            while process.poll() is None:
                memory = max(memory, most_memory(process.pid))
                with suppress(subprocess.TimeoutExpired):
                    process.wait(LOOK)
        seconds = time.perf_counter() - began
        if process.returncode != 0:
            log.seek(0)
            raise RuntimeError(f"{command[0]} failed: {log.read()[-2000:]}")
    return Taken(seconds, memory)


@dataclass
class Running:
    """A process of the hub."""

    url: str
    pid: int

    def most_memory(self) -> float:
        """The most memory that it has had so far, in MiB."""
        return most_memory(self.pid)


@dataclass(frozen=True)
class Hub:
    """A hub on a store; its data and what it prints are in `folder`."""

    folder: Path
    store: str
    settings: Mapping[str, str]

    @classmethod
    def on(cls, folder: Path, store: str, **settings: str) -> "Hub":
        """A hub with the settings that it comes with but for those given."""
        return cls(folder, store, settings)

    def _environment(self, port: int) -> dict[str, str]:
        outer = {name: value for name, value in os.environ.items() if not name.startswith("SYNCHUB_")}
        ours = {"DATABASE_URL": self.store, "DATA_DIR": str(self.folder / "data"), "PORT": str(port)}
        ours |= {"SECRET_KEY": "a key that is long enough for a benchmark", **self.settings}
        return outer | {f"SYNCHUB_{name}": value for name, value in ours.items()}

    def command(self, *arguments: str) -> str:
        """What a command prints."""
        done = subprocess.run(
            [SYNCHUB, *arguments],
            check=False,
            cwd=self.folder,
            env=self._environment(0),
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"synchub {' '.join(arguments)} failed: {done.stderr[-2000:]}")
        return done.stdout

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """What a command prints with --json."""
        return [json.loads(line) for line in self.command(*arguments, "--json").splitlines()]

    def timed(self, *arguments: str) -> Taken:
        """What a command takes."""
        return timed([SYNCHUB, *arguments], self.folder, self._environment(0))

    def connect(self, name: str, dialect: str, **said: str) -> dict[str, str]:
        """Add a connection; returns its credentials."""
        options = [part for key, value in said.items() for part in ("--set", f"{key}={value}")]
        (made,) = self.rows("connection", "add", name, "--dialect", dialect, *options)
        credentials: dict[str, str] = made["credentials"]
        return credentials

    @contextmanager
    def serving(self) -> Iterator[Running]:
        """A `serve` process, ready to answer."""
        port = free_port()
        with self._process("serve", port) as running:
            await_answer(f"{running.url}/readyz")
            yield running

    @contextmanager
    def working(self) -> Iterator[Running]:
        """A `work` process, just begun."""
        with self._process("work", 0) as running:
            yield running

    @contextmanager
    def _process(self, role: str, port: int) -> Iterator[Running]:
        with (self.folder / f"{role}.log").open("ab") as log:
            process = subprocess.Popen(
                [SYNCHUB, role],
                cwd=self.folder,
                env=self._environment(port),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                yield Running(f"http://127.0.0.1:{port}", process.pid)
            finally:
                end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process as a service manager does."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def await_answer(url: str) -> None:
    """Wait until a URL is answered with 200."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(url, timeout=PATIENCE).status_code == httpx.codes.OK:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{url} did not become ready")
