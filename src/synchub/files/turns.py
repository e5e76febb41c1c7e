"""Whose turn it is to look into a connection's place: a lease per connection that is renewed while its holder lives."""

from collections.abc import Collection as Some
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, delete, not_, or_, select, update
from sqlalchemy.orm import Session

from synchub import alerts, clock, db
from synchub.clock import SECOND
from synchub.files.calendar import LATE, SMALL
from synchub.files.tables import Collection, FileSighting
from synchub.files.troubles import FILE, MOVE, PLACE, SPOOL, STRANGE, UNTAKEN, UPLOAD

COLLECTIONS = db.table_of(Collection)
LEASE = 20 * SECOND
BEAT = 5.0
"""Seconds between renewals."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A lease that is held; `failures` counts the looks in a row that failed before it, `due` when it was due."""

    connection: int
    token: str
    failures: int


def due(session: Session, now: int) -> dict[int, int]:
    """When each connection that was ever looked at is due; those that somebody looks at are left out."""
    held = and_(*_is_held(now))
    rows = select(Collection.connection_id, case((held, now + LEASE), (_is_due(now), now), else_=Collection.due))
    return {row[0]: row[1] for row in session.execute(rows)}


def _is_held(now: int) -> tuple[ColumnElement[bool], ...]:
    """Whether somebody has the turn; a lease that is longer than any is from before our clock was set back."""
    return Collection.lease_until > now, Collection.lease_until < now + 2 * LEASE


def _is_due(now: int) -> ColumnElement[bool]:
    """Whether the turn has come, also by a clock that was set back since the last look."""
    return or_(Collection.due <= now, Collection.looked_at > now + LEASE)


def claim(session: Session, connection: int, token: str, now: int, *, at_once: bool) -> Turn | None:
    """Take a connection's turn, if it is due (or `at_once`) and nobody has it."""
    first = db.insert(session, COLLECTIONS).values(
        connection_id=connection, due=0, looked_at=0, lease_until=0, failures=0
    )
    session.execute(first.on_conflict_do_nothing())
    free = update(Collection).where(Collection.connection_id == connection, not_(and_(*_is_held(now))))
    if not at_once:
        free = free.where(_is_due(now))
    taken = free.values(token=token, lease_until=now + LEASE).returning(Collection.failures)
    failures = session.execute(taken).scalar_one_or_none()
    return None if failures is None else Turn(connection, token, failures)


def hold(session: Session, turn: Turn) -> bool:
    """Whether the turn is still ours; it stays so until the transaction ends."""
    ours = select(Collection.connection_id).where(
        Collection.connection_id == turn.connection, Collection.token == turn.token, Collection.lease_until > 0
    )
    return session.execute(db.locked(ours)).scalar_one_or_none() is not None


def end(session: Session, turn: Turn, *, due: int, failures: int, reason: str | None) -> None:
    """Give a turn back, and say when the next one is."""
    ours = update(Collection).where(Collection.connection_id == turn.connection, Collection.token == turn.token)
    ended = {"token": None, "lease_until": 0, "looked_at": clock.now()}
    session.execute(ours.values(due=due, failures=failures, reason=reason, **ended))


def renew(session: Session, token: str, connections: Some[int]) -> None:
    """Renew the turns that a process holds at these connections' places."""
    held = Collection.token == token, Collection.lease_until > 0
    ours = update(Collection).where(*held, db.among(Collection.connection_id, connections))
    session.execute(ours.values(lease_until=clock.now() + LEASE))


def adopt(session: Session) -> None:
    """Free what a process that died held, where no other process can be at work: on SQLite."""
    if db.is_sqlite(session):
        session.execute(update(Collection).values(token=None, lease_until=0))


def hurry(session: Session, connection: int) -> None:
    """Let a connection be looked at as soon as possible: what it was in trouble for may be mended."""
    session.execute(update(Collection).where(Collection.connection_id == connection).values(due=0, failures=0))


def forget(session: Session, present: Some[int]) -> None:
    """Drop what is kept of connections that have no place any more, and end their alerts."""
    gone = [id_ for id_ in session.scalars(select(Collection.connection_id)) if id_ not in present]
    for id_ in gone:
        for kind in (PLACE, SPOOL, FILE, MOVE, STRANGE, UNTAKEN, UPLOAD, LATE, SMALL):
            alerts.clear(session, id_, kind)
        session.execute(delete(FileSighting).where(FileSighting.connection_id == id_))
        session.execute(delete(Collection).where(Collection.connection_id == id_))
