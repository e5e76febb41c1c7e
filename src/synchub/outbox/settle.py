"""Settling: what a call's outcome means for the copies that it carried, for their deliveries and for the target.

All of it happens under the claim's token; a delivery that another worker has claimed since (the lease ran out) is left
alone. A delivery is deleted only if nothing newer was asked for while it was under way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.master.convergence import ECHO_WINDOW, arrive, bounce
from synchub.master.copies import Copy
from synchub.outbox.backoff import Retry, Trouble, back_off, log, recover
from synchub.outbox.claim import Claim, delete_deliveries, locked_copies, write_copies, write_deliveries
from synchub.outbox.sender import Outcome, Parcel, Verdict
from synchub.outbox.tables import Attempt, Delivery, State

ANSWERED = frozenset({Verdict.ACCEPTED, Verdict.REFUSED})
"""The verdicts of a target that is well."""

DELIVERIES = db.table_of(Delivery)
ATTEMPTS = db.table_of(Attempt)
_OURS = db.locked(
    select(DELIVERIES)
    .where(db.many(DELIVERIES.c.copy_id, "ids"), DELIVERIES.c.token == bindparam("token"))
    .order_by(DELIVERIES.c.copy_id)
)
_NOTED = ATTEMPTS.insert()


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
        if self.recovered:
            log.info("target answers again", target=self.recovered)
        if self.trouble:
            self.trouble.log()


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


@dataclass(frozen=True, slots=True)
class Call:
    """One call that has ended; `ours`: by a fault of the hub, which is halved and given up like a refusal."""

    parcels: Sequence[Parcel]
    outcome: Outcome
    started: int
    ended: int
    ours: bool = False

    @property
    def is_halved(self) -> bool:
        """Whether nobody knows yet which of the records it was about."""
        return self.outcome.verdict is Verdict.REFUSED and len(self.parcels) > 1 and not self.outcome.of_all


def settle(
    session: Session, claim: Claim, parcels: Sequence[Parcel], outcome: Outcome, *, policy: Policy, started: int
) -> Settled:
    """Take the outcome of one call that carried `parcels` of a claim; REFUSED only for one that stood alone."""
    return settle_calls(session, claim, [Call(parcels, outcome, started, clock.now())], policy=policy)


def settle_calls(session: Session, claim: Claim, calls: Sequence[Call], *, policy: Policy) -> Settled:
    """Take the outcomes of several calls of a claim, in their order; trouble only in the last."""
    now = clock.now()
    said = about_the_target(session, claim, [call.outcome for call in calls], policy, now)
    desk = _open(session, claim, [parcel for call in calls if not call.is_halved for parcel in call.parcels], now)
    for call in calls:
        for parcel in () if call.is_halved else call.parcels:
            if parcel.copy in desk.rows:
                (_bury if call.ours else _SETTLING[call.outcome.verdict])(desk, parcel, call.outcome, policy, said)
    _write(session, desk)
    session.execute(_NOTED, [_attempt(claim.connection, call) for call in calls])
    return said


def release(session: Session, claim: Claim, parcels: Sequence[Parcel], *, smaller: bool) -> None:
    """Give back parcels that were not sent, or refused together; `smaller`: their next calls carry fewer."""
    desk = _open(session, claim, parcels, clock.now())
    for parcel in parcels:
        if parcel.copy in desk.rows:
            bounce(desk.copies[parcel.copy], desk.now)
            desk.keep(parcel, tries=desk.rows[parcel.copy].tries + smaller)
    _write(session, desk)


def _attempt(connection: int, call: Call, copies: Sequence[int] | None = None) -> dict[str, Any]:
    return {
        "connection_id": connection,
        "at": call.started,
        "duration": max(call.ended - call.started, 0),
        "outcome": call.outcome.verdict.value,
        "status": call.outcome.status,
        "copies": [parcel.copy for parcel in call.parcels] if copies is None else list(copies),
        "request": call.outcome.request,
        "answer": call.outcome.answer or call.outcome.reason,
    }


def note_attempt(session: Session, claim: Claim, copies: Sequence[int], outcome: Outcome, started: int) -> None:
    """Write down one call and the copies that it was about."""
    call = Call((), outcome, started, clock.now())
    session.execute(_NOTED, _attempt(claim.connection, call, copies))


def about_the_target(session: Session, claim: Claim, outcomes: Sequence[Outcome], policy: Policy, now: int) -> Settled:
    """What outcomes say of the target itself: well again, or in trouble by the last. Its row is locked first of all."""
    said, last = Settled(), outcomes[-1]
    if claim.in_trouble and any(outcome.verdict in ANSWERED for outcome in outcomes):
        said.recovered = recover(session, claim.connection, now)
    if last.verdict not in ANSWERED:
        said.trouble = back_off(session, claim.connection, last.reason, last.retry_after, retry=policy.retry, now=now)
    return said


def _open(session: Session, claim: Claim, parcels: Sequence[Parcel], now: int) -> _Desk:
    ids = [parcel.copy for parcel in parcels]
    rows = {row.copy_id: row for row in session.execute(_OURS, {"ids": ids, "token": claim.token})}
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


def _bury(desk: _Desk, parcel: Parcel, outcome: Outcome, _: Policy, __: Settled) -> None:
    """Whether the target stored anything when we failed is not known."""
    desk.copies[parcel.copy].flight = None
    desk.keep(parcel, state=State.DEAD, last_error=outcome.reason, wanted=_reached(desk, parcel))


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
