"""After a rule change: every record that a connection has a word in, weighed by the present rules.

A connection whose rank, or whose delete's meaning, changed says so in `weighed_to`, the record id up to which this has
been done. Whoever finds it goes on there, a window of records in each transaction; a record that is written meanwhile
is weighed first of all by `store.apply`.
"""

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.master.holding import CHANGES, COPIES, hold, weigh, write_steps
from synchub.master.naming import owner_of
from synchub.master.survivorship import rules_of
from synchub.master.writes import Kind

CONNECTIONS = db.table_of(Connection)
WINDOW = 500
"""How many records are weighed in one transaction."""
TURN = b"synchub weigh anew"


def weigh_anew(session: Session, window: int = WINDOW) -> int | None:
    """Weigh the next `window` records that a rule change concerns.

    Returns how many of them have another golden value now, None if nothing is left to do. One at a time does this; the
    connection itself is locked only at the end, so that its deliveries go on. Must run in a writing transaction.

    Raises:
        Overtaken: the rules changed again meanwhile.
    """
    db.lock_digests(session, [TURN])
    pending = session.execute(
        select(CONNECTIONS.c.id, CONNECTIONS.c.weighed_to, CONNECTIONS.c.rules_version)
        .where(CONNECTIONS.c.weighed_to.is_not(None))
        .order_by(CONNECTIONS.c.id)
        .limit(1)
    ).one_or_none()
    if pending is None:
        return None
    rules = rules_of(session.scalars(select(Connection)))
    ids = _next(session, pending, window)
    moved = weigh(session, hold(session, ids, rules))
    _advance(session, pending, ids[-1] if len(ids) == window else None)
    write_steps(session, moved, rules)
    if moved:
        db.notify(session, db.CHANNEL)
    return sum(bool(move.step.became) for move in moved)


def _next(session: Session, pending: Any, window: int) -> list[int]:
    """The next records of which the connection's copy states something."""
    theirs = (
        select(COPIES.c.record_id)
        .where(
            owner_of(COPIES) == pending.id,
            COPIES.c.record_id > pending.weighed_to,
            COPIES.c.image.is_not(None),
        )
        .distinct()
        .order_by(COPIES.c.record_id)
        .limit(window)
    )
    return list(session.scalars(theirs))


def _advance(session: Session, pending: Any, reached: int | None) -> None:
    """Remember how far this came, unless the rules changed again: then it begins anew."""
    same = (
        CONNECTIONS.c.id == pending.id,
        CONNECTIONS.c.weighed_to == pending.weighed_to,
        CONNECTIONS.c.rules_version == pending.rules_version,
    )
    session.execute(update(CONNECTIONS).where(*same).values(weighed_to=reached))


def count_weighed(session: Session, since: int) -> int:
    """How many records have another golden value by rule changes alone, by the changes behind a number."""
    ours = (CHANGES.c.connection_id == HUB, CHANGES.c.copy_id.is_(None), CHANGES.c.message_id.is_(None))
    moved = (CHANGES.c.number > since, CHANGES.c.verdict != Kind.UNCHANGED.value)
    return session.scalar(select(func.count(CHANGES.c.record_id.distinct())).where(*ours, *moved)) or 0
