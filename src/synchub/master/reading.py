"""Looking at master data: lists, one record with the reason for every field, its history, its past."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.errors import NotFound
from synchub.master import copies as copying
from synchub.master.copies import Copy, Statement
from synchub.master.entities import ENTITIES, Entity
from synchub.master.survivorship import Golden, Rules, golden, rules_of
from synchub.master.tables import Change, CrossReference, MasterRecord
from synchub.master.values import Value, spell

RECORDS = db.table_of(MasterRecord)
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Word:
    """What one partner stated about a field.

    Who, under which key, what, when, in which message; and why it lost, if it did.
    """

    connection: str
    key: str
    value: Value
    stamp: int
    message: UUID | None
    lost: str | None = None


def list_records(
    session: Session, *, entity: str | None = None, code: str | None = None, deleted: bool = False
) -> Iterator[Mapping[str, Any]]:
    """The shared columns of records by id, read a page at a time; existing ones unless `deleted`."""
    columns = [column for column in RECORDS.c if column.name not in {"label_key", "exists_stamp", "last_stamp"}]
    statement = select(*columns).order_by(RECORDS.c.id).limit(PAGE)
    for column, value in ((RECORDS.c.entity, entity), (RECORDS.c.code, code)):
        statement = statement if value is None else statement.where(column == value)
    statement = statement if deleted else statement.where(RECORDS.c.exists)
    last = 0
    while page := session.execute(statement.where(RECORDS.c.id > last)).mappings().all():
        yield from (dict(row) for row in page)
        last = page[-1]["id"]


def get_record(session: Session, record_id: int) -> Entity:
    """A record with its typed fields.

    Raises:
        NotFound: there is none with this id.
    """
    entity = session.scalar(select(RECORDS.c.entity).where(RECORDS.c.id == record_id))
    if entity is None:
        message = f"there is no record {record_id}: see 'synchub record list'"
        raise NotFound(message)
    return session.get_one(ENTITIES[entity], record_id)


def typed_fields(record: Entity) -> dict[str, Value]:
    """The fields of a record that hold something, as image values; references as record ids."""
    values = {name: spell(getattr(record, name)) for name in record.fields()}
    return {name: value for name, value in values.items() if value is not None}


def copies_of(session: Session, record_id: int) -> list[Copy]:
    """All partners' copies of a record."""
    table = db.table_of(CrossReference)
    rows = session.execute(select(table).where(table.c.record_id == record_id).order_by(table.c.id))
    return [copying.load(row) for row in rows]


def explain(session: Session, record_id: int) -> dict[str, list[Word]]:
    """For every field that somebody stated: the winning word first, then those that lost and why."""
    copies = copies_of(session, record_id)
    partners = {partner.id: partner for partner in session.scalars(select(Connection))}
    rules = rules_of(partners.values())
    won = golden(copies, rules)
    spoken = _messages(session, record_id)
    names = sorted({name for copy in copies for name in copy.image})
    return {name: _words(name, won.get(name), copies, rules, spoken, partners) for name in names}


def _words(
    name: str,
    best: Golden | None,
    copies: list[Copy],
    rules: Rules,
    spoken: Mapping[tuple[int, str, int], UUID | None],
    partners: Mapping[int, Connection],
) -> list[Word]:
    words = []
    for copy in copies:
        if (said := copy.image.get(name)) is None:
            continue
        message = spoken.get((copy.id, name, said.stamp))
        lost = _why_lost(copy, said, best, rules)
        words.append(Word(partners[copy.connection].name, copy.key, said.value, said.stamp, message, lost))
    return sorted(words, key=lambda word: (word.lost is not None, -word.stamp))


def _why_lost(copy: Copy, said: Statement, best: Golden | None, rules: Rules) -> str | None:
    if best is None:
        return "it does not count while the partner has another copy, or means only its own"
    if (best.connection, best.key) == (copy.connection, copy.key):
        return None
    mine, theirs = rules.ranks.get(copy.connection, 0), rules.ranks.get(best.connection, 0)
    if mine < theirs:
        return f"its rank {mine} is below {theirs}"
    return "it is older" if said.stamp <= best.stamp else "it is below a restatement, or does not count"


def _messages(session: Session, record_id: int) -> dict[tuple[int, str, int], UUID | None]:
    """The message behind each statement: (copy, field, stamp) → message."""
    steps = session.execute(
        select(Change.copy_id, Change.message_id, Change.said)
        .where(Change.record_id == record_id)
        .order_by(Change.number)
    )
    return {
        (step.copy_id, name, stamp): step.message_id
        for step in steps
        for name, (_, _, stamp) in step.said.items()
        if stamp is not None
    }


def history(session: Session, record_id: int) -> list[Change]:
    """The steps of a record, oldest first."""
    get_record(session, record_id)
    return list(session.scalars(select(Change).where(Change.record_id == record_id).order_by(Change.number)))


def as_of(session: Session, record_id: int, moment: int) -> dict[str, Value]:
    """The golden fields of a record as they were at a moment (microseconds), with `exists` while it existed."""
    state: dict[str, Value] = {}
    for step in history(session, record_id):
        if step.at <= moment:
            state.update({name: after for name, (_, after) in step.became.items()})
    return {name: value for name, value in state.items() if value is not None}
