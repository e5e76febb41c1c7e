"""A hub with one Aljex connection, called through the front as a server would call it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from starlette.responses import PlainTextResponse

from synchub import db
from synchub.app.front import Front, Paths
from synchub.config import Settings
from synchub.connections import options, registry
from synchub.connections.credentials import Vault
from synchub.connections.directory import Directory
from synchub.connections.tables import Connection
from synchub.dialects import named
from synchub.dialects.dialect import Hub
from synchub.intake.committer import Committer
from synchub.intake.journal import body_of
from synchub.intake.tables import Message
from synchub.master.entities import ENTITIES
from synchub.master.tables import CrossReference, MasterRecord

KEY = "a key of thirty-two characters, or more"


class Partner:
    """Aljex, as the hub sees it."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine, self.settings = engine, settings
        self.kind = named("aljex")
        self.committer = Committer(engine, settings)
        directory = Directory(engine, KEY)
        hub = Hub(settings, engine, self.committer, directory)
        self.surface = self.kind.surface(hub)
        places = [(claim, self.surface) for claim in self.kind.claims]
        self.front = Front(Paths(places), PlainTextResponse("elsewhere", 404), None, (), frozenset())
        self.login = self.join("aljex")

    def join(self, name: str, **wishes: Any) -> tuple[str, str]:
        """Add a connection; its user name and password."""
        with db.writing(self.engine) as session:
            wish = options.read(self.kind, {entity: made.fields() for entity, made in ENTITIES.items()}, wishes)
            _, credentials = registry.add(session, Vault(KEY), self.kind, name, wish)
        return credentials["username"], credentials["password"]

    def call(self, *, method: str = "POST", path: str = "/aljex/sync", **more: Any) -> httpx.Response:
        """Any request, with the connection's log-in unless `auth` says otherwise."""
        return asyncio.run(self.acall(method=method, path=path, **more))

    async def acall(self, *, method: str = "POST", path: str = "/aljex/sync", **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.front, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            more = {"auth": self.login} | more
            return await client.request(method, path, **more)

    def sync(
        self, table: str = "customers", action: str = "update", /, *, auth: Any = None, **fields: Any
    ) -> httpx.Response:
        """One record."""
        body = urlencode({"web_sync_table_name": table, "web_sync_action": action} | fields)
        return self.call(content=body, auth=auth or self.login)

    def one(self, entity: str, code: str) -> Any:
        """The record of a code."""
        with db.reading(self.engine) as session:
            made = ENTITIES[entity]
            return session.scalars(select(made).where(made.code == code)).one()

    def record_of(self, entity: str, key: str) -> Any:
        """The record behind a key of the partner."""
        with db.reading(self.engine) as session:
            return session.get_one(ENTITIES[entity], self._copy(session, entity, key).record_id)

    def copy(self, entity: str, key: str) -> CrossReference:
        """The copy with this key."""
        with db.reading(self.engine) as session:
            return self._copy(session, entity, key)

    def _copy(self, session: Session, entity: str, key: str) -> CrossReference:
        return session.scalars(
            select(CrossReference)
            .join(Connection, Connection.id == CrossReference.connection_id)
            .where(Connection.dialect == "aljex", CrossReference.entity == entity, CrossReference.external_key == key)
        ).one()

    def messages(self) -> list[Message]:
        """The journal, oldest first."""
        with db.reading(self.engine) as session:
            return list(session.scalars(select(Message).order_by(Message.id)))

    def bodies(self) -> list[bytes]:
        """The raw bytes that are kept, unpacked."""
        return [body_of(message, self.settings.data_dir) for message in self.messages()]

    def records(self) -> list[MasterRecord]:
        with db.reading(self.engine) as session:
            return list(session.scalars(select(MasterRecord)))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path / "data")


@pytest.fixture
def partner(engine: Engine, settings: Settings) -> Iterator[Partner]:
    made = Partner(engine, settings)
    made.committer.start()
    yield made
    made.committer.stop()
