"""How many requests a connection may make: `rate_limit` a minute in each process, as a bucket that fills steadily."""

from synchub import clock
from synchub.connections.tables import Connection
from synchub.errors import TooMany

MINUTE = 60 * clock.SECOND


class Pace:
    """Counts the requests of each connection; belongs to one event loop."""

    def __init__(self) -> None:
        self._left: dict[int, tuple[float, int]] = {}

    def check(self, connection: Connection) -> None:
        """Count a request.

        Raises:
            TooMany: the connection made all that it may for now.
        """
        limit, now = connection.rate_limit, clock.now()
        if limit is None:
            return
        left, at = self._left.get(connection.id, (float(limit), now))
        left = min(float(limit), left + max(0, now - at) * limit / MINUTE)
        if left < 1:
            self._left[connection.id] = (left, now)
            raise TooMany(f"more than {limit} requests a minute")
        self._left[connection.id] = (left - 1, now)
