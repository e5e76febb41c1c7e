"""The change feed for a target that is told every change: in order, nothing coalesced.

The target's cursor runs over the change numbers; an event that was accepted moves it. One worker at a time follows,
under a lease. A refused event is parked as a delivery of the record, so that an operator sees it, and the feed goes on;
trouble backs off and comes again with the same event.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import Row, delete, select, update
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.master.copies import EXISTS
from synchub.master.tables import Change, MasterRecord
from synchub.outbox import keys, leases
from synchub.outbox.claim import LEASE, Claim
from synchub.outbox.courier import Courier
from synchub.outbox.pump import DELIVERIES, delivery_row
from synchub.outbox.sender import EventSender, FeedEvent, Outcome, Verdict
from synchub.outbox.settle import Settled, about_the_target, note_attempt
from synchub.outbox.tables import FeedLease, State
from synchub.outbox.wires import limited
from synchub.outbox.words import told_fields

CHANGES = db.table_of(Change)
RECORDS = db.table_of(MasterRecord)
FEEDS = db.table_of(FeedLease)
TARGETS = db.table_of(Connection)

PAGE = 100
"""Changes read at once."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, frozen=True)
class Page:
    """Changes behind the cursor, held under `token`; `events` has those that the target is told, with their records."""

    token: str
    rows: Sequence[Row[Any]]
    in_trouble: bool


def take_page(session: Session, connection: Connection, now: int) -> Page | None:
    """The next changes for a target, leased; None if another worker follows, or the target is not to be called."""
    columns = (TARGETS.c.cursor, TARGETS.c.active, TARGETS.c.paused, TARGETS.c.backoff_until, TARGETS.c.backoff_count)
    target = session.execute(
        db.locked(select(*columns).where(TARGETS.c.id == connection.id), skip_locked=True)
    ).one_or_none()
    if target is None or not target.active or target.paused or target.backoff_until > now:
        return None
    leased = session.scalar(select(FEEDS.c.lease_until).where(FEEDS.c.connection_id == connection.id))
    if leased is not None and leased > now:
        return None
    rows = _behind(session, target.cursor)
    if not rows:
        return None
    token = str(uuid4())
    row = {"connection_id": connection.id, "token": token, "lease_until": now + LEASE}
    taking = db.insert(session, FEEDS).values(row)
    session.execute(taking.on_conflict_do_update(index_elements=["connection_id"], set_=row))
    return Page(token, rows, target.backoff_count > 0)


def _behind(session: Session, cursor: int) -> Sequence[Row[Any]]:
    return session.execute(
        select(CHANGES, RECORDS.c.entity, RECORDS.c.code, RECORDS.c.label, TARGETS.c.name.label("speaker"))
        .join(RECORDS, RECORDS.c.id == CHANGES.c.record_id)
        .join(TARGETS, TARGETS.c.id == CHANGES.c.connection_id)
        .where(CHANGES.c.number > cursor)
        .order_by(CHANGES.c.number)
        .limit(PAGE)
    ).all()


def event_of(connection: Connection, sender: EventSender, row: Row[Any]) -> FeedEvent | None:
    """What a target is told of a change; None if it changed nothing that the target is told."""
    fields = told_fields(connection, sender, row.entity)
    told = fields | {EXISTS} if fields else fields
    became = {name: step for name, step in row.became.items() if name in told}
    if not became:
        return None
    return {
        "number": row.number,
        "record": row.record_id,
        "entity": row.entity,
        "code": row.code,
        "label": row.label,
        "version": row.version,
        "connection": row.speaker,
        "message": str(row.message_id) if row.message_id else None,
        "time": clock.iso(row.at),
        "verdict": row.verdict,
        "said": {name: step for name, step in row.said.items() if name in told},
        "became": became,
    }


@dataclass(slots=True)
class Follower:
    """Follows the change feed for one target, with its courier's means."""

    courier: Courier
    sender: EventSender

    def carry_next(self) -> bool:
        """Tell the next page of changes; whether there was anything to do."""
        began = time.monotonic()
        connection = self.courier.connection
        page = db.retrying(self.courier.engine, lambda session: take_page(session, connection, clock.now()))
        if page is None:
            return False
        held = leases.of_feed(connection.id, page.token)
        with self.courier.leases.held(held, began) as lease, limited(lease.left):
            self._tell(page)
        return True

    def _tell(self, page: Page) -> None:
        reached = 0
        for row in page.rows:
            event = event_of(self.courier.connection, self.sender, row)
            if not self.courier.may_call() or (event is not None and not self._tell_one(page, row, event)):
                break
            reached = row.number
        self.courier.write(lambda session: _give_back(session, self.courier.connection.id, page.token, reached))

    def _tell_one(self, page: Page, row: Row[Any], event: FeedEvent) -> bool:
        """Tell one change; whether the feed goes on."""
        started = clock.now()
        try:
            with limited(self.courier.left):
                outcome = self.sender.send_event(event, self.courier.attempt_seconds)
        except Exception as error:  # the edge: a fault in one dialect must not end the worker
            log.exception("a sender failed", target=self.courier.connection.name)
            outcome = Outcome(Verdict.REFUSED, f"fault of the hub: {type(error).__name__}: {error}")
        said = self.courier.write(lambda session: self._settle(session, page, row, outcome, started))
        said.log()
        return outcome.verdict in {Verdict.ACCEPTED, Verdict.REFUSED}

    def _settle(self, session: Session, page: Page, row: Row[Any], outcome: Outcome, started: int) -> Settled:
        connection = self.courier.connection
        if not _is_ours(session, connection.id, page.token):
            return Settled()
        claimed = Claim(connection.id, page.token, in_trouble=page.in_trouble)
        said = about_the_target(session, claimed, [outcome], self.courier.policy, clock.now())
        copies = _park(session, connection, row, outcome) if outcome.verdict is Verdict.REFUSED else []
        note_attempt(session, claimed, copies, outcome, started)
        if said.trouble is None:
            _move(session, connection.id, row.number)
        return said


def _is_ours(session: Session, connection: int, token: str) -> bool:
    ours = select(FEEDS.c.token).where(FEEDS.c.connection_id == connection, FEEDS.c.token == token)
    return session.scalar(db.locked(ours)) is not None


def _move(session: Session, connection: int, number: int) -> None:
    session.execute(update(TARGETS).where(TARGETS.c.id == connection, TARGETS.c.cursor < number).values(cursor=number))


def _give_back(session: Session, connection: int, token: str, reached: int) -> None:
    """End the lease; the cursor passes the changes that the target is not told."""
    if _is_ours(session, connection, token):
        _move(session, connection, reached)
        session.execute(delete(FEEDS).where(FEEDS.c.connection_id == connection))


def _park(session: Session, connection: Connection, row: Row[Any], outcome: Outcome) -> list[int]:
    """Make a parked delivery of the record whose change was refused; an operator may have its state sent instead."""
    now = clock.now()
    found = keys.copies_at(session, connection.id, [row.record_id])
    if not found:
        record = session.execute(
            select(RECORDS.c.id, RECORDS.c.entity, RECORDS.c.code).where(RECORDS.c.id == row.record_id)
        ).one()
        found = keys.reserve(session, connection, [record])
    parked = {"state": State.PARKED, "last_error": outcome.reason, "wanted": row.number}
    values = delivery_row(found[0], row.number, now) | parked
    parking = db.insert(session, DELIVERIES).values(values)
    session.execute(parking.on_conflict_do_update(index_elements=["copy_id"], set_=parked))
    return [found[0].id]
