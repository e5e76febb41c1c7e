"""Hubs whose connections are made from within, what came to each of them, and whether they have come to rest."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from tests.e2e.hub import KEY, Hub
from tests.e2e.receiver import Receiver
from tests.scenarios.partners import Partner, Server

from synchub import db
from synchub.connections import options, registry
from synchub.connections.credentials import Vault
from synchub.connections.tables import HUB, Connection
from synchub.dialects import named
from synchub.intake.journal import body_of
from synchub.intake.tables import Message
from synchub.master.entities import ENTITIES
from synchub.master.entities.parties import Customer
from synchub.master.tables import CrossReference, MasterRecord
from synchub.outbox.tables import Attempt, Delivery
from synchub.resync.reading import list_resyncs

Result = TypeVar("Result")
Kind = TypeVar("Kind", bound=Partner)

FIELDS = {name: tuple(made.fields()) for name, made in ENTITIES.items()}


@contextmanager
def hub_at(folder: Path, store: str, port: int, **settings: str) -> Iterator[Hub]:
    """A hub of which nothing runs yet; what ran is gone after the block."""
    folder.mkdir()
    made = Hub(folder, store, port, {f"SYNCHUB_{name.upper()}": value for name, value in settings.items()})
    try:
        yield made
    finally:
        made.close()


def start(hub: Hub) -> None:
    """Start what a hub needs on its store: on SQLite one process does everything."""
    hub.start(*roles(hub))


def roles(hub: Hub) -> tuple[str, ...]:
    """The processes of a hub; the last of them tells partners."""
    return ("serve",) if hub.store.startswith("sqlite") else ("serve", "work")


def within(hub: Hub, work: Callable[[Session], Result]) -> Result:
    """The result of a writing transaction on a hub's store."""
    engine = db.open_engine(hub.store)
    try:
        return db.retrying(engine, work)
    finally:
        engine.dispose()


def connect(hub: Hub, name: str, dialect: str, **said: Any) -> dict[str, str]:
    """Add a connection; its credentials."""
    kind = named(dialect)
    wish = options.read(kind, FIELDS, said)
    return within(hub, lambda session: registry.add(session, Vault(KEY), kind, name, wish)[1])


def change(hub: Hub, name: str, dialect: str, **said: Any) -> None:
    """Change a connection."""
    kind = named(dialect)
    wish = options.read(kind, FIELDS, said)
    within(hub, lambda session: registry.change(session, Vault(KEY), kind, registry.get(session, name), wish))


def join(hub: Hub, name: str, kind: type[Kind], **said: Any) -> Kind:
    """A partner that calls a hub."""
    return kind(hub.url, connect(hub, name, kind.dialect, **said))


def aim(hub: Hub, name: str, kind: type[Server], server: Hub, **said: Any) -> Any:
    """A partner that calls a hub and is told by it at its own server, which is another hub with a connection `name`."""
    login = kind.log_in(connect(server, name, kind.dialect))
    return join(hub, name, kind, url=server.url, **login, **said)


@contextmanager
def hooked(hub: Hub, port: int) -> Iterator[Receiver]:
    """A receiver of webhooks, which a hub tells through its connection `hook`."""
    with closing(Receiver(port)) as made:
        made.secret = connect(hub, "hook", "webhook", url=f"http://127.0.0.1:{port}/hook")["secret"]
        yield made


def copies(hub: Hub) -> set[tuple[str, str]]:
    """Which connection has a copy under which key."""
    with hub.store_opened() as session:
        chosen = select(Connection.name, CrossReference.external_key).select_from(Connection)
        theirs = chosen.join(CrossReference, CrossReference.connection_id == Connection.id)
        return {(name, key) for name, key in session.execute(theirs.where(Connection.id != HUB))}


def came(hub: Hub, name: str, kind: type[Server]) -> Counter[str]:
    """How often each customer came from a connection."""
    with hub.store_opened() as session:
        theirs = select(Message).join(Connection, Connection.id == Message.connection_id)
        messages = session.scalars(theirs.where(Connection.name == name))
        bodies = [body_of(message, hub.folder / "data") for message in messages]
    return Counter(row[kind.key] for body in bodies for row in kind.rows(body))


def customers(hub: Hub) -> dict[str, Customer]:
    """The customers of a hub by their codes."""
    with hub.store_opened() as session:
        return {str(one.code): one for one in session.scalars(select(Customer))}


def resyncs(hub: Hub) -> list[dict[str, Any]]:
    """All resyncs, the oldest first."""
    with hub.store_opened() as session:
        return list(list_resyncs(session))


def is_at_rest(hub: Hub) -> bool:
    """Whether nothing waits to be told, and no change has not been looked at yet."""
    with hub.store_opened() as session:
        newest = session.scalar(select(func.max(MasterRecord.changed))) or 0
        cursors = [one.cursor for one in session.scalars(select(Connection)) if one.is_target]
        waits = session.scalar(select(func.count()).select_from(Delivery)) or 0
        runs = [one["id"] for one in list_resyncs(session) if one["state"] == "running"]
    return not waits and not runs and all(cursor >= newest for cursor in cursors)


def flow(*hubs: Hub) -> list[tuple[int, int]]:
    """How many messages came to each hub, and how many calls it made."""
    seen = []
    for hub in hubs:
        with hub.store_opened() as session:
            counts = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Message, Attempt)]
            seen.append((counts[0], counts[1]))
    return seen
