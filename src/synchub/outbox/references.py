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


@dataclass(slots=True)
class References:
    """The target's keys of the records referred to, by record id, and those of them that it is to be told of first."""

    keys: dict[int, list[str]] = field(default_factory=dict)
    awaited: set[int] = field(default_factory=set)

    def waits(self, entity: str, told: Collection[str], record: Any) -> bool:
        """Whether a record must wait until the target was told of another that it refers to."""
        return any(getattr(record, TYPED + name) in self.awaited for name in _names(entity, told))

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
) -> set[int]:
    """The records that the target may not hold yet and is going to be told of without anybody's help.

    One whose delivery is parked is not waited for, nor one that is not sent before `entity`: nobody waits in a circle.
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
        return set()
    ids = [copy.id for other in before for copy in copies[other.id]]
    rows = session.execute(select(DELIVERIES.c.copy_id, DELIVERIES.c.state).where(db.among(DELIVERIES.c.copy_id, ids)))
    states = {row.copy_id: row.state for row in rows}
    cursor = session.scalar(select(Connection.cursor).where(Connection.id == connection.id)) or 0
    return {other.id for other in before if _is_coming(other, [states.get(c.id) for c in copies[other.id]], cursor)}


def _is_coming(other: Row[Any], states: Collection[str | None], cursor: int) -> bool:
    if any(states):
        return State.WAITING in states
    return bool(other.changed > cursor)
