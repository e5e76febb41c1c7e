"""Watching a resync arrive: by looking again and again, so that nobody who waits holds a thread."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine, Row, and_, exists, select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.errors import Unavailable
from synchub.master.naming import owner_of
from synchub.master.tables import CrossReference, MasterRecord
from synchub.outbox.tables import Delivery
from synchub.outbox.tables import State as Sending
from synchub.resync.reading import Progress, progress_of
from synchub.resync.working import Put

Result = TypeVar("Result")

COPIES = db.table_of(CrossReference)
RECORDS = db.table_of(MasterRecord)
DELIVERIES = db.table_of(Delivery)
CONNECTIONS = db.table_of(Connection)

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.25
"""Seconds between two looks."""


class Watched(Protocol):
    """What can be looked at until it is over."""

    @property
    def is_over(self) -> bool: ...


Seen = TypeVar("Seen", bound=Watched)


@dataclass(slots=True)
class Outcome:
    """What became of the records of one window: told everywhere, under way, or refused somewhere and why.

    `refused` has sentences by record; a record may be under way at one target and refused at another.
    """

    done: list[int] = field(default_factory=list)
    under_way: set[int] = field(default_factory=set)
    refused: dict[int, list[str]] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether nothing is under way any more."""
        return not self.under_way


def outcome_of(session: Session, put: Put) -> Outcome:
    """What has become of a window by now."""
    outcome = Outcome(under_way=_unseen(session, put))
    for row in _copies(session, put):
        if row.state == Sending.WAITING and not _is_told(row, put):
            outcome.under_way.add(row.record_id)
        elif reason := _refusal(row, put):
            outcome.refused.setdefault(row.record_id, []).append(reason)
    outcome.done = [one for one in put.records if one not in outcome.under_way and one not in outcome.refused]
    return outcome


def _copies(session: Session, put: Put) -> Any:
    """The targets' copies of the records, also those that were made since, each with its delivery if there is one."""
    columns = (COPIES.c.id, COPIES.c.record_id, COPIES.c.sent_number, DELIVERIES.c.state, DELIVERIES.c.last_error)
    return session.execute(
        select(*columns, CONNECTIONS.c.name)
        .join(CONNECTIONS, CONNECTIONS.c.id == COPIES.c.connection_id)
        .outerjoin(DELIVERIES, DELIVERIES.c.copy_id == COPIES.c.id)
        .where(db.among(COPIES.c.record_id, put.records), db.among(owner_of(COPIES), put.targets))
        .order_by(COPIES.c.id)
    )


def _is_told(row: Row[Any], put: Put) -> bool:
    return row.id in put.copies and row.sent_number >= put.number


def _refusal(row: Row[Any], put: Put) -> str | None:
    """Why a copy was not told and will not be; None if it was, or has nothing to be told."""
    if _is_told(row, put) or (row.state is None and row.id not in put.copies):
        return None
    return f"{row.name}: {row.last_error or row.state}" if row.state else f"{row.name}: given up by the operator"


def _unseen(session: Session, put: Put) -> set[int]:
    """Records whose last change some target's pump has not come to, so that there may be a copy to be made."""
    behind = and_(
        CONNECTIONS.c.active,
        ~CONNECTIONS.c.paused,
        db.among(CONNECTIONS.c.id, put.targets),
        CONNECTIONS.c.cursor < RECORDS.c.changed,
    )
    unseen = select(RECORDS.c.id).where(db.among(RECORDS.c.id, put.records), exists().where(behind))
    return set(session.scalars(unseen))


async def watch(engine: Engine, put: Put, seconds: float) -> Outcome:
    """What has become of a window once nothing is under way any more, or after that many seconds.

    Raises:
        Unavailable: the store cannot be asked.
    """
    return await _until_over(engine, lambda session: outcome_of(session, put), seconds)


async def watch_all(engine: Engine, message: Any, seconds: float) -> Progress:
    """How far the resync of a message has come once all is told, or after that many seconds.

    Raises:
        Unavailable: the store cannot be asked.
    """
    return await _until_over(engine, lambda session: progress_of(session, message), seconds)


async def _until_over(engine: Engine, look: Callable[[Session], Seen], seconds: float) -> Seen:
    end, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        seen = await ask(engine, look)
        left = end - time.monotonic()
        if seen.is_over or left <= 0:
            return seen
        await asyncio.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE)


async def ask(engine: Engine, look: Callable[[Session], Result]) -> Result:
    """What a look at the store sees, from an event loop.

    Raises:
        Unavailable: the store cannot be asked.
    """

    def work() -> Result:
        with db.reading(engine) as session:
            return look(session)

    return await _in_thread(work)


async def change(engine: Engine, work: Callable[[Session], Result]) -> Result:
    """The result of a writing transaction, committed, from an event loop.

    Raises:
        Unavailable: the store cannot take anything.
    """
    return await _in_thread(lambda: db.retrying(engine, work))


async def _in_thread(work: Callable[[], Result]) -> Result:
    try:
        return await asyncio.to_thread(work)
    except Exception as error:
        if db.is_unavailable(error):
            raise Unavailable("the store cannot be asked at the moment") from error
        raise
