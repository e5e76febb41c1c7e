"""Which keys come more than once in a file, in memory that does not grow with it.

The first time through, two bits of a map are set for each key; a key whose bits were set already may have come before.
Only these few are counted, the second time through.
"""

from collections.abc import Iterable

BITS = 2**26
MOST = 10_000
"""Most keys that are looked at twice; of more, the rest is not counted."""


class Marks:
    """The keys that went by, and those of them that may have come before."""

    def __init__(self) -> None:
        self._bits = bytearray(BITS // 8)
        self.doubtful: set[str] = set()

    def add(self, key: str) -> None:
        """Mark a key."""
        number = hash(key)
        first, second = number % BITS, number // BITS % BITS
        bits = self._bits
        before = bits[first >> 3] >> (first & 7) & bits[second >> 3] >> (second & 7) & 1
        if before:
            if len(self.doubtful) < MOST:
                self.doubtful.add(key)
            return
        bits[first >> 3] |= 1 << (first & 7)
        bits[second >> 3] |= 1 << (second & 7)


def told(doubtful: set[str], keys: Iterable[tuple[str | None, int]]) -> str | None:
    """A sentence about the keys that do come more than once; `keys` are all of them, each with its line."""
    first: dict[str, int] = {}
    twice: dict[str, tuple[int, int]] = {}
    for key, line in keys:
        if key in doubtful and first.setdefault(key, line) != line:
            twice.setdefault(key, (first[key], line))
    if not twice:
        return None
    key, where = next(iter(twice.items()))
    return (
        f"{len(twice)} keys come more than once, such as {key} in lines {where[0]} and {where[1]}: the last row counts"
    )
