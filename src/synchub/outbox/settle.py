"""Settling: what a call's outcome means for the copies that it carried, for their deliveries and for the target.

All of it happens under the claim's token; a delivery that another worker has claimed since (the lease ran out) is left
alone. A delivery is deleted only if nothing newer was asked for while it was under way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.master.convergence import ECHO_WINDOW, arrive, bounce
from synchub.master.copies import Copy
from synchub.outbox.backoff import Retry, Trouble, back_off, log, recover
from synchub.outbox.claim import Claim, delete_deliveries, locked_copies, write_copies, write_deliveries
from synchub.outbox.sender import Outcome, Parcel, Verdict
from synchub.outbox.tables import Attempt, Delivery, State

DELIVERIES = db.table_of(Delivery)
ATTEMPTS = db.table_of(Attempt)


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that settling needs: how to back off, and how long an answer counts as an echo (microseconds)."""

    retry: Retry
    echo_window: int = ECHO_WINDOW


@dataclass(slots=True)
class Settled:
    """What is to be said once the transaction has been committed."""

    trouble: Trouble | None = None
    recovered: str | None = None

    def log(self) -> None:
        """One line at the beginning and one at the end of a back-off."""
        if self.trouble:
            self.trouble.log()
        if self.recovered:
            log.info("target answers again", target=self.recovered)


@dataclass(slots=True)
class _Desk:
    """The deliveries that are still ours, and what becomes of them."""

    rows: dict[int, Row[Any]]
    copies: dict[int, Copy]
    now: int
    done: list[int] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)

    def keep(self, parcel: Parcel, **changes: Any) -> None:
        """Give the delivery free; a newer number or force that came meanwhile lets it wait, whatever became of this."""
        row = self.rows[parcel.copy]
        if self.has_more(parcel):
            changes = {**changes, "state": State.WAITING, "due": self.now}
        same = {name: getattr(row, name) for name in ("state", "due", "wanted", "tries", "last_error")}
        self.kept.append({"b_id": parcel.copy, "token": None, "lease_until": 0, **same, **changes})

    def has_more(self, parcel: Parcel) -> bool:
        """Whether more was asked for than what the parcel was made of."""
        row = self.rows[parcel.copy]
        return bool(row.wanted > parcel.number or row.forced != parcel.forced)


def settle(
    session: Session, claim: Claim, parcels: Sequence[Parcel], outcome: Outcome, *, policy: Policy, started: int
) -> Settled:
    """Take the outcome of one call that carried `parcels` of a claim; REFUSED only for one that stood alone."""
    now = clock.now()
    said = about_the_target(session, claim, outcome, policy, now)
    desk = _open(session, claim, parcels, now)
    for parcel in parcels:
        if parcel.copy in desk.rows:
            _SETTLING[outcome.verdict](desk, parcel, outcome, policy, said)
    _write(session, desk)
    note_attempt(session, claim, [parcel.copy for parcel in parcels], outcome, started)
    return said


def release(session: Session, claim: Claim, parcels: Sequence[Parcel], *, smaller: bool) -> None:
    """Give back parcels that were not sent, or refused together; `smaller`: their next calls carry fewer."""
    desk = _open(session, claim, parcels, clock.now())
    for parcel in parcels:
        if parcel.copy in desk.rows:
            bounce(desk.copies[parcel.copy], desk.now)
            desk.keep(parcel, tries=desk.rows[parcel.copy].tries + smaller)
    _write(session, desk)


def bury(session: Session, claim: Claim, parcel: Parcel, outcome: Outcome, started: int) -> None:
    """Give up a delivery by a fault of ours; whether the target stored anything is not known."""
    desk = _open(session, claim, [parcel], clock.now())
    if parcel.copy in desk.rows:
        desk.copies[parcel.copy].flight = None
        desk.keep(parcel, state=State.DEAD, last_error=outcome.reason, wanted=_reached(desk, parcel))
    _write(session, desk)
    note_attempt(session, claim, [parcel.copy], outcome, started)


def note_attempt(session: Session, claim: Claim, copies: Sequence[int], outcome: Outcome, started: int) -> None:
    """Write down one call and the copies that it was about."""
    row = {
        "connection_id": claim.connection,
        "at": started,
        "duration": max(clock.now() - started, 0),
        "outcome": outcome.verdict.value,
        "status": outcome.status,
        "copies": list(copies),
        "request": outcome.request,
        "answer": outcome.answer or outcome.reason,
    }
    session.execute(ATTEMPTS.insert(), row)


def about_the_target(session: Session, claim: Claim, outcome: Outcome, policy: Policy, now: int) -> Settled:
    """What an outcome says of the target itself: in trouble, or well again. The first lock of those who settle."""
    if outcome.verdict in {Verdict.TROUBLE, Verdict.UNKNOWN}:
        asked = outcome.retry_after
        return Settled(back_off(session, claim.connection, outcome.reason, asked, retry=policy.retry, now=now))
    return Settled(recovered=recover(session, claim.connection) if claim.in_trouble else None)


def _open(session: Session, claim: Claim, parcels: Sequence[Parcel], now: int) -> _Desk:
    ids = [parcel.copy for parcel in parcels]
    ours = select(DELIVERIES).where(db.among(DELIVERIES.c.copy_id, ids), DELIVERIES.c.token == claim.token)
    rows = {row.copy_id: row for row in session.execute(db.locked(ours.order_by(DELIVERIES.c.copy_id)))}
    return _Desk(rows, locked_copies(session, sorted(rows)), now)


def _write(session: Session, desk: _Desk) -> None:
    write_copies(session, list(desk.copies.values()))
    write_deliveries(session, desk.kept)
    delete_deliveries(session, desk.done)


def _reached(desk: _Desk, parcel: Parcel) -> int:
    """The number that a given-up delivery has seen: only a newer one wakes it."""
    return max(parcel.number, int(desk.rows[parcel.copy].wanted))


def _accepted(desk: _Desk, parcel: Parcel, outcome: Outcome, policy: Policy, _: Settled) -> None:
    copy = desk.copies[parcel.copy]
    arrive(copy, desk.now, window=policy.echo_window)
    copy.their_id = outcome.their_ids.get(parcel.copy, copy.their_id)
    if desk.has_more(parcel):
        desk.keep(parcel, tries=0, last_error=None)
    else:
        desk.done.append(parcel.copy)


def _refused(desk: _Desk, parcel: Parcel, outcome: Outcome, _: Policy, __: Settled) -> None:
    bounce(desk.copies[parcel.copy], desk.now)
    desk.keep(parcel, state=State.PARKED, last_error=outcome.reason, wanted=_reached(desk, parcel))


def _trouble(desk: _Desk, parcel: Parcel, outcome: Outcome, _: Policy, __: Settled) -> None:
    bounce(desk.copies[parcel.copy], desk.now)
    desk.keep(parcel, last_error=outcome.reason)


def _unknown(desk: _Desk, parcel: Parcel, outcome: Outcome, policy: Policy, said: Settled) -> None:
    """What it carried goes again; from the second time on after other records, so that it cannot hold them up."""
    tries = desk.rows[parcel.copy].tries + 1
    until = said.trouble.until if said.trouble else desk.now
    due = until if tries == 1 else until + policy.retry.wait(tries - 1)
    desk.keep(parcel, due=due, tries=tries, last_error=outcome.reason)


_SETTLING = {
    Verdict.ACCEPTED: _accepted,
    Verdict.REFUSED: _refused,
    Verdict.TROUBLE: _trouble,
    Verdict.UNKNOWN: _unknown,
}
