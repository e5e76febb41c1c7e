"""How many requests a connection may make in all processes together: `rate_limit` a minute, drawn in slices.

One row per connection knows when its allowance will be full again. A process draws a slice of a twentieth of it and
spends that without asking the store; a slice that is not spent within a minute lapses. So the processes together let
through what the limit says, and at most a slice for each of them more.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Engine, select, update

from synchub import clock, db
from synchub.connections.tables import Connection, Quota
from synchub.errors import TooMany

MINUTE = 60 * clock.SECOND
SLICES = 20
LARGEST_SLICE = 100
ROWS = db.table_of(Quota)


@dataclass(slots=True)
class Standing:
    """How a connection stands: its requests a minute, and how many are left.

    `again_at` is the moment (microseconds) at which it has all of them, or, if none are left, the next one.
    """

    limit: int
    left: int
    again_at: int


class Spent(TooMany):
    """The connection made all the requests that it may for now."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(f"more than {standing.limit} requests a minute")
        self.standing = standing


@dataclass(slots=True)
class _Slice:
    """What a process has drawn: `elsewhere` is what the row still had after that."""

    limit: int
    left: int
    elsewhere: int
    again_at: int
    until: int


class Quotas:
    """Spends the requests of connections; belongs to one event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._slices: dict[int, _Slice] = {}
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def spend(self, connection: Connection) -> Standing | None:
        """Count a request; None if the connection has no limit.

        Raises:
            Spent: it made all that it may for now.
        """
        limit = connection.rate_limit
        if limit is None:
            return None
        async with self._turns[connection.id]:
            held = self._slices.get(connection.id)
            if held is None or held.limit != limit or held.until <= clock.now():
                held = await asyncio.to_thread(self._draw, connection.id, limit)
                self._slices[connection.id] = held
        if held.left == 0:
            raise Spent(Standing(limit, 0, held.again_at))
        held.left -= 1
        if held.left == 0:
            held.until = 0
        return Standing(limit, held.elsewhere + held.left, held.again_at)

    def _draw(self, connection: int, limit: int) -> _Slice:
        now, cost = clock.now(), MINUTE // limit
        with db.writing(self._engine) as session:
            made = {"connection_id": connection, "full_at": now}
            session.execute(db.insert(session, ROWS).on_conflict_do_nothing(), made)
            mine = ROWS.c.connection_id == connection
            full_at = max(session.scalars(db.locked(select(ROWS.c.full_at).where(mine))).one(), now)
            free = max(0, (now + MINUTE - full_at) // cost)
            drawn = min(free, max(1, limit // SLICES), LARGEST_SLICE)
            full_at += drawn * cost
            if drawn:
                session.execute(update(ROWS).where(mine).values(full_at=full_at))
        if drawn == 0:
            next_at = full_at + cost - MINUTE
            return _Slice(limit, 0, 0, next_at, next_at)
        return _Slice(limit, drawn, free - drawn, full_at, now + MINUTE)
