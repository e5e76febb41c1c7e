"""The hub's one clock: microseconds since 1970, UTC.

Every stamp, lease and due time comes from `now()`. Hosts that share a database go by its clock (`follow`), so that one
whose own clock is wrong takes nobody's lease. Tests and the simulator put their own clock in with `replaced`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

SECOND = 1_000_000

AGREED = SECOND
"""Clocks that are less than this apart agree: what is measured is never exact."""


def _here() -> int:
    return time.time_ns() // 1_000


_ahead = 0
_source: Callable[[], int] = lambda: _here() + _ahead  # noqa: E731 - it is replaced as a value


def now() -> int:
    """Microseconds since the epoch."""
    return _source()


def follow(there: int) -> None:
    """Go by another clock, which shows `there` (microseconds since the epoch) at this moment."""
    global _ahead  # noqa: PLW0603 - a process has one clock
    apart = there - _here()
    _ahead = apart if abs(apart) >= AGREED else 0


def iso(moment: int) -> str:
    """RFC 3339 text of a moment, to the microsecond."""
    return datetime.fromtimestamp(moment / SECOND, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@contextmanager
def replaced(source: Callable[[], int]) -> Iterator[None]:
    """Run a block on another clock."""
    global _source  # noqa: PLW0603 - the one place where the clock is exchanged
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
