"""The one writer of what partners state.

`apply` takes what partners stated into their copies, works out the golden records and writes images, typed rows and
history, in a number of statements that does not depend on the number of writes. Only `intake.write` calls it.

Locks are taken in one order: missing cross references (sorted), the master records that will change (by id), their
copies (by id), and the change counter last. Rows that change nothing are not locked. While a rule change has not
reached every record (`weighing`), the records that are written are weighed anew first, as a step of their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.master import copies as copying
from synchub.master.convergence import Mode, answers, differs, rules_of
from synchub.master.copies import Copy
from synchub.master.entities import ENTITIES
from synchub.master.holding import RECORDS, Moved, hold, weigh, write_steps
from synchub.master.locating import Key, find, find_or_make
from synchub.master.record import Record
from synchub.master.series import read_counter
from synchub.master.writes import Applied, Batch, Kind, Verdict, Write

__all__ = ["apply", "last_changes", "read_counter"]


@dataclass(slots=True, kw_only=True)
class _Taken(Moved):
    """A step that a write made: the batch that it stands in, and where."""

    batch: int
    place: int


@dataclass(slots=True)
class _Store:
    """What one call of `apply` has read and locked."""

    rows: dict[Key, Row[Any]]
    records: dict[int, Record]
    copies: dict[Key, Copy]


def apply(session: Session, batches: Sequence[Batch]) -> list[Applied]:
    """Store what partners sent; one `Applied` per batch, with a verdict per write, both in the order given.

    Must run in a writing transaction, which the caller commits.

    Raises:
        Overtaken: the rules by which statements are weighed changed meanwhile; `db.retrying` runs it again.
    """
    partners = {partner.id: partner for partner in session.scalars(select(Connection))}
    rules = rules_of(partners.values())
    rows = find_or_make(session, _keys(batches, partners), partners)
    moving = _moving(batches, rows, partners)
    known = {key: row.record_id for key, row in rows.items()}
    store = _Store(rows, hold(session, {known[key] for key in moving}, rules, known), {})
    _open_copies(store, moving)
    changing = any(partner.weighed_to is not None for partner in partners.values())
    weighed = weigh(session, store.records) if changing else []
    verdicts: list[list[Verdict | None]] = [[None] * len(batch.writes) for batch in batches]
    taken = list(_take(batches, store, partners, verdicts))
    numbers = write_steps(session, [*weighed, *taken], rules)
    return _applied(taken, numbers[len(weighed) :], verdicts)


def _open_copies(store: _Store, moving: set[Key]) -> None:
    for record in store.records.values():
        for copy in record.copies:
            store.copies[Key(copy.connection, copy.entity, copy.key)] = copy
    if adrift := moving - store.copies.keys():
        message = f"copies were moved to other records while they were being locked: {sorted(adrift)[:3]}"
        raise RuntimeError(message)


def last_changes(session: Session, connection: int, writes: Sequence[Write]) -> list[int | None]:
    """For each write the number of its record's last change; 0 where the key is not known.

    None where the partner was told another value than the one that it says, so that this is an answer.
    """
    keys = [Key(connection, write.entity, write.key) for write in writes]
    found = find(session, set(keys))
    ids = {row.record_id for row in found.values()}
    rows = session.execute(select(RECORDS.c.id, RECORDS.c.changed).where(db.among(RECORDS.c.id, sorted(ids))))
    changed = {row.id: row.changed for row in rows}
    told = {key: copying.load(row) for key, row in found.items() if row.flight or row.ended}
    numbers: list[int | None] = []
    for key, write in zip(keys, writes, strict=True):
        if key in told and answers(told[key], write.fields, write.mode, revives=write.revives):
            numbers.append(None)
        else:
            numbers.append(changed[found[key].record_id] if key in found else 0)
    return numbers


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


def _take(
    batches: Sequence[Batch],
    store: _Store,
    partners: Mapping[int, Connection],
    verdicts: list[list[Verdict | None]],
) -> Iterable[_Taken]:
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
                who = (batch.connection, copy, batch.message)
                yield _Taken(step, record, *who, batch=index, place=place)


def _applied(taken: Sequence[_Taken], numbers: range, verdicts: list[list[Verdict | None]]) -> list[Applied]:
    """What became of each batch; the numbers of a batch are one block."""
    own: dict[int, tuple[int, int]] = {}
    for number, move in zip(numbers, taken, strict=True):
        own[move.batch] = (own.get(move.batch, (number, number))[0], number)
        verdicts[move.batch][move.place] = Verdict(move.step.kind, move.record.id, number)
    return [
        Applied([verdict for verdict in given if verdict], *own.get(index, (None, None)))
        for index, given in enumerate(verdicts)
    ]
