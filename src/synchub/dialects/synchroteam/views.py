"""Customers as one connection sees them: all that exist, but for those that it said are gone itself."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, Text, select, type_coerce
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.dialects.synchroteam.ids import LARGEST_ID, sees, shown_id, shown_key
from synchub.dialects.synchroteam.wire import details
from synchub.errors import NotAllowed
from synchub.master import naming
from synchub.master.entities import entity_of
from synchub.master.entities.parties import Customer
from synchub.master.locating import Key, find
from synchub.master.tables import Change, CrossReference, MasterRecord

ENTITY = entity_of(Customer)
RECORDS = db.table_of(MasterRecord)
CUSTOMERS = db.table_of(Customer)
COPIES = db.table_of(CrossReference)
CHANGES = db.table_of(Change)
MINE, OURS = COPIES.alias("mine"), COPIES.alias("ours")
CHUNK = 1000
GONE = '%"exists":false%'
"""What stands in the image of a copy whose partner said that the record is gone."""


class Called(NamedTuple):
    """What a copy's partner calls it."""

    external_key: str
    their_id: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A record that the connection sees: its typed columns in `row`, its first copy there, and our code of it."""

    row: Row[Any]
    copy: Called | None
    code: str | None

    @property
    def id(self) -> int:
        """The id that is shown."""
        return shown_id(self.row.id, self.copy)


def readable(connection: Connection) -> frozenset[str]:
    """The fields of a customer that a connection may see.

    Raises:
        NotAllowed: none, because it is not told of customers.
    """
    every = frozenset(Customer.fields())
    if connection.told is None:
        return every
    if ENTITY not in connection.told:
        raise NotAllowed(f"connection '{connection.name}' is not told of customers")
    only = connection.told[ENTITY]
    return every if only is None else every & frozenset(only)


def shown(seen: Seen, fields: Collection[str]) -> dict[str, Any]:
    """A customer in the vendor's words, with these of its fields."""
    values = {name: getattr(seen.row, name) for name in fields}
    return details(seen.id, shown_key(seen.row.id, seen.code, seen.copy), values)


def conditions(session: Session, connection: Connection, found: Mapping[str, str | int]) -> list[ColumnElement[bool]]:
    """What records must fulfil to be meant by selectors or filters."""
    made: list[ColumnElement[bool]] = []
    for name, value in found.items():
        if name in {"id", "myId"}:
            made.append(db.among(RECORDS.c.id, _records_of(session, connection, name, value)))
        elif name == "name":
            made.append(CUSTOMERS.c.name == value)
        elif name in {"email", "contactEmail"}:
            made.append(CUSTOMERS.c.email == value)
        elif name == "ChangedFrom":
            made.append(RECORDS.c.changed >= _first_number(session, int(value)))
    return made


def _records_of(session: Session, connection: Connection, name: str, value: str | int) -> list[int]:
    column = "their_id" if name == "id" else "external_key"
    copies = naming.copies_by(session, connection.id, ENTITY, column, {str(value)})
    if copies:
        return [copies[0].record_id]
    if name == "id":
        return [int(value)] if int(value) <= LARGEST_ID else []
    return [row.record_id for row in find(session, {Key(HUB, ENTITY, str(value))}).values()]


def _first_number(session: Session, moment: int) -> int:
    """The number of the first change at or after a moment; numbers rise with time, so it is halved for."""
    low, high = 0, session.scalar(select(CHANGES.c.number).order_by(CHANGES.c.number.desc()).limit(1)) or 0
    while low <= high:
        middle = (low + high) // 2
        after = select(CHANGES.c.number, CHANGES.c.at).where(CHANGES.c.number >= middle)
        step = session.execute(after.order_by(CHANGES.c.number).limit(1)).one()
        if step.at >= moment:
            high = middle - 1
        else:
            low = step.number + 1
    return low


def matching(session: Session, connection: Connection, wanted: Sequence[ColumnElement[bool]]) -> list[int]:
    """The ids of the records that the connection sees and that fulfil the conditions, in order."""
    statement = (
        select(RECORDS.c.id)
        .join(CUSTOMERS, CUSTOMERS.c.id == RECORDS.c.id)
        .where(RECORDS.c.entity == ENTITY, RECORDS.c.exists, *wanted)
        .order_by(RECORDS.c.id)
    )
    unseen = _unseen(session, connection)
    return [id_ for id_ in session.scalars(statement) if id_ not in unseen]


def _unseen(session: Session, connection: Connection) -> set[int]:
    """The records of which the connection said that they are gone, and has no other copy."""
    mine = (COPIES.c.connection_id == connection.id, COPIES.c.entity == ENTITY)
    gone = set(session.scalars(select(COPIES.c.record_id).where(*mine, type_coerce(COPIES.c.image, Text).like(GONE))))
    copies: dict[int, list[Row[Any]]] = {}
    for copy in naming.copies_by(session, connection.id, ENTITY, "record_id", gone):
        copies.setdefault(copy.record_id, []).append(copy)
    records = naming.records_by_id(session, ENTITY, gone)
    return {id_ for id_ in gone if not sees(records[id_], copies[id_])}


def load(session: Session, connection: Connection, ids: Iterable[int]) -> Iterator[Seen]:
    """The records of these ids, in their order, a chunk at a time."""
    rest, statement = iter(ids), _loading(connection)
    while chunk := list(islice(rest, CHUNK)):
        rows: dict[int, Row[Any]] = {}
        for row in session.execute(statement.where(RECORDS.c.id.in_(chunk))):
            rows.setdefault(row.id, row)
        yield from (_seen(rows[id_]) for id_ in chunk)


def _seen(row: Row[Any]) -> Seen:
    return Seen(row, None if row.mine_key is None else Called(row.mine_key, row.mine_id), row.ours_key)


def _loading(connection: Connection) -> Select[Any]:
    """Records with what the connection and we call them: a row for each copy, the oldest first."""
    columns = [column for column in CUSTOMERS.c if column.name != "id"]
    names = (MINE.c.external_key.label("mine_key"), MINE.c.their_id.label("mine_id"))
    mine = (MINE.c.record_id == RECORDS.c.id) & (naming.owner_of(MINE) == connection.id) & (MINE.c.entity == ENTITY)
    ours = (OURS.c.record_id == RECORDS.c.id) & (naming.owner_of(OURS) == HUB) & (OURS.c.entity == ENTITY)
    return (
        select(RECORDS.c.id, *columns, *names, OURS.c.external_key.label("ours_key"))
        .join(CUSTOMERS, CUSTOMERS.c.id == RECORDS.c.id)
        .outerjoin(MINE, mine)
        .outerjoin(OURS, ours)
        .order_by(RECORDS.c.id, MINE.c.id, OURS.c.id.desc())
    )
