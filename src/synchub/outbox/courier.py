"""The courier of one target: carries what was claimed, halves what was refused, and settles every call."""

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.outbox import leases
from synchub.outbox.claim import Claim, claim
from synchub.outbox.leases import Leases
from synchub.outbox.sender import Outcome, Parcel, Sender, Verdict, size
from synchub.outbox.settle import ANSWERED, Call, Policy, release, settle_calls
from synchub.outbox.wires import Limit, limited, seconds_left

Result = TypeVar("Result")

HALVINGS = 4
"""The attempts' worth of time in which a refused batch is halved at once; what is left then goes in smaller claims."""
BUNDLE = 32
"""The most parcels claimed at once for a target whose calls carry fewer: a commit for each would cost more than the
call. It begins with one, so that a slow target's parcels are shared out among its threads; quick trips double it.
"""
TRIP = 1.0
"""The seconds in which the calls of one claim begin; what a slow target leaves is given back, to be claimed afresh."""
TOGETHER = 0.2
"""The seconds of accepted calls that are settled by one commit."""
AGAIN = 0.5
"""Seconds between tries to write an outcome down while the store is away."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Courier:
    """Carries for one target; several threads may share one.

    `left` is the time that a stopping process still gives to calls; what came of them is written down afterwards too.
    """

    engine: Engine
    connection: Connection
    sender: Sender
    policy: Policy
    attempt_seconds: float
    leases: Leases
    left: Limit
    bundle: int = 1

    def carry_next(self) -> bool:
        """Claim and carry what is next; whether there was anything to do."""
        began, most = time.monotonic(), max(self.sender.batch, self.bundle)
        claimed = db.retrying(
            self.engine, lambda session: claim(session, self.connection, self.sender, clock.now(), most=most)
        )
        if claimed.parcels:
            held = leases.of_deliveries([parcel.copy for parcel in claimed.parcels], claimed.token)
            with self.leases.held(held, began) as lease, limited(lease.left):
                self.carry(claimed)
        return claimed.looked > 0

    def carry(self, claimed: Claim) -> None:
        """Send the parcels of a claim, in as many calls as it takes, settle them, and give back what is left."""
        parts = list(_parts(claimed.parcels, self.sender))
        trip = _Trip(claimed, parts, HALVINGS * self.attempt_seconds)
        while trip.goes_on() and self.may_call():
            trip.take(self._call(trip.next()))
            if trip.is_to_settle():
                self._settle(trip)
        self._settle(trip)
        for halved in (False, True):
            if rest := trip.rest(halved=halved):
                self.write(partial(release, claim=claimed, parcels=rest, smaller=halved and trip.well))
        self.bundle = min(BUNDLE, 2 * self.bundle) if trip.was_quick() else 1

    def may_call(self) -> bool:
        """Whether there is time for another call."""
        return min(seconds_left(), self.left()) > 0

    def _call(self, parcels: Sequence[Parcel]) -> Call:
        started = clock.now()
        try:
            with limited(self.left):
                outcome, ours = self.sender.send(parcels, self.attempt_seconds), False
        except Exception as error:  # the edge: a fault in one dialect must not end the worker
            log.exception("a sender failed", target=self.connection.name)
            outcome, ours = Outcome(Verdict.REFUSED, f"fault of the hub: {type(error).__name__}: {error}"), True
        return Call(parcels, outcome, started, clock.now(), ours)

    def _settle(self, trip: "_Trip") -> None:
        if calls := trip.settled():
            self.write(lambda session: settle_calls(session, trip.claimed, calls, policy=self.policy)).log()

    def write(self, work: Callable[[Session], Result]) -> Result:
        """The result of `work` in a transaction; while the store is away, tried again as long as the lease allows."""
        while True:
            try:
                return db.retrying(self.engine, work)
            except SQLAlchemyError as error:
                if not db.is_unavailable(error) or seconds_left() <= AGAIN:
                    raise
                time.sleep(AGAIN)


def _parts(parcels: Sequence[Parcel], sender: Sender) -> Iterator[Sequence[Parcel]]:
    """What each call carries: parcels of one shape, as many as the target takes at once."""
    alike: dict[Hashable, list[Parcel]] = {}
    for parcel in parcels:
        alike.setdefault(sender.shape(parcel), []).append(parcel)
    most = size(sender, parcels[0].entity)
    for some in alike.values():
        for start in range(0, len(some), most):
            yield some[start : start + most]


class _Trip:
    """One claim on its way: the parts still to be sent, and the calls still to be settled."""

    def __init__(self, claimed: Claim, parts: Sequence[Sequence[Parcel]], halving: float) -> None:
        self.claimed = claimed
        self._parts: list[tuple[Sequence[Parcel], bool]] = [(part, False) for part in reversed(parts)]
        self._calls: list[Call] = []
        self._begun = self._settled_at = time.monotonic()
        self._halving = halving
        self.well, self._sent = True, False

    def goes_on(self) -> bool:
        """Whether another part is to be sent on this trip; the first always is."""
        if not self._parts or not self.well:
            return False
        _, halved = self._parts[-1]
        return not self._sent or time.monotonic() - self._begun < (self._halving if halved else TRIP)

    def next(self) -> Sequence[Parcel]:
        """The next part."""
        return self._parts.pop()[0]

    def take(self, call: Call) -> None:
        """A call has ended; what was refused together is halved."""
        self._calls.append(call)
        self.well, self._sent = call.outcome.verdict in ANSWERED, True
        if call.is_halved:
            half = len(call.parcels) // 2
            self._parts += [(call.parcels[half:], True), (call.parcels[:half], True)]

    def is_to_settle(self) -> bool:
        """Whether the calls that have ended should be settled now and not with those that follow."""
        late = time.monotonic() - self._settled_at > TOGETHER
        return late or self._calls[-1].outcome.verdict is not Verdict.ACCEPTED

    def settled(self) -> list[Call]:
        """The calls to be settled now."""
        calls, self._calls = self._calls, []
        self._settled_at = time.monotonic()
        return calls

    def was_quick(self) -> bool:
        """Whether a trip with twice as many parcels would still be in time."""
        return time.monotonic() - self._begun < TRIP / 2

    def rest(self, *, halved: bool) -> list[Parcel]:
        """What was not sent, of the parts as they were claimed or of those that were halved."""
        return [parcel for parcels, half in self._parts if half is halved for parcel in parcels]
