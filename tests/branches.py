"""Processes of the hub that branch off one that has loaded it, as if they had been started.

Only what a process does before its first own line is not proved by them: tests that are about that start the installed
command.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Self

ROOT = Path(__file__).resolve().parents[1]


@cache
def _trunk() -> socket.socket:
    """The way to the process from which all of this test process branch off."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.trunk"], cwd=ROOT, stdin=there, stdout=subprocess.DEVNULL
        )

    def end() -> None:
        here.close()
        process.wait()

    atexit.register(end)
    return here


class Branch:
    """One process; what it says is read and how it ends is asked as of a `subprocess.Popen`."""

    def __init__(
        self, *arguments: str, env: Mapping[str, str], cwd: Path | None, out: int, error: int, session: bool = False
    ) -> None:
        self.args = ["synchub", *arguments]
        wish = {"command": self.args, "env": dict(env), "cwd": str(cwd or Path.cwd()), "session": session}
        heard, told = os.pipe()
        self._said = os.fdopen(heard, "rb", buffering=0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        socket.send_fds(_trunk(), [json.dumps(wish).encode()], [nothing, out, error, told])
        for stream in (nothing, told):
            os.close(stream)
        self.pid = int(self._said.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, if it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended; below 0 the signal that ended it."""
        if self.returncode is None:
            if not select.select([self._said], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._said.readline())
            self._said.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Speaking(Branch):
    """A process of which every line is read as it says it; so are its errors, if nothing is named for them."""

    def __init__(
        self,
        *arguments: str,
        env: Mapping[str, str],
        cwd: Path | None = None,
        error: int | None = None,
        session: bool = False,
    ) -> None:
        heard, said = os.pipe()
        self.stdout: IO[str] = os.fdopen(heard)
        error = said if error is None else error
        try:
            super().__init__(*arguments, env=env, cwd=cwd, out=said, error=error, session=session)
        finally:
            os.close(said)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()
        self.wait()


def run(
    *arguments: str, env: Mapping[str, str], cwd: Path | None = None, timeout: float | None = None
) -> "subprocess.CompletedProcess[str]":
    """A command line, carried out whatever comes of it."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        branch = Branch(*arguments, env=env, cwd=cwd, out=out.fileno(), error=error.fileno())
        try:
            code = branch.wait(timeout)
        finally:
            branch.kill()
        texts = []
        for stream in (out, error):
            stream.seek(0)
            texts.append(stream.read().decode())
    return subprocess.CompletedProcess(branch.args, code, *texts)
