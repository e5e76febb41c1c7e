"""Who waits for the next commit: a queue bounded in bytes, and those who stand before it until there is room.

Nothing here is safe for threads; the committer holds its lock around every call.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

from synchub.errors import Full
from synchub.intake.repeats import request_of
from synchub.intake.submission import Receipt, Submission

MOST_TOGETHER = 500
MOST_PASSED_OVER = 1_000
LARGE = 1_000
"""A submission with more writes than this is committed alone."""
MOST_WRITES = 4_000
WRITE_BYTES = 512
"""What one parsed write takes in memory, about."""

Keys = frozenset[tuple[object, ...]]


@dataclass(eq=False, slots=True)
class Ticket:
    """A submission that waits; `waiter` is who awaits it in an event loop.

    `future` is its state: cancelled before it is taken, it is dropped.
    """

    submission: Submission
    keys: Keys
    size: int
    future: Future[Receipt] = field(default_factory=Future)
    waiter: asyncio.Future[Receipt] | None = None

    @property
    def connection(self) -> int:
        return self.submission.arrival.connection


def ticket_for(submission: Submission) -> Ticket:
    """A ticket; its keys are all that no other submission of the same transaction may have."""
    arrival = submission.arrival
    keys: set[tuple[object, ...]] = {(arrival.connection, write.entity, write.key) for write in submission.writes}
    keys.add((arrival.id,))
    if submission.repeats:
        keys.add(request_of(arrival))
    return Ticket(submission, frozenset(keys), len(arrival.body) + WRITE_BYTES * len(submission.writes))


class WaitingRoom:
    """The queue before the committer.

    `total` and `share` are the most bytes of all connections and of one, from admission until the answer; something
    larger than that is admitted when nothing else is there. Those who find no room stand before the queue, at most
    another share of each connection, and are admitted in the order in which they came.
    """

    def __init__(self, total: int, share: int) -> None:
        self._most, self._share = total, share
        self._bytes: Counter[int] = Counter()
        self._standing_bytes: Counter[int] = Counter()
        self._queue: deque[Ticket] = deque()
        self._standing: dict[Ticket, None] = {}

    def __len__(self) -> int:
        return len(self._queue)

    def check(self, ticket: Ticket) -> None:
        """See that a ticket may at least stand.

        Raises:
            Full: too much of its connection stands already.
        """
        standing = self._standing_bytes[ticket.connection]
        if standing and standing + ticket.size > self._share:
            raise Full("too many requests of this connection wait to be stored")

    def enter(self, ticket: Ticket) -> bool:
        """Queue a ticket, or let it stand until there is room; returns whether it was admitted.

        Raises:
            Full: too much of its connection stands already.
        """
        self.check(ticket)
        self._standing[ticket] = None
        self._standing_bytes[ticket.connection] += ticket.size
        self._admit()
        return ticket not in self._standing

    def withdraw(self, ticket: Ticket) -> bool:
        """Send away a ticket that still stands; returns whether it did."""
        if ticket not in self._standing:
            return False
        self._unstand(ticket)
        self._admit()
        return True

    def leave(self, ticket: Ticket) -> None:
        """Give back the room of a ticket that was taken."""
        self._bytes[ticket.connection] -= ticket.size
        self._admit()

    def take(self) -> list[Ticket]:
        """The next group: those who share no key with each other, nor with anybody that came before them."""
        group: list[Ticket] = []
        passed: list[Ticket] = []
        claimed: set[tuple[object, ...]] = set()
        writes = 0
        while self._queue and len(group) < MOST_TOGETHER and len(passed) < MOST_PASSED_OVER:
            ticket = self._queue.popleft()
            size = len(ticket.submission.writes)
            crowded = bool(group) and (size > LARGE or writes + size > MOST_WRITES)
            if crowded or not claimed.isdisjoint(ticket.keys):
                passed.append(ticket)
            elif ticket.future.set_running_or_notify_cancel():
                group.append(ticket)
                writes += size
            else:
                self.leave(ticket)
                continue
            claimed |= ticket.keys
            if writes > LARGE and len(group) == 1:
                break
        self._queue.extendleft(reversed(passed))
        return group

    def clear(self) -> list[Ticket]:
        """Send away all who stand and all who wait."""
        standing = self.clear_standing()
        waiting, self._queue = list(self._queue), deque()
        for ticket in waiting:
            self.leave(ticket)
        return waiting + standing

    def clear_standing(self) -> list[Ticket]:
        """Send away all who stand before the queue."""
        standing = list(self._standing)
        self._standing.clear()
        self._standing_bytes.clear()
        return standing

    def _admit(self) -> None:
        for ticket in self._admissible():
            self._unstand(ticket)
            self._bytes[ticket.connection] += ticket.size
            self._queue.append(ticket)

    def _admissible(self) -> Iterator[Ticket]:
        """Those who stand and have room now, and nobody of their own connection before them who has none."""
        held_back: set[int] = set()
        for ticket in list(self._standing):
            if not _fits(ticket.size, self._bytes.total(), self._most):
                return
            if ticket.connection in held_back or not _fits(ticket.size, self._bytes[ticket.connection], self._share):
                held_back.add(ticket.connection)
            else:
                yield ticket

    def _unstand(self, ticket: Ticket) -> None:
        del self._standing[ticket]
        self._standing_bytes[ticket.connection] -= ticket.size


def _fits(size: int, used: int, most: int) -> bool:
    return used == 0 or used + size <= most
