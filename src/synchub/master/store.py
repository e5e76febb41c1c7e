"""The one writer of what partners state.

`apply` takes what partners stated into their copies, works out the golden records and writes images, typed rows and
history, in a number of statements that does not depend on the number of writes. Only `intake.write` calls it.

Locks are taken in one order: missing cross references (sorted), the master records that will change (by id), their
copies (by id), and the change counter last. Rows that change nothing are not locked, unless they confirm: then their
copies are, among the others. While a rule change has not reached every record (`weighing`), the records that are
written are weighed anew first, as a step of their own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.master import copies as copying
from synchub.master.convergence import answers, is_late, weigh_age
from synchub.master.copies import EXISTS, Copy
from synchub.master.entities import ENTITIES
from synchub.master.holding import RECORDS, Moved, confirm, hold, weigh, write_steps
from synchub.master.locating import Key, find, find_or_make
from synchub.master.record import Record, extra_of
from synchub.master.series import read_counter
from synchub.master.survivorship import rules_of
from synchub.master.writes import Applied, Batch, Kind, Verdict, Write

__all__ = ["apply", "last_changes", "read_counter"]

_PARTNERS = select(Connection)


@dataclass(slots=True, kw_only=True)
class _Taken(Moved):
    """A step that a write made: the batch that it stands in, and where."""

    batch: int
    place: int
    their_id: str | None


@dataclass(slots=True)
class _Store:
    """What one call of `apply` has read and locked.

    `moving` are the keys of which at least one write differs from what the partner is known to hold, `heard` the times
    for which writes confirm copies, by their ids, `outdated` the places, by batch, of writes that are too old to move
    anything.
    """

    rows: dict[Key, Row[Any]]
    moving: set[Key] = field(default_factory=set)
    heard: dict[int, int] = field(default_factory=dict)
    outdated: set[tuple[int, int]] = field(default_factory=set)
    records: dict[int, Record] = field(default_factory=dict)
    copies: dict[Key, Copy] = field(default_factory=dict)


def apply(session: Session, batches: Sequence[Batch]) -> list[Applied]:
    """Store what partners sent; one `Applied` per batch, with a verdict per write, both in the order given.

    Must run in a writing transaction, which the caller commits.

    Raises:
        Overtaken: the rules by which statements are weighed, or keys, changed meanwhile; `db.retrying` runs it again.
    """
    partners = {partner.id: partner for partner in session.scalars(_PARTNERS)}
    rules = rules_of(partners.values())
    store = _Store(find_or_make(session, _keys(batches, partners), partners))
    _look_through(store, batches, partners)
    known = {key: row.record_id for key, row in store.rows.items()}
    store.records = hold(session, {known[key] for key in store.moving}, rules, known, store.heard)
    _open_copies(store)
    changing = any(partner.weighed_to is not None for partner in partners.values())
    weighed = weigh(session, store.records) if changing else []
    verdicts: list[list[Verdict | None]] = [[None] * len(batch.writes) for batch in batches]
    taken = list(_take(batches, store, partners, verdicts))
    saved = {move.copy.id for move in taken if move.copy}
    confirm(session, {copy: at for copy, at in store.heard.items() if copy not in saved})
    numbers = write_steps(session, [*weighed, *taken], rules)
    return _applied(taken, numbers[len(weighed) :], verdicts)


def _open_copies(store: _Store) -> None:
    for record in store.records.values():
        for copy in record.copies:
            store.copies[Key(copy.connection, copy.entity, copy.key)] = copy
    if adrift := store.moving - store.copies.keys():
        message = f"copies were renamed or moved while they were being locked: {sorted(adrift)[:3]}"
        raise db.Overtaken(message)


def last_changes(session: Session, connection: int, writes: Sequence[Write]) -> list[int | None]:
    """For each write the number of its record's last change.

    None where the partner was told another value than the one that it says, so that this is an answer; and where the
    key is not known, not any more, or is that of a record of which nobody has stated anything, so that this is about
    another record than an earlier write was.
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
            numbers.append((changed[found[key].record_id] or None) if key in found else None)
    return numbers


def _may_write(partner: Connection, write: Write) -> bool:
    return partner.writes is None or write.entity in partner.writes


def _keys(batches: Sequence[Batch], partners: Mapping[int, Connection]) -> set[Key]:
    """The copies that the writes are about, and those that they refer to."""
    keys = set()
    for _, key, write in _allowed(batches, partners):
        keys.add(key)
        for name, entity in ENTITIES[write.entity].references().items():
            if (value := write.fields.get(name)) is not None:
                keys.add(Key(key.connection, entity, str(value)))
    return keys


def _look_through(store: _Store, batches: Sequence[Batch], partners: Mapping[int, Connection]) -> None:
    """Note what of the writes differs from what their partners are known to hold, is too old for that, or confirms."""
    loaded: dict[Key, Copy] = {}
    now = clock.now()
    for place, key, write in _allowed(batches, partners):
        if write.confirms:
            id_ = store.rows[key].id
            store.heard[id_] = max(store.heard.get(id_, 0), write.spoken_at(now))
        if key in store.moving:
            continue
        if key not in loaded:
            loaded[key] = copying.load(store.rows[key])
        differs, outdated = _weigh_age(loaded[key], write)
        if differs or write.former is not None:
            store.moving.add(key)
        elif outdated:
            store.outdated.add(place)


def _allowed(
    batches: Sequence[Batch], partners: Mapping[int, Connection]
) -> Iterator[tuple[tuple[int, int], Key, Write]]:
    """The writes that their partners may make: the batch of each and its place there, its key, itself."""
    for index, batch in enumerate(batches):
        for place, write in enumerate(batch.writes):
            if _may_write(partners[batch.connection], write):
                yield (index, place), Key(batch.connection, write.entity, write.key), write


def _weigh_age(copy: Copy, write: Write) -> tuple[bool, bool]:
    """Whether the write says anything that counts, and whether it says anything that is too old."""
    how = {"revives": write.revives, "insists": write.insists}
    differs, outdated = weigh_age(copy, write.fields, write.mode, **how, as_of=write.as_of)
    if extra_of(copy, write) != copy.extra:
        late = is_late(copy, EXISTS, write.as_of)
        differs, outdated = differs or not late, outdated or late
    return differs, outdated


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
                kind = Kind.SUPERSEDED if (index, place) in store.outdated else Kind.UNCHANGED
                row = store.rows[key]
                verdicts[index][place] = Verdict(kind, row.record_id, their_id=row.their_id)
                continue
            record = store.records[copy.record]
            step = record.take(copy, write, now)
            their_id = store.rows[key].their_id
            if isinstance(step, Kind):
                verdicts[index][place] = Verdict(step, record.id, their_id=their_id)
            else:
                who = (batch.connection, copy, batch.message)
                yield _Taken(step, record, *who, batch=index, place=place, their_id=their_id)


def _applied(taken: Sequence[_Taken], numbers: range, verdicts: list[list[Verdict | None]]) -> list[Applied]:
    """What became of each batch; the numbers of a batch are one block."""
    own: dict[int, tuple[int, int]] = {}
    for number, move in zip(numbers, taken, strict=True):
        own[move.batch] = (own.get(move.batch, (number, number))[0], number)
        verdicts[move.batch][move.place] = Verdict(move.step.kind, move.record.id, number, their_id=move.their_id)
    return [
        Applied([verdict for verdict in given if verdict], *own.get(index, (None, None)))
        for index, given in enumerate(verdicts)
    ]
