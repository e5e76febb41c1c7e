"""How many requests a connection may make in all processes together: `rate_limit` a minute, drawn in slices.

One row per connection counts the requests of a minute, which begins with the first of them. A process draws a slice of
a twentieth of the limit and spends that without asking the store; what is not spent lapses with its minute. So the
processes together let through what the limit says, or less by what one of them drew and did not need.
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

    `again_at` is the moment (microseconds) at which it has all of them again.
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
    """What a process has drawn of a minute that ends at `until`; `elsewhere` is what the row still had after that."""

    limit: int
    left: int
    elsewhere: int
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
            if held is None or held.limit != limit or _is_over(held.until) or (not held.left and held.elsewhere):
                held = await asyncio.to_thread(self._draw, connection.id, limit)
                self._slices[connection.id] = held
        if held.left == 0:
            raise Spent(Standing(limit, 0, held.until))
        held.left -= 1
        return Standing(limit, held.elsewhere + held.left, held.until)

    def _draw(self, connection: int, limit: int) -> _Slice:
        with db.writing(self._engine) as session:
            made = {"connection_id": connection, "began_at": clock.now(), "used": 0}
            session.execute(db.insert(session, ROWS).on_conflict_do_nothing(), made)
            mine = ROWS.c.connection_id == connection
            began, used = session.execute(db.locked(select(ROWS.c.began_at, ROWS.c.used).where(mine))).one()
            if _is_over(began + MINUTE):
                began, used = clock.now(), 0
            free = max(0, limit - used)
            drawn = min(free, max(1, limit // SLICES), LARGEST_SLICE)
            if drawn:
                session.execute(update(ROWS).where(mine).values(began_at=began, used=used + drawn))
        return _Slice(limit, drawn, free - drawn, began + MINUTE)


def _is_over(until: int) -> bool:
    """Whether a minute has ended, or began by a clock that was put back since."""
    return not 0 < until - clock.now() <= 2 * MINUTE
