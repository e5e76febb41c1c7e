"""Which records a connection means by an id or by a key, and by a moment since which they changed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.ids import LARGEST_ID, whole
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.names import known_as
from synchub.master import naming
from synchub.master.locating import find_codes
from synchub.master.tables import Change

CHANGES = db.table_of(Change)


def records_by_id(session: Session, connection: Connection, kind: Kind, said: int | str) -> list[int]:
    """The record that a connection means by an id: of its own ids first, then of ours."""
    copies = naming.copies_by(session, connection.id, kind.entity, "their_id", {str(said)})
    if copies:
        return [copies[0].record_id]
    if kind.id_column:
        typed = db.table_of(kind.made)
        same = select(typed.c.id).where(typed.c[kind.id_column] == str(said)).order_by(typed.c.id).limit(1)
        if (record := session.scalar(same)) is not None:
            return [record]
    number = whole(str(said))
    return [number] if number is not None and number <= LARGEST_ID else []


def records_by_key(session: Session, connection: Connection, kind: Kind, key: str) -> list[int]:
    """The record that a connection means by a key: of its own first, then of our codes."""
    key = known_as(session, connection, kind.entity, key) if kind.any_case else key
    copies = naming.copies_by(session, connection.id, kind.entity, "external_key", {key})
    if copies:
        return [copies[0].record_id]
    return list(find_codes(session, kind.entity, {key}).values())


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
