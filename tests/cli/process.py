"""The hub as a real process."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from tests import branches

SYNCHUB = [sys.executable, "-c", "from synchub.cli import main; main()"]
PATIENCE = 60.0


@dataclass
class Hub:
    """A process and what it said on standard output so far."""

    process: "subprocess.Popen[str] | branches.Speaking"
    errors: IO[bytes]
    said: list[str] = field(default_factory=list)

    def hear(self, word: str) -> str:
        """The line that holds a word, as soon as the process says it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if word in line:
                return line.strip()
        raise AssertionError("".join(self.said))

    @property
    def url(self) -> str:
        """Where the hub listens, as it said or will say."""
        lines = [line for line in self.said if "http://" in line] or [self.hear("http://")]
        return next(part for part in lines[0].split() if part.startswith("http://"))

    def complaints(self) -> str:
        """What the process said on standard error."""
        self.errors.seek(0)
        return self.errors.read().decode()

    def stop(self) -> int:
        """End the process as a service manager does; answers its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[Hub]:
    """A process of the hub, within the block."""
    env = dict(os.environ) | environment
    with tempfile.TemporaryFile() as errors, branches.Speaking(*arguments, env=env, error=errors.fileno()) as process:
        try:
            yield Hub(process, errors)
        finally:
            process.kill()


@contextmanager
def started(*arguments: str, **environment: str) -> Iterator[Hub]:
    """As `running`, from a Python that has loaded nothing yet."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*SYNCHUB, *arguments],
            env=dict(os.environ) | environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with process:
            try:
                yield Hub(process, errors)
            finally:
                process.kill()


def eventually(look: Callable[[], Any]) -> Any:
    """What `look` finds, as soon as it finds anything."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.1)):
        if found := look():
            return found
        pause.wait(0.1)
    message = "it never came"
    raise AssertionError(message)
