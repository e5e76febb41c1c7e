"""A hub that answers and tells, a CRM that calls it, a partner that speaks, and a partner that is told.

To start a hub takes longer than most tests: those that leave it as they found it share one in each module.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import create_engine, select, text
from tests.served import Served, serving
from tests.waiting import until

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.master import store
from synchub.master.convergence import Mode
from synchub.master.tables import MasterRecord
from synchub.master.writes import Batch, Write
from synchub.resync.tables import Resync

AGENT = "/api/v1/Agents/ErpSync/"
ERP = 77
LASTING = {"connection", "counter", "schema_fitness"}
"""The tables that a cleared store keeps."""
_numbers = count(1)


class Told(ThreadingHTTPServer):
    """A partner on loopback: it keeps what it is told, holds its answer while told to, and refuses some records."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.heard: list[dict[str, Any]] = []
        self.refuses: set[int] = set()
        self.answers = threading.Event()
        self.answers.set()
        self._came = threading.Condition()

    def take(self, document: dict[str, Any]) -> int:
        self.answers.wait()
        record = document["data"]["record"]
        with self._came:
            if record in self.refuses:
                return 400
            self.heard.append(document["data"])
            self._came.notify_all()
        return 204

    def wait_for(self, calls: int) -> list[int]:
        """The records of the first so many calls, once they have come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.heard) >= calls, timeout=60)
            return sorted(one["record"] for one in self.heard[:calls])

    def forget(self) -> None:
        with self._came:
            self.heard.clear()


class Taking(BaseHTTPRequestHandler):
    server: Told

    def do_POST(self) -> None:
        status = self.server.take(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_parts: object) -> None:
        pass


@contextmanager
def told_one() -> Iterator[Told]:
    with Told() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield made
        made.answers.set()
        made.shutdown()
        thread.join()


@pytest.fixture
def told() -> Iterator[Told]:
    with told_one() as made:
        yield made


class Crm:
    """The CRM, which calls the agent's methods; `erp` speaks to the same store."""

    def __init__(self, hub: Served, **said: Any) -> None:
        self.hub = hub
        self.credentials = hub.connect("crm", "superoffice", **said)
        pair = f"{self.credentials['username']}:{self.credentials['password']}".encode()
        self.headers = {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
        with db.writing(hub.engine) as session:
            erp = Connection(id=ERP, name="erp", dialect="test", rank=-1, guid=uuid4(), created_at=clock.now())
            session.add(erp)

    def post(self, method: str, *, headers: dict[str, str] | None = None, **said: Any) -> httpx.Response:
        return self.hub.call("POST", AGENT + method, headers=self.headers | (headers or {}), **said)

    def ask(self, method: str, **parameters: Any) -> Any:
        """The answer of a method."""
        answer = self.post(method, json=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def say(
        self, *keys: str, entity: str = "customer", connection: int = ERP, mode: Mode = Mode.PARTIAL, **fields: Any
    ) -> list[int]:
        """Let a partner say something of records; answers their ids."""
        writes = [Write(entity, key, mode, {"name": key, **fields}) for key in keys]
        batch = Batch(connection, uuid4(), writes)
        applied = db.retrying(self.hub.engine, lambda session: store.apply(session, [batch]))
        return [verdict.record for verdict in applied[0].verdicts]

    def target(self, told: Told, **said: Any) -> int:
        """Let a partner be told; answers its connection's id."""
        return self.join("target", url=f"http://127.0.0.1:{told.server_port}/", **said)

    def join(self, name: str, **said: Any) -> int:
        """Let somebody be told where nobody listens; answers its connection's id."""
        self.hub.connect(name, "webhook", **{"url": "http://127.0.0.1:9/", **said})
        with db.reading(self.hub.engine) as session:
            return session.scalars(select(Connection.id).where(Connection.name == name)).one()

    def records(self) -> list[int]:
        with db.reading(self.hub.engine) as session:
            return list(session.scalars(select(MasterRecord.id).order_by(MasterRecord.id)))

    def resyncs(self) -> list[Resync]:
        with db.reading(self.hub.engine) as session:
            return list(session.scalars(select(Resync).order_by(Resync.id)))

    def clear(self) -> None:
        """Forget all but who there is; what was worked on must be at rest."""
        with db.writing(self.hub.engine) as session:
            for table in reversed(db.Base.metadata.sorted_tables):
                if table.name not in LASTING:
                    session.execute(table.delete())

    def until_known(self, headers: dict[str, str] | None = None) -> None:
        """Wait until the hub has seen that the CRM, or another one, has been added."""
        until(lambda: self.post("GetEngineStatus", headers=headers).status_code != 401)


@contextmanager
def run(store_url: str, folder: Path, **settings: Any) -> Iterator[Crm]:
    """A hub with these settings, and the CRM that calls it."""
    with serving(store_url, folder, **{"roles": "web,work", **settings}) as hub:
        crm = Crm(hub)
        crm.until_known()
        yield crm


@pytest.fixture
def running(store_url: str, tmp_path: Path) -> Any:
    """Makes a hub of the test's own."""
    return partial(run, store_url, tmp_path)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Makes hubs that a module's tests share, each on a store of its own, once on each database."""
    with ExitStack() as stack:

        def made(**settings: Any) -> Crm:
            folder = tmp_path_factory.mktemp("shared")
            store = stack.enter_context(fresh(request, folder))
            return stack.enter_context(run(store, folder, **settings))

        yield made


@contextmanager
def fresh(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        path = folder / "synchub.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield f"sqlite:///{path}"
        return
    server, name = request.getfixturevalue("postgres"), f"shared_{next(_numbers)}"
    administer(server, f"CREATE DATABASE {name} TEMPLATE template_synchub STRATEGY file_copy")
    yield server.format(name=name)
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def administer(server: str, statement: str) -> None:
    engine = create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="module")
def resting(shared_store: Any) -> Crm:
    """The CRM of a hub that only answers."""
    return shared_store(roles="web", resync_wait=0)


@pytest.fixture
def crm(resting: Crm) -> Iterator[Crm]:
    """The CRM of a hub that only answers, on an empty store, with the connections that it has."""
    yield resting
    resting.clear()


@pytest.fixture
def alone(running: Any) -> Iterator[Crm]:
    """As `crm`, for a test that adds connections."""
    with running(roles="web", resync_wait=0) as made:
        yield made


@pytest.fixture(scope="module")
def working(shared_store: Any) -> Iterator[Crm]:
    """The CRM of a hub that tells a target, and that it waits for."""
    with told_one() as told:
        made = shared_store(resync_wait=60)
        made.target(told)
        made.told = told
        yield made


@pytest.fixture
def live(working: Crm) -> Iterator[Crm]:
    """The CRM, and three new records that the target was told of."""
    number = next(_numbers)
    working.keys = [f"{number}-{n}" for n in range(3)]
    working.ids = working.say(*working.keys)
    working.told.wait_for(3)
    working.told.forget()
    yield working
    working.told.refuses = set()
    working.told.forget()
