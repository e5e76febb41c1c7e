"""A hub that answers and tells, a CRM that calls it, a partner that speaks, and a partner that is told."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select
from tests.served import Served, serving

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.master import store
from synchub.master.convergence import Mode
from synchub.master.writes import Batch, Write
from synchub.resync.tables import Resync

AGENT = "/api/v1/Agents/ErpSync/"
ERP = 77


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

    def wait_for(self, count: int) -> list[int]:
        """The records of the first `count` calls, once they have come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.heard) >= count, timeout=60)
            return sorted(one["record"] for one in self.heard[:count])

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


@pytest.fixture
def told() -> Iterator[Told]:
    with Told() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield made
        made.answers.set()
        made.shutdown()
        thread.join()


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

    def resyncs(self) -> list[Resync]:
        with db.reading(self.hub.engine) as session:
            return list(session.scalars(select(Resync).order_by(Resync.id)))

    def until_known(self, headers: dict[str, str] | None = None) -> None:
        """Wait until the hub has seen that the CRM, or another one, has been added."""
        while self.post("GetEngineStatus", headers=headers).status_code == 401:
            time.sleep(0.05)


@pytest.fixture
def running(store_url: str, tmp_path: Path) -> Any:
    """Makes a hub with these settings, and the CRM that calls it."""

    @contextmanager
    def run(**settings: Any) -> Iterator[Crm]:
        with serving(store_url, tmp_path, **{"roles": "web,work", **settings}) as hub:
            crm = Crm(hub)
            crm.until_known()
            yield crm

    return run


@pytest.fixture
def crm(running: Any) -> Iterator[Crm]:
    """The CRM of a hub that only answers."""
    with running(roles="web", resync_wait=0) as made:
        yield made
