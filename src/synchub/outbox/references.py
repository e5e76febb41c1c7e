"""What a record refers to, as one target knows it: its keys, and whether it must wait for the other's create."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.master import copies as copying
from synchub.master.copies import EXISTS, Copy
from synchub.master.entities import ENTITIES, PRECEDENCE
from synchub.master.tables import MasterRecord
from synchub.outbox import keys
from synchub.outbox.sender import Sender
from synchub.outbox.tables import Delivery, State
from synchub.outbox.words import TYPED, told_fields

RECORDS = db.table_of(MasterRecord)
DELIVERIES = db.table_of(Delivery)

HOPELESS = 3
"""The attempts without an answer that one can believe after which nobody waits for a record any more."""


@dataclass(slots=True)
class References:
    """By record id: the target's keys of the records referred to, and when it may be told of those that go first."""

    keys: dict[int, list[str]] = field(default_factory=dict)
    awaited: dict[int, int] = field(default_factory=dict)

    def waits(self, entity: str, told: Collection[str], record: Any) -> int | None:
        """When a record may be looked at again that must wait until the target was told of another; None if it goes."""
        ids = [getattr(record, TYPED + name) for name in _names(entity, told)]
        return max((self.awaited[id_] for id_ in ids if id_ in self.awaited), default=None)

    def without_key(self, entity: str, told: Collection[str], record: Any) -> list[str]:
        """The fields that refer to a record for which no key is free at the target."""
        return [name for name in _names(entity, told) if self.keys.get(getattr(record, TYPED + name)) == []]


def _names(entity: str, told: Collection[str]) -> Iterable[str]:
    return [name for name in ENTITIES[entity].references() if name in told]


def resolve(
    session: Session, connection: Connection, sender: Sender, entity: str, told: Collection[str], rows: Iterable[Any]
) -> References:
    """What the records of `rows` (of one entity, with typed columns) refer to; keys that are missing are reserved."""
    names = _names(entity, told)
    ids = sorted({id_ for row in rows for name in names if (id_ := getattr(row, TYPED + name)) is not None})
    if not ids:
        return References()
    columns = [RECORDS.c[name] for name in ("id", "entity", "code", "changed", "exists")]
    others = session.execute(select(*columns).where(db.among(RECORDS.c.id, ids))).all()
    found = keys.copies_at(session, connection.id, ids)
    present = {copy.record_id for copy in found}
    found += keys.reserve(session, connection, [other for other in others if other.id not in present])
    copies: dict[int, list[Copy]] = {}
    for row in found:
        copies.setdefault(row.record_id, []).append(copying.load(row))
    coming = _coming(session, connection, sender, entity, others, copies)
    spoken = {id_: [copy.key for copy in some if not keys.is_unkeyed(copy)] for id_, some in copies.items()}
    return References(spoken, coming)


def _coming(
    session: Session,
    connection: Connection,
    sender: Sender,
    entity: str,
    others: Iterable[Row[Any]],
    copies: dict[int, list[Copy]],
) -> dict[int, int]:
    """The records that the target may not hold yet and is going to be told of without anybody's help, and when.

    One whose delivery is parked is not waited for, nor one that was sent again and again with no answer that one can
    believe, nor one that is not sent before `entity`: nobody waits in a circle.
    """
    before = [
        other
        for other in others
        if other.exists
        and PRECEDENCE[other.entity] < PRECEDENCE[entity]
        and told_fields(connection, sender, other.entity)
        and not any(copy.holds(EXISTS) == {True} for copy in copies[other.id])
    ]
    if not before:
        return {}
    ids = [copy.id for other in before for copy in copies[other.id]]
    columns = [DELIVERIES.c[name] for name in ("copy_id", "state", "tries", "due")]
    rows = session.execute(select(*columns).where(db.among(DELIVERIES.c.copy_id, ids)))
    deliveries = {row.copy_id: row for row in rows}
    cursor = session.scalar(select(Connection.cursor).where(Connection.id == connection.id)) or 0
    coming = {}
    for other in before:
        theirs = [deliveries[copy.id] for copy in copies[other.id] if copy.id in deliveries]
        hopeful = [row.due for row in theirs if row.state == State.WAITING and row.tries < HOPELESS]
        if hopeful or (not theirs and other.changed > cursor):
            coming[other.id] = min(hopeful, default=0)
    return coming
