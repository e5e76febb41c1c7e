"""The courier of one target: carries what was claimed, halves what was refused, and settles every call."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.outbox import leases, settle
from synchub.outbox.claim import Claim, claim
from synchub.outbox.leases import Leases
from synchub.outbox.sender import Outcome, Parcel, Sender, Verdict
from synchub.outbox.settle import Policy, Settled
from synchub.outbox.wires import Limit, limited, seconds_left

Result = TypeVar("Result")

HALVINGS = 4
"""The attempts' worth of time in which a refused batch is halved at once; what is left then goes in smaller claims."""
AGAIN = 0.5
"""Seconds between tries to write an outcome down while the store is away."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Courier:
    """Carries for one target; several threads may share one. `left` is the time that a stopping process still gives."""

    engine: Engine
    connection: Connection
    sender: Sender
    policy: Policy
    attempt_seconds: float
    leases: Leases
    left: Limit

    def carry_next(self) -> bool:
        """Claim and carry the next call; whether there was anything to do."""
        began = time.monotonic()
        claimed = db.retrying(self.engine, lambda session: claim(session, self.connection, self.sender, clock.now()))
        if claimed.parcels:
            held = leases.of_deliveries([parcel.copy for parcel in claimed.parcels], claimed.token)
            with self.leases.held(held, began) as lease, limited(lambda: min(lease.left(), self.left())):
                self.carry(claimed)
        return claimed.looked > 0

    def carry(self, claimed: Claim) -> None:
        """Send all parcels of a claim, in as many calls as it takes, and settle each."""
        end = time.monotonic() + HALVINGS * self.attempt_seconds
        pending: list[Sequence[Parcel]] = [claimed.parcels]
        going = True
        while pending and going and seconds_left() > 0 and time.monotonic() < end:
            parcels = pending.pop()
            verdict = self._attempt(claimed, parcels)
            going = verdict in {Verdict.ACCEPTED, Verdict.REFUSED}
            if verdict is Verdict.REFUSED and len(parcels) > 1:
                half = len(parcels) // 2
                pending += [parcels[half:], parcels[:half]]
        if rest := [parcel for parcels in pending for parcel in parcels]:
            smaller = time.monotonic() >= end
            self.write(lambda session: settle.release(session, claimed, rest, smaller=smaller))

    def _attempt(self, claimed: Claim, parcels: Sequence[Parcel]) -> Verdict:
        started = clock.now()
        outcome, ours = self._call(parcels)
        said = self.write(lambda session: self._settle(session, claimed, parcels, outcome, started, ours=ours))
        said.log()
        return outcome.verdict

    def _call(self, parcels: Sequence[Parcel]) -> tuple[Outcome, bool]:
        """The outcome of a call, and whether it is a fault of ours, which is halved and given up like a refusal."""
        try:
            return self.sender.send(parcels, min(self.attempt_seconds, seconds_left())), False
        except Exception as error:  # the edge: a fault in one dialect must not end the worker
            log.exception("a sender failed", target=self.connection.name)
            return Outcome(Verdict.REFUSED, f"fault of the hub: {type(error).__name__}: {error}"), True

    def _settle(
        self,
        session: Session,
        claimed: Claim,
        parcels: Sequence[Parcel],
        outcome: Outcome,
        started: int,
        *,
        ours: bool,
    ) -> Settled:
        if outcome.verdict is Verdict.REFUSED and len(parcels) > 1:
            settle.note_attempt(session, claimed, [parcel.copy for parcel in parcels], outcome, started)
        elif ours:
            settle.bury(session, claimed, parcels[0], outcome, started)
        else:
            return settle.settle(session, claimed, parcels, outcome, policy=self.policy, started=started)
        return Settled()

    def write(self, work: Callable[[Session], Result]) -> Result:
        """The result of `work` in a transaction; while the store is away, tried again as long as the lease allows."""
        while True:
            try:
                return db.retrying(self.engine, work)
            except SQLAlchemyError as error:
                if not db.is_unavailable(error) or seconds_left() <= AGAIN:
                    raise
                time.sleep(AGAIN)
