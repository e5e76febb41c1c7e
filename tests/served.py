"""The hub as it is served: the whole application, its lifespan included, called by plain tests.

It needs no server; `listening` puts one before it where a partner's own client calls.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from sqlalchemy import Engine, func, select

from synchub import dialects
from synchub.app import build
from synchub.config import Settings
from synchub.connections import options, registry
from synchub.connections.credentials import Vault
from synchub.connections.tables import HUB
from synchub.db import open_engine, reading, writing
from synchub.intake.tables import Message
from synchub.master.entities import ENTITIES
from synchub.master.tables import Change, CrossReference, MasterRecord

KEY = "a key that is long enough for the tests"


class Served:
    """A running hub, its store, and a client for it."""

    def __init__(self, settings: Settings, engine: Engine, runner: asyncio.Runner, peer: str) -> None:
        self.settings, self.engine, self._runner = settings, engine, runner
        self.app = build(settings)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(peer, 1234))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://hub")
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._told: asyncio.Queue[Any] = asyncio.Queue()
        self._life: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin the lifespan, as a server does."""
        self._runner.run(self._begin())

    async def _begin(self) -> None:
        self._life = asyncio.get_running_loop().create_task(
            self.app({"type": "lifespan"}, self._events.get, self._told.put)
        )
        await self._events.put({"type": "lifespan.startup"})
        told = await self._told.get()
        assert told["type"] == "lifespan.startup.complete", told

    def stop(self) -> None:
        """End the lifespan."""
        self._runner.run(self._end())

    async def _end(self) -> None:
        await self.client.aclose()
        await self._events.put({"type": "lifespan.shutdown"})
        assert self._life is not None
        await self._life

    def connect(self, name: str, dialect: str, **said: Any) -> dict[str, str]:
        """Add a connection; returns its credentials."""
        kind = dialects.named(dialect)
        entities = {entity: tuple(made.fields()) for entity, made in ENTITIES.items()}
        wish = options.read(kind, entities, said)
        with writing(self.engine) as session:
            return registry.add(session, Vault(KEY), kind, name, wish)[1]

    def call(self, method: str, path: str, **said: Any) -> httpx.Response:
        """One request, answered."""
        return self._runner.run(self.client.request(method, path, **said))

    def together(self, *requests: tuple[str, str, dict[str, Any]]) -> list[httpx.Response]:
        """Requests that are under way at the same time."""

        async def all_of_them() -> list[httpx.Response]:
            return await asyncio.gather(*(self.client.request(m, p, **said) for m, p, said in requests))

        return self._runner.run(all_of_them())

    def messages(self) -> list[Message]:
        """The journal."""
        with reading(self.engine) as session:
            return list(session.scalars(select(Message).order_by(Message.received_at)))

    def record(self, entity: str, code: str) -> Any:
        """The record with a code."""
        made = ENTITIES[entity]
        with reading(self.engine) as session:
            return session.scalars(select(made).where(MasterRecord.code == code)).one()

    def copy(self, key: str) -> CrossReference:
        """The one copy of a partner with an external key."""
        theirs = (CrossReference.external_key == key, CrossReference.connection_id != HUB)
        with reading(self.engine) as session:
            return session.scalars(select(CrossReference).where(*theirs)).one()

    def count(self, table: type[Any] = Change) -> int:
        """The rows of a table."""
        with reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@contextmanager
def serving(store_url: str, folder: Path, *, peer: str = "127.0.0.1", **settings: Any) -> Iterator[Served]:
    """A hub on a store, running within the block."""
    said = {"data_dir": folder / "data", "secret_key": KEY, "roles": "web", **settings}
    chosen = Settings(database_url=store_url, _env_file=None, **said)
    engine = open_engine(store_url)
    with asyncio.Runner() as runner:
        served = Served(chosen, engine, runner, peer)
        served.start()
        try:
            yield served
        finally:
            served.stop()
            engine.dispose()


@contextmanager
def listening(hub: Served) -> Iterator[str]:
    """The hub on a real port."""
    server = uvicorn.Server(uvicorn.Config(hub.app, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def fresh(template: Path, folder: Path) -> str:
    """The URL of a new store like a SQLite one."""
    path = folder / "other.db"
    path.write_bytes(template.read_bytes())
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("UPDATE connection SET guid = ? WHERE id = ?", (uuid4().hex, HUB))  # as each store has its own
    return f"sqlite:///{path}"
