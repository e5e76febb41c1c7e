"""Leases that are short and renewed while their holder lives.

A claim holds for `claim.LEASE`, and one thread of the process renews all claims every few seconds; a process that was
killed stops renewing, and its claims are free again soon. A call to a target never outlives half the lease that was
last renewed: if the store cannot be reached to renew it, the call is broken off before another worker may claim it.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import structlog
from sqlalchemy import CursorResult, Engine, Update, delete, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.clock import SECOND
from synchub.outbox.claim import LEASE
from synchub.outbox.tables import Delivery, FeedLease

DELIVERIES = db.table_of(Delivery)
FEEDS = db.table_of(FeedLease)

BEAT = 2.5
"""Seconds between renewals."""
HALF = LEASE / SECOND / 2
"""Seconds after a renewal in which a call may still be under way."""

Extend = Callable[[Session, int], int]
"""Moves a lease's end to the moment given; returns how many rows are still held."""

log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class Lease:
    """A lease that is held now; `horizon` is read from the process's monotonic clock."""

    extend: Extend
    horizon: float

    def left(self) -> float:
        """The seconds for which a call may surely go on."""
        return self.horizon - time.monotonic()

    def renew(self, engine: Engine) -> None:
        """Renew it in the store; one that another worker has taken meanwhile is over at once."""
        started = time.monotonic()
        held = db.retrying(engine, lambda session: self.extend(session, clock.now() + LEASE))
        self.horizon = started + HALF if held else 0.0


def of_deliveries(copies: Sequence[int], token: str) -> Extend:
    """The lease of a claim's deliveries."""

    def extend(session: Session, until: int) -> int:
        ours = (db.among(DELIVERIES.c.copy_id, copies), DELIVERIES.c.token == token)
        return _count(session, update(DELIVERIES).where(*ours).values(lease_until=until))

    return extend


def of_feed(connection: int, token: str) -> Extend:
    """The lease of the one who follows the change feed for a target."""

    def extend(session: Session, until: int) -> int:
        ours = (FEEDS.c.connection_id == connection, FEEDS.c.token == token)
        return _count(session, update(FEEDS).where(*ours).values(lease_until=until))

    return extend


def _count(session: Session, statement: Update) -> int:
    return int(cast("CursorResult[Any]", session.execute(statement)).rowcount)


class Leases:
    """The leases of this process, and the thread that renews them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held: set[Lease] = set()
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to renew. On SQLite nobody else works on the store: what a dead process had claimed is free at once."""
        db.retrying(self._engine, adopt)
        self._thread.start()

    def stop(self, seconds: float | None = None) -> None:
        """Renew no more; wait `seconds` at most for a renewal under way."""
        self._stop.set()
        self._thread.join(seconds)

    @contextmanager
    def held(self, extend: Extend, claimed_at: float) -> Iterator[Lease]:
        """Keep a lease renewed during the block; `claimed_at`: monotonic time just before it was claimed."""
        lease = Lease(extend, claimed_at + HALF)
        with self._guard:
            self._held.add(lease)
        try:
            yield lease
        finally:
            with self._guard:
                self._held.discard(lease)

    def renew_all(self) -> None:
        """Renew every lease that is held; one that cannot be renewed runs out by itself."""
        with self._guard:
            held = list(self._held)
        for lease in held:
            try:
                lease.renew(self._engine)
            except SQLAlchemyError as error:
                log.warning("a lease was not renewed", reason=str(error).partition("\n")[0])

    def _beat(self) -> None:
        while not self._stop.wait(BEAT):
            self.renew_all()


def adopt(session: Session) -> None:
    """Free what a process that died had claimed, where no other process can be at work: on SQLite."""
    if db.is_sqlite(session):
        session.execute(update(DELIVERIES).where(DELIVERIES.c.token.is_not(None)).values(token=None, lease_until=0))
        session.execute(delete(FEEDS))
