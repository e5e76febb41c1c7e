"""Which records a connection means by an id or by a key, and by a moment since which they changed."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.ids import whole
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.names import known_as
from synchub.master import naming
from synchub.master.locating import find_codes
from synchub.master.tables import LARGEST_ID, Change

CHANGES = db.table_of(Change)


def records_by_id(session: Session, connection: Connection, kind: Kind, said: int | str) -> list[int]:
    """The record that a connection means by an id: of its own ids first, then of ours."""
    return list(records_by_ids(session, connection, kind, [said]).values())


def records_by_ids(session: Session, connection: Connection, kind: Kind, said: Iterable[int | str]) -> dict[str, int]:
    """As `records_by_id`, for many ids, by their texts; one of ours may be that of no record."""
    texts = set(map(str, said))
    found = naming.records_called(session, connection.id, kind.entity, "their_id", texts)
    if kind.id_column and texts - found.keys():
        typed = db.table_of(kind.made)
        own = typed.c[kind.id_column]
        rows = session.execute(select(own, typed.c.id).where(db.among(own, sorted(texts))).order_by(typed.c.id.desc()))
        found = {str(id_): int(record) for id_, record in rows} | found
    for text in texts - found.keys():
        number = whole(text)
        if number is not None and number <= LARGEST_ID:
            found[text] = number
    return found


def records_by_key(session: Session, connection: Connection, kind: Kind, key: str) -> list[int]:
    """The record that a connection means by a key: of its own first, then of our codes."""
    return list(records_by_keys(session, connection, kind, [key]).values())


def records_by_keys(session: Session, connection: Connection, kind: Kind, said: Iterable[str]) -> dict[str, int]:
    """As `records_by_key`, for many keys."""
    keys = {key: known_as(session, connection, kind.entity, key) if kind.any_case else key for key in said}
    found = naming.records_called(session, connection.id, kind.entity, "external_key", set(keys.values()))
    found |= find_codes(session, kind.entity, set(keys.values()) - found.keys())
    return {key: found[known] for key, known in keys.items() if known in found}


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
