"""A copy of the hub in which one line at a time is changed, and processes that run on it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.mutations.mutants import Mutant

ROOT = Path(__file__).resolve().parents[2]
PYTEST = ("pytest", "-x", "-q", "-p", "pytest_socket", "-p", "no:cacheprovider")


class Ended(NamedTuple):
    """What came of a run: its exit code, and all that it said."""

    code: int
    said: str


class Graft:
    """The copy in `folder`; what Python makes of its unchanged modules is kept from one change to the next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ages = count(1)
        self._stem: subprocess.Popen[str] | None = None
        for name in ("src", "migrations"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    @contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        """Change the one line; at the end everything is as it was."""
        path = self._folder / "src" / "synchub" / mutant.file
        source = path.read_text()
        if source.count(mutant.find) != 1:
            raise LookupError(f"'{mutant.find}' stands {source.count(mutant.find)} times in {mutant.file}, not once")
        self._write(path, source.replace(mutant.find, mutant.put))
        try:
            yield
        finally:
            self._write(path, source)

    def _write(self, path: Path, source: str) -> None:
        """Write a module, with a time that it never had: that is how Python sees that it must be compiled anew."""
        path.write_text(source)
        age = path.stat().st_mtime_ns + next(self._ages) * 10**10
        os.utime(path, ns=(age, age))

    def run(self, *command: str) -> Ended:
        """Run a module with its arguments on the copy."""
        self._stem = self._stem or self._grow()
        assert self._stem.stdin is not None
        assert self._stem.stdout is not None
        self._stem.stdin.write(json.dumps(command) + "\n")
        self._stem.stdin.flush()
        return Ended(*json.loads(self._stem.stdout.readline()))

    def _grow(self) -> "subprocess.Popen[str]":
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPATH"] = os.pathsep.join([str(self._folder / "src"), str(ROOT)])
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        return subprocess.Popen(
            [sys.executable, "-m", "tests.mutations.stem"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def test(self, ids: Sequence[str]) -> Ended:
        """Run tests on the copy; the plug-ins that take long to start are left out."""
        return self.run(*PYTEST, *ids)

    def close(self) -> None:
        """Leave nothing running."""
        if self._stem is not None:
            self._stem.communicate()
