"""Looking single records up: those that are asked for at about the same time are read together (`gathering`)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.bodies import Row
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.views import Seen, first, firsts, shown

More = Callable[[Session, Connection, Seen], Mapping[str, Any]]
"""What the details of a record show that no list does."""


class Looked(NamedTuple):
    """The record that a connection means by a selector, with these of its fields and with what `more` adds."""

    kind: Kind
    connection: Connection
    fields: Collection[str]
    name: str
    value: str | int
    more: More


def look(engine: Engine, asked: Sequence[Looked]) -> list[Row | None]:
    """What details show of records, in the order in which they are asked for; None of one that is not there."""
    alike: defaultdict[tuple[int, str, str], list[Looked]] = defaultdict(list)
    for one in asked:
        alike[one.connection.id, one.kind.entity, one.name].append(one)
    with db.reading(engine, at_once=True) as session:
        found = {key: _first(session, same) for key, same in alike.items()}
        return [_row(session, one, found[one.connection.id, one.kind.entity, one.name].get(one.value)) for one in asked]


def _first(session: Session, same: Sequence[Looked]) -> Mapping[Any, Seen]:
    """The records of one connection and kind that the values of one selector mean, by these."""
    one = same[0]
    values = {each.value for each in same}
    if one.name in {"id", one.kind.key}:
        return firsts(session, one.connection, one.kind, one.name, values)
    found = {value: first(session, one.connection, one.kind, {one.name: value}) for value in values}
    return {value: seen for value, seen in found.items() if seen is not None}


def _row(session: Session, one: Looked, seen: Seen | None) -> Row | None:
    if seen is None:
        return None
    return {**shown(one.connection, one.kind, seen, one.fields), **one.more(session, one.connection, seen)}
