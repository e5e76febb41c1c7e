"""Records as one connection sees them: all that exist, but for those that it said are gone itself."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, Text, bindparam, false, select, type_coerce
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.dialects.synchroteam.ids import LARGEST_ID, sees, shown_id, shown_key
from synchub.dialects.synchroteam.kinds import Kind, Reference
from synchub.dialects.synchroteam.logins import known_as
from synchub.dialects.synchroteam.wire import POSITION, nested
from synchub.errors import NotAllowed
from synchub.master import naming
from synchub.master.locating import Key, find
from synchub.master.tables import Change, CrossReference, MasterRecord

RECORDS = db.table_of(MasterRecord)
COPIES = db.table_of(CrossReference)
CHANGES = db.table_of(Change)
MINE, OURS = COPIES.alias("mine"), COPIES.alias("ours")
CHUNK = 1000
GONE = '%"exists":false%'
"""What stands in the image of a copy whose partner said that the record is gone."""
CHANGED_FROM = "ChangedFrom"


class Called(NamedTuple):
    """What a copy's partner calls it."""

    external_key: str
    their_id: str | None


@dataclass(frozen=True, slots=True)
class Referred:
    """A record that another refers to, as the connection sees it."""

    record: int
    id: int
    key: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A record that the connection sees: its typed columns in `row`, its first copy there, and our code of it.

    `referred` are the records that it refers to, by column; those that the connection does not see are left out.
    """

    row: Row[Any]
    copy: Called | None
    code: str | None
    referred: Mapping[str, Referred] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The id that is shown."""
        return shown_id(self.row.id, self.copy)

    @property
    def key(self) -> str:
        """The key that is shown, "" if nobody gave it one."""
        return shown_key(self.row.id, self.code, self.copy)


def readable(connection: Connection, kind: Kind) -> frozenset[str]:
    """The fields of a kind that a connection may see.

    Raises:
        NotAllowed: none, because it is not told of this kind.
    """
    every = frozenset(kind.made.fields())
    if connection.told is None:
        return every
    if kind.entity not in connection.told:
        raise NotAllowed(f"connection '{connection.name}' is not told of {kind.plural}")
    only = connection.told[kind.entity]
    return every if only is None else every & frozenset(only)


def may_read(connection: Connection, kind: Kind, column: str) -> bool:
    """Whether a connection is told of a column of a kind."""
    told = connection.told
    if told is None:
        return True
    return kind.entity in told and (told[kind.entity] is None or column in (told[kind.entity] or ()))


def shown(connection: Connection, kind: Kind, seen: Seen, fields: Collection[str]) -> dict[str, Any]:
    """A record in the vendor's words, with these of its fields."""
    row = {"id": seen.id, **nested(kind.details({name: getattr(seen.row, name) for name in fields}))}
    if kind.key:
        row[kind.key] = seen.key
    if POSITION in row and not any(row[POSITION].values()):
        row[POSITION] = None
    for reference in kind.references:
        row |= _referring(connection, reference, seen.referred.get(reference.column), fields)
    return kind.finish(row, seen)


def _referring(
    connection: Connection, reference: Reference, other: Referred | None, fields: Collection[str]
) -> dict[str, Any]:
    """How a row names another record; an id of none is null, a key or a name of none is ""."""
    if reference.column not in fields:
        other = None
    row: dict[str, Any] = {}
    if reference.id:
        row[reference.id] = other.id if other else None
    if reference.key:
        row[reference.key] = other.key if other else ""
    if reference.name:
        told = other is not None and may_read(connection, reference.to, reference.to.named)
        row[reference.name] = (other.name or "") if other and told else ""
    return row


def conditions(
    session: Session, connection: Connection, kind: Kind, found: Mapping[str, Any]
) -> list[ColumnElement[bool]]:
    """What records must fulfil to be meant by selectors or filters; nothing is found by what it may not see."""
    made: list[ColumnElement[bool]] = []
    for name, value in found.items():
        if name == "id":
            made.append(db.among(RECORDS.c.id, records_by_number(session, connection, kind, int(value))))
        elif name == kind.key:
            made.append(db.among(RECORDS.c.id, records_by_key(session, connection, kind, str(value))))
        elif name == CHANGED_FROM:
            made.append(RECORDS.c.changed >= first_number(session, int(value)))
        elif may_read(connection, kind, kind.filters[name]):
            made.append(db.table_of(kind.made).c[kind.filters[name]] == value)
        else:
            made.append(false())
    return made


def records_by_number(session: Session, connection: Connection, kind: Kind, number: int) -> list[int]:
    """The record that a connection means by an id: of its own numbers first, then of ours."""
    copies = naming.copies_by(session, connection.id, kind.entity, "their_id", {str(number)})
    if copies:
        return [copies[0].record_id]
    return [number] if number <= LARGEST_ID else []


def records_by_key(session: Session, connection: Connection, kind: Kind, key: str) -> list[int]:
    """The record that a connection means by a key: of its own first, then of our codes."""
    key = known_as(session, connection, kind.entity, key) if kind.any_case else key
    copies = naming.copies_by(session, connection.id, kind.entity, "external_key", {key})
    if copies:
        return [copies[0].record_id]
    return [row.record_id for row in find(session, {Key(HUB, kind.entity, key)}).values()]


def first_number(session: Session, moment: int) -> int:
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


def matching(session: Session, connection: Connection, kind: Kind, wanted: Sequence[ColumnElement[bool]]) -> list[int]:
    """The ids of the records that the connection sees and that fulfil the conditions, in order."""
    typed = db.table_of(kind.made)
    statement = (
        select(RECORDS.c.id)
        .join(typed, typed.c.id == RECORDS.c.id)
        .where(RECORDS.c.entity == kind.entity, RECORDS.c.exists, *wanted)
        .order_by(RECORDS.c.id)
    )
    unseen = _unseen(session, connection, kind.entity)
    return [id_ for id_ in session.scalars(statement) if id_ not in unseen]


def _unseen(session: Session, connection: Connection, entity: str) -> set[int]:
    """The records of which the connection said that they are gone, and has no other copy."""
    mine = (COPIES.c.connection_id == connection.id, COPIES.c.entity == entity)
    gone = set(session.scalars(select(COPIES.c.record_id).where(*mine, type_coerce(COPIES.c.image, Text).like(GONE))))
    return _hidden(session, connection, entity, gone)


def _hidden(session: Session, connection: Connection, entity: str, asked: Collection[int]) -> set[int]:
    """Those of the records that the connection does not see because of what its copies say."""
    copies: dict[int, list[Row[Any]]] = {}
    for copy in naming.copies_by(session, connection.id, entity, "record_id", asked):
        copies.setdefault(copy.record_id, []).append(copy)
    records = naming.records_by_id(session, entity, copies.keys())
    return {id_ for id_, held in copies.items() if not sees(records[id_], held)}


def load(session: Session, connection: Connection, kind: Kind, ids: Iterable[int]) -> Iterator[Seen]:
    """The records of these ids, in their order, a chunk at a time."""
    rest, statement = iter(ids), _loading(kind)
    while chunk := list(islice(rest, CHUNK)):
        rows: dict[int, Row[Any]] = {}
        for row in session.execute(statement, {"chunk": chunk, "connection": connection.id}):
            rows.setdefault(row.id, row)
        referred = {each.column: _referred(session, connection, each, rows.values()) for each in kind.references}
        yield from (_seen(rows[id_], referred) for id_ in chunk)


def _seen(row: Row[Any], referred: Mapping[str, Mapping[int, Referred]]) -> Seen:
    copy = None if row.mine_key is None else Called(row.mine_key, row.mine_id)
    others = {column: found[id_] for column, found in referred.items() if (id_ := getattr(row, column)) in found}
    return Seen(row, copy, row.ours_key, others)


def _referred(
    session: Session, connection: Connection, reference: Reference, rows: Iterable[Row[Any]]
) -> dict[int, Referred]:
    """The records that a column refers to, by their ids, as far as the connection sees them."""
    wanted = {id_ for row in rows if (id_ := getattr(row, reference.column)) is not None}
    return {seen.record: seen for seen in others(session, connection, reference.to, sorted(wanted))}


def others(session: Session, connection: Connection, kind: Kind, ids: Collection[int]) -> list[Referred]:
    """What a connection calls records that are referred to, as far as it sees them."""
    if not ids:
        return []
    found: dict[int, Row[Any]] = {}
    for row in session.execute(_naming(kind), {"chunk": list(ids), "connection": connection.id}):
        found.setdefault(row.id, row)
    hidden = _hidden(session, connection, kind.entity, [id_ for id_, row in found.items() if row.mine_gone])
    made = []
    for id_, row in found.items():
        if id_ not in hidden and row.exists:
            copy = None if row.mine_key is None else Called(row.mine_key, row.mine_id)
            made.append(Referred(id_, shown_id(id_, copy), shown_key(id_, row.ours_key, copy), row.label))
    return made


@cache
def _naming(kind: Kind) -> Select[Any]:
    typed = db.table_of(kind.made)
    gone = type_coerce(MINE.c.image, Text).like(GONE).label("mine_gone")
    return _called(select(RECORDS.c.id, RECORDS.c.exists, typed.c[kind.named].label("label"), gone), kind)


@cache
def _loading(kind: Kind) -> Select[Any]:
    """Records with what the connection and we call them: a row for each copy, the oldest first."""
    columns = [column for column in db.table_of(kind.made).c if column.name != "id"]
    return _called(select(RECORDS.c.id, *columns), kind)


def _called(statement: Select[Any], kind: Kind) -> Select[Any]:
    typed, entity = db.table_of(kind.made), kind.entity
    names = (MINE.c.external_key.label("mine_key"), MINE.c.their_id.label("mine_id"))
    owner = bindparam("connection", type_=COPIES.c.connection_id.type)
    mine = (MINE.c.record_id == RECORDS.c.id) & (naming.owner_of(MINE) == owner) & (MINE.c.entity == entity)
    ours = (OURS.c.record_id == RECORDS.c.id) & (naming.owner_of(OURS) == HUB) & (OURS.c.entity == entity)
    return (
        statement.add_columns(*names, OURS.c.external_key.label("ours_key"))
        .join(typed, typed.c.id == RECORDS.c.id)
        .outerjoin(MINE, mine)
        .outerjoin(OURS, ours)
        .where(db.many(RECORDS.c.id, "chunk"))
        .order_by(RECORDS.c.id, MINE.c.id, OURS.c.id.desc())
    )
