"""Restatement: a partner's word is made to count again (`rules.md`, "resync from X").

A field is restated as the partner last said it if that is later than the winning word (rank overruled it), else as the
value that the partner surely holds. The restated word has its own stamp as a floor, so nobody's older word of that
field counts any more, also after the partner says something else. `exists` is never restated.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import clock
from synchub.connections.tables import Connection
from synchub.master.copies import EXISTS, Copy, Row
from synchub.master.entities import ENTITIES
from synchub.master.holding import Moved, hold, weigh, write_steps
from synchub.master.locating import Key, find
from synchub.master.record import Record
from synchub.master.survivorship import Golden, rules_of
from synchub.master.values import Value


@dataclass(slots=True, frozen=True)
class Source:
    """Who restates, in which message, and whether blanks too."""

    connection: int
    message: UUID | None = None
    blanks: bool = True


def restate(session: Session, records: Collection[int], source: Source) -> int:
    """Restate what a partner says of these records, each copy as a step of its history; how many steps there were.

    A copy that the partner does not surely have restates nothing. Must run in a writing transaction; the locks are
    taken as by `store.apply`.

    Raises:
        Overtaken: the rules by which statements are weighed changed meanwhile; `db.retrying` runs it again.
    """
    partners = list(session.scalars(select(Connection)))
    rules = rules_of(partners)
    held = hold(session, records, rules)
    changing = any(partner.weighed_to is not None for partner in partners)
    weighed = weigh(session, held) if changing else []
    theirs = [(record, copy) for record in held.values() for copy in record.copies if _speaks(copy, source)]
    resolved = find(session, set(_references(copy for _, copy in theirs)))
    records_of = {key: row.record_id for key, row in resolved.items()}
    moved = list(_steps(theirs, source, records_of))
    write_steps(session, [*weighed, *moved], rules)
    return len(moved)


def _speaks(copy: Copy, source: Source) -> bool:
    return copy.connection == source.connection and copy.holds(EXISTS) == {True}


def _references(copies: Iterable[Copy]) -> Iterator[Key]:
    """The keys that the copies hold, or held before what is in flight, in place of other records."""
    for copy in copies:
        for name, entity in ENTITIES[copy.entity].references().items():
            for value in _held(copy, name):
                if value is not None:
                    yield Key(copy.connection, entity, str(value))


def _steps(theirs: Sequence[tuple[Record, Copy]], source: Source, records_of: Mapping[Key, int]) -> Iterator[Moved]:
    """The steps; what every copy restates is worked out before any of them does, as the words win now."""
    now, said = clock.now(), []
    for record, copy in theirs:
        record.resolved = {**records_of, **record.resolved}
        fields = restated(copy, record.won, blanks=source.blanks)
        said.append({name: value for name, value in fields.items() if _is_found(record, copy, name, value)})
    for (record, copy), fields in zip(theirs, said, strict=True):
        if fields:
            yield Moved(record.restate(copy, fields, now), record, source.connection, copy, source.message)


def _is_found(record: Record, copy: Copy, name: str, value: Value) -> bool:
    """Whether the value is no reference, or one to a record that we know."""
    entity = ENTITIES[copy.entity].references().get(name)
    return entity is None or value is None or Key(copy.connection, entity, str(value)) in record.resolved


def restated(copy: Copy, won: Mapping[str, Golden], *, blanks: bool = True) -> Row:
    """The fields that a copy restates, given the words that win now; a word that wins is restated as it is."""
    fields: Row = {}
    for name in sorted(ENTITIES[copy.entity].fields().keys() & (copy.image.keys() | copy.known.keys())):
        values = _meant(copy, name, won.get(name))
        if len(values) == 1 and (blanks or None not in values):
            (fields[name],) = values
    return fields


def _meant(copy: Copy, name: str, best: Golden | None) -> frozenset[Value]:
    said = copy.image.get(name)
    if said is not None and best is not None:
        wins = (best.connection, best.key) == (copy.connection, copy.key)
        if wins or said.stamp > best.stamp:
            return frozenset((said.value,))
    return _held(copy, name)


def _held(copy: Copy, name: str) -> frozenset[Value]:
    """What the partner may hold; while something is in flight there and nothing crossed it, what it held before."""
    flight = copy.flight
    if flight is not None and name in flight.before and name not in flight.crossed:
        return flight.before[name]
    return copy.holds(name)
