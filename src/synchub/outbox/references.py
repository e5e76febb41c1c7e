"""What a record refers to, as one target knows it: its keys, and whether it must wait for the other's create."""

from collections.abc import Collection, Iterable, Iterator
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
from synchub.master.values import as_list
from synchub.outbox import keys
from synchub.outbox.sender import Other, Sender
from synchub.outbox.tables import Delivery, State
from synchub.outbox.words import TYPED, told_fields

RECORDS = db.table_of(MasterRecord)
DELIVERIES = db.table_of(Delivery)

HOPELESS = 3
"""The attempts without an answer that one can believe after which nobody waits for a record any more."""


@dataclass(slots=True)
class References:
    """By record id: the target's keys of the records referred to, and when it may be told of those that go first.

    `others` says more of those that have a key.
    """

    keys: dict[int, list[str]] = field(default_factory=dict)
    awaited: dict[int, int] = field(default_factory=dict)
    others: dict[int, Other] = field(default_factory=dict)

    def waits(self, entity: str, told: Collection[str], record: Any) -> int | None:
        """When a record may be looked at again that must wait until the target was told of another; None if it goes."""
        ids = (id_ for _, id_ in _referring(entity, told, record))
        return max((self.awaited[id_] for id_ in ids if id_ in self.awaited), default=None)

    def without_key(self, entity: str, told: Collection[str], record: Any) -> list[str]:
        """The fields that refer to a record for which no key is free at the target."""
        return [name for name, id_ in _referring(entity, told, record) if self.keys.get(id_) == []]


def referred(entity: str, told: Collection[str], record: Any) -> dict[str, int]:
    """The records that the fields of one refer to, by field."""
    names = [name for name in ENTITIES[entity].references() if name in told]
    return {name: id_ for name in names if (id_ := getattr(record, TYPED + name)) is not None}


def _referring(entity: str, told: Collection[str], record: Any) -> Iterator[tuple[str, int]]:
    """The fields of a record that refer to others, and its lists that mention some, each with such a record's id."""
    yield from referred(entity, told, record).items()
    for name, (member, _) in ENTITIES[entity].mentions.items():
        for one in as_list(getattr(record, TYPED + name)) if name in told else ():
            if isinstance(one, dict) and isinstance(id_ := one.get(member), int):
                yield name, id_


def resolve(
    session: Session, connection: Connection, sender: Sender, entity: str, told: Collection[str], rows: Iterable[Any]
) -> References:
    """What the records of `rows` (of one entity, with typed columns) refer to; keys that are missing are reserved."""
    ids = sorted({id_ for row in rows for _, id_ in _referring(entity, told, row)})
    if not ids:
        return References()
    columns = [RECORDS.c[name] for name in ("id", "entity", "code", "changed", "exists", "label")]
    others = session.execute(select(*columns).where(db.among(RECORDS.c.id, ids))).all()
    found = keys.copies_at(session, connection.id, ids)
    present = {copy.record_id for copy in found}
    found += keys.reserve(session, connection, [other for other in others if other.id not in present])
    copies: dict[int, list[Copy]] = {}
    for row in found:
        copies.setdefault(row.record_id, []).append(copying.load(row))
    coming = _coming(session, connection, sender, entity, others, copies)
    spoken = {id_: [copy for copy in some if not keys.is_unkeyed(copy)] for id_, some in copies.items()}
    return References(
        {id_: [copy.key for copy in some] for id_, some in spoken.items()},
        coming,
        {other.id: _other(other, spoken[other.id][0]) for other in others if spoken.get(other.id)},
    )


def _other(record: Row[Any], copy: Copy) -> Other:
    return Other(record.entity, copy.key, copy.their_id, record.label)


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
