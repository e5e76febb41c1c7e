"""Records under lock: read with all their copies, weighed, and written back with their history.

Whoever changes records does it here, so locks are always taken in one order: records by id, their copies by id, the
change counter last.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.connections.tables import HUB
from synchub.master import copies as copying
from synchub.master.copies import Copy
from synchub.master.copies import Row as Fields
from synchub.master.entities import ENTITIES
from synchub.master.locating import Key, find
from synchub.master.record import Record, Step
from synchub.master.series import draw_under
from synchub.master.survivorship import Rules
from synchub.master.tables import Change, CrossReference, MasterRecord

COPIES = db.table_of(CrossReference)
RECORDS = db.table_of(MasterRecord)
CHANGES = db.table_of(Change)
_RECORDS = db.locked(select(RECORDS).where(db.many(RECORDS.c.id, "ids")).order_by(RECORDS.c.id))
_COPIES = db.locked(select(COPIES).where(db.many(COPIES.c.record_id, "ids")).order_by(COPIES.c.id))
_BESIDE = db.locked(
    select(COPIES.c.id)
    .where(or_(db.many(COPIES.c.record_id, "ids"), db.many(COPIES.c.id, "beside")))
    .order_by(COPIES.c.id)
)
_CONFIRM = (
    update(COPIES)
    .where(db.many(COPIES.c.id, "copies"), COPIES.c.heard_at < bindparam("at"))
    .values(heard_at=bindparam("at"))
    .execution_options(synchronize_session=False)
)
_STEPS = CHANGES.insert()


@dataclass(slots=True)
class Moved:
    """One step on its way into the history: of a partner's copy, in a message; without a copy it is the hub's own."""

    step: Step
    record: Record
    connection: int = HUB
    copy: Copy | None = None
    message: UUID | None = None


def hold(
    session: Session,
    ids: Collection[int],
    rules: Rules,
    known: Mapping[Key, int] | None = None,
    beside: Collection[int] = (),
) -> dict[int, Record]:
    """The records of these ids, locked in id order, then all their copies, as they are now and worked out by `rules`.

    `known` has records of keys that were looked up before, `beside` the ids of other copies that are to be locked too,
    in one order with those of the records.
    """
    asked = {"ids": sorted(ids)}
    records = {row.id: Record.of(row, rules) for row in session.execute(_RECORDS, asked)} if ids else {}
    if beside and not db.is_sqlite(session):
        session.execute(_BESIDE, asked | {"beside": sorted(beside)}).all()
    if not records:
        return {}
    for row in session.execute(_COPIES, asked):
        copy = copying.load(row)
        records[copy.record].copies.append(copy)
    resolved = _resolve(session, records, known or {})
    for record in records.values():
        record.begin(resolved)
    return records


def _resolve(session: Session, records: Mapping[int, Record], known: Mapping[Key, int]) -> dict[Key, int]:
    """The record id behind every key that an image refers to, also behind those that are known already."""
    wanted = {reference for record in records.values() for reference in record.references()} - known.keys()
    return {**known, **{key: row.record_id for key, row in find(session, wanted).items()}}


def confirm(session: Session, heard: Mapping[int, int]) -> None:
    """Remember for which times partners said over what they hold, by copy; the copies are locked.

    Times within one second, as those of a file's rows are, count as the first of them: that is one statement.
    """
    moments: dict[int, list[int]] = {}
    for copy, at in heard.items():
        moments.setdefault(at // clock.SECOND, []).append(copy)
    for _, copies in sorted(moments.items()):
        at = min(heard[copy] for copy in copies)
        session.execute(_CONFIRM, {"copies": sorted(copies), "at": at})


def weigh(session: Session, records: Mapping[int, Record]) -> list[Moved]:
    """The steps from what history says was true to what the present rules make of it; most records need none."""
    if not records:
        return []
    true = _true_until_now(session, records)
    steps = ((record, record.weigh(true[id_])) for id_, record in sorted(records.items()))
    return [Moved(step, record) for record, step in steps if step is not None]


def _true_until_now(session: Session, ids: Collection[int]) -> dict[int, Fields]:
    """By record the golden fields as history tells them."""
    chosen = db.among(CHANGES.c.record_id, sorted(ids))
    steps = select(CHANGES.c.record_id, CHANGES.c.became).where(chosen).order_by(CHANGES.c.record_id, CHANGES.c.number)
    true: dict[int, Fields] = {id_: {} for id_ in ids}
    for step in session.execute(steps):
        true[step.record_id].update({name: after for name, (_, after) in step.became.items()})
    return true


def write_steps(session: Session, moved: Sequence[Moved], rules: Rules) -> range:
    """Draw the numbers of the steps, the last lock of all, and write history, copies, records and typed rows.

    Raises:
        Overtaken: other rules than `rules` are in force now.
    """
    if not moved:
        return range(0)
    numbers, now = draw_under(session, len(moved), rules.version), clock.now()
    for number, move in zip(numbers, moved, strict=True):
        move.record.changed = number
    session.execute(_STEPS, [_change(number, move, now) for number, move in zip(numbers, moved, strict=True)])
    _save(session, moved)
    return numbers


def _change(number: int, move: Moved, now: int) -> dict[str, Any]:
    return {
        "number": number,
        "record_id": move.record.id,
        "version": move.step.version,
        "connection_id": move.connection,
        "copy_id": move.copy.id if move.copy else None,
        "message_id": move.message,
        "at": now,
        "verdict": move.step.kind.value,
        "said": move.step.said,
        "became": move.step.became,
    }


def _save(session: Session, moved: Sequence[Moved]) -> None:
    """Write the copies, the records and the typed rows that were moved."""
    records = {move.record.id: move.record for move in moved}
    copies = {copy.id: copy for record in records.values() for copy in record.sway()}
    copies |= {move.copy.id: move.copy for move in moved if move.copy}
    if copies:
        _update_all(session, COPIES, [{"b_id": id_, **copying.document(copies[id_])} for id_ in sorted(copies)])
    _update_all(session, RECORDS, [{"b_id": id_, **records[id_].shared()} for id_ in sorted(records)])
    typed: dict[str, list[dict[str, Any]]] = {}
    for id_ in sorted(records):
        if records[id_].typed_moved:
            typed.setdefault(records[id_].entity, []).append({"b_id": id_, **records[id_].typed()})
    for entity, rows in sorted(typed.items()):
        _update_all(session, db.table_of(ENTITIES[entity]), rows)


def _update_all(session: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    """Update rows by their id (`b_id`) in one statement."""
    session.execute(_updating(table, tuple(rows[0])), rows)


@cache
def _updating(table: Any, names: tuple[str, ...]) -> Any:
    """The statement that updates these columns; building it anew costs more than one row of it."""
    values: dict[str, Any] = {name: bindparam(name) for name in names if name != "b_id"}
    return update(table).where(table.c.id == bindparam("b_id")).values(values)
