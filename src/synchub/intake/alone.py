"""Writing transactions of their own, for endpoints whose rules read what is stored before they know what to write.

Each ends in `write` like the committer's, and its uncertain commit is looked up like the committer's. Who may wait for
one is bounded as the queue is: in bytes, of all connections and of one.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from synchub.config import Settings
from synchub.errors import Full, SynchubError
from synchub.intake.committer import PATIENCE
from synchub.intake.grouping import Grouping
from synchub.intake.submission import Arrival, Receipt, Submission
from synchub.intake.waiting import WRITE_BYTES
from synchub.intake.write import write

Work = Callable[[Session], Submission]
"""Looks at what is stored and makes a submission of the arrival; it may be called again after a deadlock."""


class Alone:
    """Runs transactions of one request each; `room` belongs to one event loop, `store` to any thread.

    `wake` is called after a commit that moved something.
    """

    def __init__(self, engine: Engine, settings: Settings, wake: Callable[[], None]) -> None:
        self._engine, self._settings, self._wake = engine, settings, wake
        self._used: Counter[int] = Counter()
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def room(self, connection: int, size: int) -> AsyncIterator[None]:
        """Room for a request of this size (bytes) within the block.

        Raises:
            Full: there was none within `queue_wait`.
        """
        cost = size + WRITE_BYTES
        try:
            async with asyncio.timeout(self._settings.queue_wait), self._changed:
                await self._changed.wait_for(lambda: self._fits(connection, cost))
                self._used[connection] += cost
        except TimeoutError:
            raise Full("too many requests of this connection wait to be stored") from None
        try:
            yield
        finally:
            self._used[connection] -= cost
            async with self._changed:
                self._changed.notify_all()

    def store(self, arrival: Arrival, work: Work) -> Receipt:
        """Run a transaction and journal it; returns after its commit.

        Raises:
            Unavailable: the store cannot take anything now.
            SynchubError: this request cannot be stored.
        """

        def write_one(session: Session, _group: Sequence[Submission], settings: Settings) -> list[Receipt]:
            return write(session, [work(session)], settings)

        grouping = Grouping(self._engine, self._settings, write_one, PATIENCE)
        (outcomes,) = grouping.commit([Submission(arrival, (), _no_answer)])
        outcome = outcomes[arrival.id]
        if isinstance(outcome, SynchubError):
            raise outcome
        if outcome.moved:
            self._wake()
        return outcome

    def _fits(self, connection: int, cost: int) -> bool:
        mine, everybody = self._used[connection], self._used.total()
        return (mine == 0 or mine + cost <= self._settings.queue_share) and (
            everybody == 0 or everybody + cost <= self._settings.queue_bytes
        )


def _no_answer(_verdicts: Sequence[Any]) -> dict[str, Any]:
    return {}
