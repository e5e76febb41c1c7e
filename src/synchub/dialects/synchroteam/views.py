"""Records as one connection sees them: all that exist, but for those that it said are gone itself."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, Text, false, select, type_coerce
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.ids import own_text, sees, shown_id, shown_key
from synchub.dialects.synchroteam.kinds import Kind, Mention, Reference
from synchub.dialects.synchroteam.meaning import (
    first_number,
    records_by_id,
    records_by_ids,
    records_by_key,
    records_by_keys,
)
from synchub.dialects.synchroteam.moments import shown_moment
from synchub.dialects.synchroteam.statements import GONE, MINE, calling, loading
from synchub.dialects.synchroteam.wire import POSITION, nested
from synchub.errors import NotAllowed
from synchub.master import naming
from synchub.master.tables import MasterRecord
from synchub.master.values import as_integer, as_list

RECORDS = db.table_of(MasterRecord)
CHUNK = 1000
CHANGED_FROM = "ChangedFrom"


class Called(NamedTuple):
    """What a copy's partner calls it."""

    external_key: str
    their_id: str | None


def shown_as(kind: Kind, record: int, ours: str | None, copy: Called | None) -> int | str:
    """The id that a connection sees of a record; `ours` is the hub's own, where ids are texts."""
    if kind.id_column is None:
        return shown_id(record, copy)
    return own_text(copy) or ours or str(record)


@dataclass(frozen=True, slots=True)
class Referred:
    """A record that another refers to, as the connection sees it; `more` are columns that are shown with it."""

    record: int
    id: int | str
    key: str
    name: str | int | None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A record that the connection sees: its typed columns in `row`, its first copy there, and our code of it.

    `referred` are the records that it refers to, by column, and `mentioned` those that its lists do, by column and
    their ids; those that the connection does not see are left out.
    """

    kind: Kind
    connection: Connection
    row: Row[Any]
    copy: Called | None
    code: str | None
    referred: Mapping[str, Referred] = field(default_factory=dict)
    mentioned: Mapping[str, Mapping[int, Referred]] = field(default_factory=dict)

    @property
    def id(self) -> int | str:
        """The id that is shown."""
        ours = getattr(self.row, self.kind.id_column) if self.kind.id_column else None
        return shown_as(self.kind, self.row.id, ours, self.copy)

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
    held = seen.row._asdict()
    values = {name: held[name] for name in fields}
    for name in _moments(kind):
        if name in values:
            values[name] = shown_moment(values[name], connection.time_zone, kind.moments)
    row = {kind.id_word: seen.id, **nested(kind.details(values))}
    if kind.key:
        row[kind.key] = seen.key
    if POSITION in row and not any(row[POSITION].values()):
        row[POSITION] = None
    for reference in kind.references:
        row |= _referring(connection, reference, seen.referred.get(reference.column), fields)
    return kind.finish(row, seen)


@cache
def _moments(kind: Kind) -> tuple[str, ...]:
    """The columns of a kind that hold moments."""
    return tuple(column.name for column in db.table_of(kind.made).c if column.info.get("is_moment"))


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
    typed = db.table_of(kind.made)
    for name, value in found.items():
        if name == "id":
            made.append(db.among(typed.c.id, records_by_id(session, connection, kind, value)))
        elif name == kind.key:
            made.append(db.among(typed.c.id, records_by_key(session, connection, kind, str(value))))
        elif name == CHANGED_FROM:
            made.append(RECORDS.c.changed >= first_number(session, int(value)))
        elif may_read(connection, kind, kind.filters[name]):
            made.append(_equal(typed.c[kind.filters[name]], value))
        else:
            made.append(false())
    return made


def _equal(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    """A column has this value; a number's column has no text that is none."""
    if issubclass(column.type.python_type, int) and isinstance(value, str):
        value = as_integer(value)
    equal: ColumnElement[bool] = column == value
    return equal if value is not None else false()


def matching(session: Session, connection: Connection, kind: Kind, wanted: Sequence[ColumnElement[bool]]) -> list[int]:
    """The ids of the records that the connection sees and that fulfil the conditions, in order."""
    gone = select(MINE.c.id).where(MINE.c.record_id == RECORDS.c.id, *_gone(connection, kind)).exists()
    statement = candidates(kind, wanted).add_columns(gone.label("gone")).order_by(db.table_of(kind.made).c.id)
    found = session.execute(statement).all()
    unseen = _hidden(session, connection, kind.entity, {row.id for row in found if row.gone})
    return [row.id for row in found if row.id not in unseen]


def candidates(kind: Kind, wanted: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """The records that fulfil the conditions, whether or not a connection sees them.

    They are of the kind's entity because they have a typed row. A database without statistics would read all records by
    their entity, or all that exist, so it is neither asked for the entity, nor for a join that it could begin there.
    """
    typed = db.table_of(kind.made)
    statement = select(typed.c.id).outerjoin(RECORDS, RECORDS.c.id == typed.c.id)
    return statement.where(RECORDS.c.exists.is_not(false()), *wanted)


def visible(session: Session, connection: Connection, kind: Kind, ids: Sequence[int]) -> list[int]:
    """Those of the records that the connection sees: it has not said of all its copies that they are gone.

    That is asked of these records alone: a database that thought them many would read all of the connection's copies.
    """
    unseen: set[int] = set()
    for start in range(0, len(ids), CHUNK):
        among = db.among(MINE.c.record_id, ids[start : start + CHUNK])
        gone = set(session.scalars(select(MINE.c.record_id).where(among, *_gone(connection, kind))))
        unseen |= _hidden(session, connection, kind.entity, gone)
    return [id_ for id_ in ids if id_ not in unseen]


def _gone(connection: Connection, kind: Kind) -> Sequence[ColumnElement[bool]]:
    """A copy of which the connection has said that its record is gone."""
    gone = type_coerce(MINE.c.image, Text).like(GONE)
    return naming.owner_of(MINE) == connection.id, MINE.c.entity == kind.entity, gone


def first(session: Session, connection: Connection, kind: Kind, wanted: Mapping[str, Any]) -> Seen | None:
    """The record that selectors mean, as the connection sees it; of several the one that is known longest."""
    ((name, value),) = wanted.items()
    if name not in {"id", kind.key}:
        ids = matching(session, connection, kind, conditions(session, connection, kind, wanted))
        return next(load(session, connection, kind, ids[:1]), None)
    return firsts(session, connection, kind, name, [value]).get(value)


def firsts(session: Session, connection: Connection, kind: Kind, name: str, values: Collection[Any]) -> dict[Any, Seen]:
    """As `first`, for many ids or keys (`name` says which), by these; those that mean no record are left out."""
    by = records_by_ids if name == "id" else records_by_keys
    meant = by(session, connection, kind, values)
    loaded = list(load(session, connection, kind, sorted(set(meant.values()))))
    hidden = _hidden(session, connection, kind.entity, [seen.row.id for seen in loaded if seen.row.mine_gone])
    seen = {each.row.id: each for each in loaded if each.row.exists and each.row.id not in hidden}
    texts = {value: str(value) for value in values}
    return {value: seen[meant[text]] for value, text in texts.items() if meant.get(text) in seen}


def _hidden(session: Session, connection: Connection, entity: str, asked: Collection[int]) -> set[int]:
    """Those of the records that the connection does not see because of what its copies say."""
    copies: dict[int, list[Row[Any]]] = {}
    for copy in naming.copies_by(session, connection.id, entity, "record_id", asked):
        copies.setdefault(copy.record_id, []).append(copy)
    records = naming.records_by_id(session, entity, copies.keys())
    return {id_ for id_, held in copies.items() if not sees(records[id_], held)}


def load(session: Session, connection: Connection, kind: Kind, ids: Iterable[int]) -> Iterator[Seen]:
    """The records of these ids, in their order, a chunk at a time."""
    rest, statement = iter(ids), loading(kind)
    while chunk := list(islice(rest, CHUNK)):
        rows: dict[int, Row[Any]] = {}
        for row in session.execute(statement, {"chunk": chunk, "connection": connection.id}):
            rows.setdefault(row.id, row)
        referred = {each.column: _referred(session, connection, each, rows.values()) for each in kind.references}
        mentioned = {each.column: _mentioned(session, connection, each, rows.values()) for each in kind.mentions}
        for row in (rows[id_] for id_ in chunk if id_ in rows):
            copy = None if row.mine_key is None else Called(row.mine_key, row.mine_id)
            known = {column: found[id_] for column, found in referred.items() if (id_ := getattr(row, column)) in found}
            yield Seen(kind, connection, row, copy, row.ours_key, known, mentioned)


def _referred(
    session: Session, connection: Connection, reference: Reference, rows: Iterable[Row[Any]]
) -> dict[int, Referred]:
    """The records that a column refers to, by their ids, as far as the connection sees them."""
    wanted = {id_ for row in rows if (id_ := getattr(row, reference.column)) is not None}
    found = others(session, connection, reference.to, sorted(wanted), reference.more)
    return {seen.record: seen for seen in found}


def _mentioned(
    session: Session, connection: Connection, mention: Mention, rows: Iterable[Row[Any]]
) -> dict[int, Referred]:
    """The records that lists refer to, by their ids, as far as the connection sees them."""
    every = (each.get(mention.member) for row in rows for each in as_list(getattr(row, mention.column)))
    wanted = {id_ for id_ in every if isinstance(id_, int)}
    return {seen.record: seen for seen in others(session, connection, mention.to, sorted(wanted))}


def others(
    session: Session, connection: Connection, kind: Kind, ids: Collection[int], more: tuple[str, ...] = ()
) -> list[Referred]:
    """What a connection calls records that are referred to, as far as it sees them, with more of their columns."""
    if not ids:
        return []
    found: dict[int, Row[Any]] = {}
    for row in session.execute(calling(kind, more), {"chunk": list(ids), "connection": connection.id}):
        found.setdefault(row.id, row)
    hidden = _hidden(session, connection, kind.entity, [id_ for id_, row in found.items() if row.mine_gone])
    made = []
    for id_, row in found.items():
        if id_ not in hidden and row.exists:
            copy = None if row.mine_key is None else Called(row.mine_key, row.mine_id)
            shown = shown_as(kind, id_, row.own, copy)
            told = {column: getattr(row, column) for column in more if may_read(connection, kind, column)}
            made.append(Referred(id_, shown, shown_key(id_, row.ours_key, copy), row.label, told))
    return made
