"""The command line on a store of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from json import loads
from typing import Any

import pytest
from tests.world import world

from synchub.cli import run


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The JSON lines."""
        return [loads(line) for line in self.out.splitlines()]


Command = Callable[..., Said]


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """A folder without an .env file, and an environment that sets nothing of ours."""
    import os

    for name in [name for name in os.environ if name.startswith("SYNCHUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def bare(alone, capsys) -> Command:
    """The command line where nothing is set."""

    def command(*arguments: str) -> Said:
        capsys.readouterr()
        code = run(arguments)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return command


@pytest.fixture
def synchub(bare, store_url, monkeypatch, alone) -> Command:
    """The command line on a migrated store, once on each database."""
    monkeypatch.setenv("SYNCHUB_DATABASE_URL", store_url)
    monkeypatch.setenv("SYNCHUB_DATA_DIR", str(alone / "data"))
    monkeypatch.setenv("SYNCHUB_SECRET_KEY", "a key that is long enough for the tests")
    return bare


@pytest.fixture
def partners(engine):
    """Partners that speak to the same store."""
    with world(engine) as made:
        made.join("erp", "crm")
        yield made
