"""The one writer of master data.

`apply` takes what partners stated into their copies, works out the golden records and writes images, typed rows and
history, in a number of statements that does not depend on the number of writes. Only `intake.write` calls it.

Locks are taken in one order: missing cross references (sorted), the master records that will change (by id), their
copies (by id), and the change counter last. Rows that change nothing are not locked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.master import copies as copying
from synchub.master.convergence import Mode, differs, rules_of
from synchub.master.copies import Copy
from synchub.master.entities import ENTITIES
from synchub.master.locating import Key, find, find_or_make
from synchub.master.record import Record, Step
from synchub.master.series import draw_numbers, read_counter
from synchub.master.tables import Change, CrossReference, MasterRecord
from synchub.master.writes import Applied, Batch, Kind, Verdict, Write

__all__ = ["apply", "last_changes", "read_counter"]

COPIES = db.table_of(CrossReference)
RECORDS = db.table_of(MasterRecord)


@dataclass(slots=True)
class _Moved:
    """One step on its way into the history: whose it was, of which batch."""

    step: Step
    record: Record
    copy: Copy
    batch: int
    place: int


@dataclass(slots=True)
class _Store:
    """What one call of `apply` has read and locked."""

    rows: dict[Key, Row[Any]]
    records: dict[int, Record] = field(default_factory=dict)
    copies: dict[Key, Copy] = field(default_factory=dict)


def apply(session: Session, batches: Sequence[Batch]) -> list[Applied]:
    """Store what partners sent; one `Applied` per batch, with a verdict per write, both in the order given.

    Must run in a writing transaction, which the caller commits.
    """
    partners = {partner.id: partner for partner in session.scalars(select(Connection))}
    store = _Store(find_or_make(session, _keys(batches, partners), partners))
    moving = _moving(batches, store.rows, partners)
    _lock(session, store, moving, partners)
    verdicts: list[list[Verdict | None]] = [[None] * len(batch.writes) for batch in batches]
    moved = list(_take(batches, store, partners, verdicts))
    applied = _number(session, batches, moved, verdicts)
    _save(session, moved)
    return applied


def last_changes(session: Session, connection: int, writes: Sequence[Write]) -> list[int]:
    """For each write the number of its record's last change; 0 where the key is not known."""
    keys = [Key(connection, write.entity, write.key) for write in writes]
    found = find(session, set(keys))
    ids = {row.record_id for row in found.values()}
    rows = session.execute(select(RECORDS.c.id, RECORDS.c.changed).where(db.among(RECORDS.c.id, sorted(ids))))
    changed = {row.id: row.changed for row in rows}
    return [changed[found[key].record_id] if key in found else 0 for key in keys]


def _may_write(partner: Connection, write: Write) -> bool:
    return partner.writes is None or write.entity in partner.writes


def _keys(batches: Sequence[Batch], partners: Mapping[int, Connection]) -> set[Key]:
    """The copies that the writes are about, and those that they refer to."""
    keys = set()
    for batch in batches:
        for write in batch.writes:
            if not _may_write(partners[batch.connection], write):
                continue
            keys.add(Key(batch.connection, write.entity, write.key))
            for name, entity in ENTITIES[write.entity].references().items():
                if (value := write.fields.get(name)) is not None:
                    keys.add(Key(batch.connection, entity, str(value)))
    return keys


def _moving(batches: Sequence[Batch], rows: Mapping[Key, Row[Any]], partners: Mapping[int, Connection]) -> set[Key]:
    """The keys of which at least one write differs from what the partner is known to hold."""
    moving: set[Key] = set()
    loaded: dict[Key, Copy] = {}
    for batch in batches:
        for write in batch.writes:
            key = Key(batch.connection, write.entity, write.key)
            if key in moving or not _may_write(partners[batch.connection], write):
                continue
            if key not in loaded:
                loaded[key] = copying.load(rows[key])
            if _differs(loaded[key], write):
                moving.add(key)
    return moving


def _differs(copy: Copy, write: Write) -> bool:
    if differs(copy, write.fields, write.mode, revives=write.revives):
        return True
    if write.mode is Mode.WHOLE:
        return copy.extra != write.extra
    return any(copy.extra.get(name) != value for name, value in write.extra.items())


def _lock(session: Session, store: _Store, moving: set[Key], partners: Mapping[int, Connection]) -> None:
    """Lock the records that will change in id order, then all their copies, and read them as they are now."""
    ids = sorted({store.rows[key].record_id for key in moving})
    if not ids:
        return
    rules = rules_of(partners.values())
    records = session.execute(db.locked(select(RECORDS).where(db.among(RECORDS.c.id, ids)).order_by(RECORDS.c.id)))
    store.records = {row.id: Record.of(row, rules) for row in records}
    copies = session.execute(db.locked(select(COPIES).where(db.among(COPIES.c.record_id, ids)).order_by(COPIES.c.id)))
    for row in copies:
        copy = copying.load(row)
        store.records[copy.record].copies.append(copy)
        store.copies[Key(copy.connection, copy.entity, copy.key)] = copy
    if adrift := moving - store.copies.keys():
        message = f"copies were moved to other records while they were being locked: {sorted(adrift)[:3]}"
        raise RuntimeError(message)
    resolved = _resolve(session, store)
    for record in store.records.values():
        record.begin(resolved)


def _resolve(session: Session, store: _Store) -> dict[Key, int]:
    """The record id behind every key that an image refers to, also behind those that this call brings in."""
    known = {key: row.record_id for key, row in store.rows.items()}
    wanted = {reference for record in store.records.values() for reference in record.references()} - known.keys()
    return known | {key: row.record_id for key, row in find(session, wanted).items()}


def _take(
    batches: Sequence[Batch],
    store: _Store,
    partners: Mapping[int, Connection],
    verdicts: list[list[Verdict | None]],
) -> Iterable[_Moved]:
    """Take each write into its record, in order; yields the steps that moved something."""
    now = clock.now()
    for index, batch in enumerate(batches):
        for place, write in enumerate(batch.writes):
            if not _may_write(partners[batch.connection], write):
                reason = f"connection {partners[batch.connection].name} may not write {write.entity}"
                verdicts[index][place] = Verdict(Kind.REJECTED, reason=reason)
                continue
            key = Key(batch.connection, write.entity, write.key)
            copy = store.copies.get(key)
            if copy is None or copy.record not in store.records:
                verdicts[index][place] = Verdict(Kind.UNCHANGED, store.rows[key].record_id)
                continue
            record = store.records[copy.record]
            step = record.take(copy, write, now)
            if step is None:
                verdicts[index][place] = Verdict(Kind.UNCHANGED, record.id)
            else:
                yield _Moved(step, record, copy, index, place)


def _number(
    session: Session, batches: Sequence[Batch], moved: Sequence[_Moved], verdicts: list[list[Verdict | None]]
) -> list[Applied]:
    """Draw the change numbers, the last lock of all, and write the history; numbers of a batch are one block."""
    numbers = draw_numbers(session, len(moved)) if moved else range(0)
    now, history = clock.now(), []
    own: dict[int, tuple[int, int]] = {}
    for number, move in zip(numbers, moved, strict=True):
        batch, step = batches[move.batch], move.step
        move.record.changed = number
        own[move.batch] = (own.get(move.batch, (number, number))[0], number)
        verdicts[move.batch][move.place] = Verdict(step.kind, move.record.id, number)
        history.append(
            {
                "number": number,
                "record_id": move.record.id,
                "version": step.version,
                "connection_id": batch.connection,
            }
            | {"copy_id": move.copy.id, "message_id": batch.message, "at": now, "verdict": step.kind.value}
            | {"said": step.said, "became": step.became}
        )
    if history:
        session.execute(db.table_of(Change).insert(), history)
    return [
        Applied([verdict for verdict in given if verdict], *own.get(index, (None, None)))
        for index, given in enumerate(verdicts)
    ]


def _save(session: Session, moved: Sequence[_Moved]) -> None:
    """Write the copies, the records and the typed rows that were moved."""
    if not moved:
        return
    copies = {move.copy.id: move.copy for move in moved}
    records = {move.record.id: move.record for move in moved}
    changed = [{"b_id": id_, **copying.document(copies[id_])} for id_ in sorted(copies)]
    _update_all(session, COPIES, changed)
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
