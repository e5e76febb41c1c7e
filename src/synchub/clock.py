"""The hub's one clock: microseconds since 1970, UTC.

Every stamp, lease and due time comes from `now()`. Tests and the simulator put their own clock in with `replaced`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

SECOND = 1_000_000

_source: Callable[[], int] = lambda: time.time_ns() // 1_000  # noqa: E731 - it is replaced as a value


def now() -> int:
    """Microseconds since the epoch."""
    return _source()


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
