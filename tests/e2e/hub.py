"""The hub as an operator runs it: real processes, each in a group of its own.

They branch off one that has loaded the hub, except where a test is about how the installed command starts.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.orm import Session
from tests import branches, calling

from synchub import db
from synchub.master.reading import get_record, list_records, typed_fields
from synchub.outbox.reading import list_deliveries

SYNCHUB = str(Path(sys.executable).parent / "synchub")
KEY = "a key that is long enough for the tests"
PATIENCE = 90.0
STEP = 0.1


def machine_time() -> float:
    """Seconds that pass on this machine: those count only in part in which its host gave its processors to others."""
    stolen = int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) if Path("/proc/stat").exists() else 0
    return time.monotonic() - stolen / os.sysconf("SC_CLK_TCK") / (os.cpu_count() or 1)


def eventually(look: Callable[[], Any], within: float = PATIENCE) -> Any:
    """What `look` finds, as soon as it finds anything; `within` are the seconds after which it never comes."""
    end, pause = machine_time() + within, threading.Event()
    while not (found := look()):
        if machine_time() > end:
            message = f"it did not come within {within:.0f} seconds"
            raise AssertionError(message)
        pause.wait(STEP)
    return found


class Process:
    """One process; the last lines that it said are kept, to be shown when a test fails."""

    def __init__(self, *arguments: str, env: Mapping[str, str], cwd: Path, installed: bool = False) -> None:
        self.said: deque[str] = deque(maxlen=100)
        self._popen: subprocess.Popen[str] | branches.Speaking
        if installed:
            self._popen = subprocess.Popen(
                [SYNCHUB, *arguments],
                env=dict(env),
                cwd=cwd,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        else:
            self._popen = branches.Speaking(*arguments, env=env, cwd=cwd, session=True)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._popen.stdout is not None
        with self._popen.stdout as lines:
            self.said.extend(lines)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def lives(self) -> bool:
        return self._popen.poll() is None

    def hear(self, word: str) -> str:
        """The line that holds a word, as soon as the process has said it."""

        def look() -> str | None:
            found = next((line for line in list(self.said) if word in line), None)
            assert found or self.lives, "".join(self.said)
            return found

        return str(eventually(look))

    def kill(self) -> None:
        """End it at once, as a power cut does, with all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()
        self._listener.join()

    def ask_to_stop(self) -> None:
        """Tell it to end, as a service manager does."""
        self._popen.send_signal(signal.SIGTERM)

    def ended(self, within: float) -> int:
        """Its exit code, if it ends in that many seconds."""
        code = self._popen.wait(within)
        self._listener.join()
        return code

    def limit_files(self, size: int) -> None:
        """From now on none of its files may grow beyond this many bytes; -1 lifts the limit."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@dataclass
class Hub:
    """A hub on its own store; `folder` is its working directory, which has its data in it.

    `installed`: its processes are started as the installed command.
    """

    folder: Path
    store: str
    port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    installed: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """The environment of its processes; nothing of ours comes from outside."""
        outer = {name: value for name, value in os.environ.items() if not name.startswith("SYNCHUB_")}
        return {
            **outer,
            "SYNCHUB_DATABASE_URL": self.store,
            "SYNCHUB_DATA_DIR": str(self.folder / "data"),
            "SYNCHUB_PORT": str(self.port),
            "SYNCHUB_SECRET_KEY": KEY,
            **self.settings,
        }

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command line, carried out whatever comes of it."""
        if not self.installed:
            return branches.run(*arguments, env=self.env, cwd=self.folder, timeout=PATIENCE)
        return subprocess.run(
            [SYNCHUB, *arguments],
            check=False,
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def synchub(self, *arguments: str) -> list[dict[str, Any]]:
        """The JSON lines of a command that must succeed."""
        done = self.command(*arguments)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def spawn(self, role: str) -> Process:
        """Begin a process, `serve` or `work`, without waiting for it."""
        self.processes[role] = Process(role, env=self.env, cwd=self.folder, installed=self.installed)
        return self.processes[role]

    def start(self, *roles: str) -> None:
        """Start processes and wait until each is at work."""
        for role in roles:
            self.spawn(role)
        for role in roles:
            self.await_ready(role)

    def await_ready(self, role: str) -> None:
        """Wait until a process is at work."""
        if role == "work":
            self.processes[role].hear("tells partners")
        else:
            eventually(self.is_ready)

    def is_ready(self) -> bool:
        """Whether it says so itself."""
        assert self.processes["serve"].lives, "".join(self.processes["serve"].said)
        with suppress(httpx.TransportError):
            return calling.get(f"{self.url}/readyz", timeout=5).status_code == 200
        return False

    @contextmanager
    def store_opened(self) -> Iterator[Session]:
        """A look into its store from outside, which is quicker than a command."""
        engine = db.open_engine(self.store)
        try:
            with db.reading(engine) as session:
                yield session
        finally:
            engine.dispose()

    def labels(self) -> list[str]:
        """The labels of the records in its store."""
        with self.store_opened() as session:
            return [record["label"] for record in list_records(session)]

    def fields(self, code: str) -> dict[str, Any]:
        """The fields of the record with a code; nothing if there is none."""
        with self.store_opened() as session:
            found = list(list_records(session, code=code))
            return typed_fields(get_record(session, found[0]["id"])) if found else {}

    def claimed(self) -> list[bool]:
        """Whether a worker holds it, for each delivery in its store."""
        with self.store_opened() as session:
            return [delivery["claimed"] for delivery in list_deliveries(session)]

    def records(self) -> list[dict[str, Any]]:
        """The records in its store, as the command line lists them."""
        return self.synchub("record", "list", "--json")

    def state(self) -> str:
        """What an operator would look at when something is late."""
        looks = [("connection", "list"), ("delivery", "list")]
        said = ["\n".join(self.command(*look).stdout.splitlines()[:20]) for look in looks]
        return "\n".join([*said, *("".join(process.said) for process in self.processes.values())])

    def close(self) -> None:
        """Leave nothing running."""
        for process in self.processes.values():
            process.kill()
