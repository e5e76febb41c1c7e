"""Looking at resyncs: how far each has come, and stopping one."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, exists, func, or_, select, true, update
from sqlalchemy.orm import Session, aliased

from synchub import clock, db
from synchub.connections.tables import HUB, Connection
from synchub.errors import Misconfigured, NotFound
from synchub.master.tables import CrossReference, MasterRecord
from synchub.outbox.tables import Delivery
from synchub.outbox.tables import State as Sending
from synchub.resync.tables import Resync, State

RESYNCS = db.table_of(Resync)
COPIES = db.table_of(CrossReference)
RECORDS = db.table_of(MasterRecord)
DELIVERIES = db.table_of(Delivery)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a resync has come: records put of all, and what of it waits at the targets or was refused there.

    `waiting`, `refused` and `gone` are copies, `gone` those that were left out because their partner said so. `behind`
    says that some target has yet to be told of records for the first time, so that there may be copies to be made.
    """

    id: int
    state: State
    total: int
    records: int
    gone: int
    waiting: int
    refused: int
    behind: bool = False

    @property
    def is_over(self) -> bool:
        """Whether all was put, and nothing of it waits."""
        return self.state is not State.RUNNING and not self.waiting and not self.behind


def progress_of(session: Session, message: UUID) -> Progress:
    """How far the resync that a message asked for has come.

    Raises:
        NotFound: it asked for none.
    """
    row = session.execute(select(RESYNCS).where(RESYNCS.c.message_id == message)).one_or_none()
    if row is None:
        raise NotFound(f"message {message} asked for no resync")
    came = State(row.state), row.total, row.records, row.gone, *_outstanding(session, row)
    return Progress(row.id, *came, behind=_is_behind(session, row))


def _is_behind(session: Session, resync: Row[Any]) -> bool:
    """Whether the pump of a target has not come to all that had changed when the last window was put."""
    told = [one for one in session.scalars(select(Connection)) if one.active and not one.paused]
    cursors = [one.cursor for one in told if one.is_target and one.id != resync.source_id]
    if resync.last_number is None or not cursors:
        return False
    unseen = exists().where(RECORDS.c.changed > min(cursors), RECORDS.c.changed <= resync.last_number)
    return bool(session.scalar(select(unseen)))


def refused_of(session: Session, id_: int, chosen: Collection[int] | None, most: int) -> list[int]:
    """The first `most` records of which a target refused a copy, in rising order; of `chosen` ones, if there are."""
    resync = session.execute(select(RESYNCS).where(RESYNCS.c.id == id_)).one()
    if resync.last_number is None:
        return []
    theirs = _outstanding_of(resync, COPIES.c.record_id).where(DELIVERIES.c.state != Sending.WAITING)
    if chosen is not None:
        theirs = theirs.where(db.among(COPIES.c.record_id, chosen))
    return list(session.scalars(theirs.distinct().order_by(COPIES.c.record_id).limit(most)))


def _outstanding_of(resync: Row[Any], *columns: Any) -> Select[Any]:
    """What was forced by a resync, or meanwhile, and has not been sent.

    A later resync may have forced the same copies with its own number; those had nothing since this one began.
    """
    overtaken = and_(
        DELIVERIES.c.forced > resync.last_number,
        COPIES.c.sent_number < resync.first_number,
        COPIES.c.record_id <= resync.cursor,
        COPIES.c.connection_id != (HUB if resync.source_id is None else resync.source_id),
        true() if resync.chosen is None else db.among(COPIES.c.record_id, resync.chosen),
        true() if resync.entities is None else db.among(COPIES.c.entity, resync.entities),
    )
    by_it = DELIVERIES.c.forced.between(resync.first_number, resync.last_number)
    return select(*columns).join(DELIVERIES, DELIVERIES.c.copy_id == COPIES.c.id).where(or_(by_it, overtaken))


def _outstanding(session: Session, resync: Row[Any]) -> tuple[int, int]:
    """How many copies wait and how many are refused."""
    if resync.last_number is None:
        return 0, 0
    counted = _outstanding_of(resync, DELIVERIES.c.state, func.count(COPIES.c.id).label("copies"))
    states = {row.state: row.copies for row in session.execute(counted.group_by(DELIVERIES.c.state))}
    waiting = states.pop(Sending.WAITING.value, 0)
    return waiting, sum(states.values())


def list_resyncs(session: Session) -> Iterator[dict[str, Any]]:
    """All resyncs, the oldest first, each with its progress and the names of its connections."""
    source, asker = aliased(Connection), aliased(Connection)
    rows = session.execute(
        select(RESYNCS, source.name.label("source"), asker.name.label("asker"))
        .join(source, source.id == RESYNCS.c.source_id, isouter=True)
        .join(asker, asker.id == RESYNCS.c.asked_by)
        .order_by(RESYNCS.c.id)
    ).all()
    for row in rows:
        waiting, refused = _outstanding(session, row)
        counts = {name: getattr(row, name) for name in ("total", "records", "restated", "copies", "gone")}
        yield {
            "id": row.id,
            "state": row.state,
            "source": row.source,
            "scope": "everything" if row.chosen is None else "chosen records",
            "entities": row.entities,
            "blanks": row.blanks,
            **counts,
            "waiting": waiting,
            "refused": refused,
            "asked_by": row.asker,
            "message": row.message_id,
            "created_at": row.created_at,
            "ended_at": row.ended_at,
        }


def cancel(session: Session, id_: int) -> None:
    """Put no more of a resync into the outbox; what is there already is still told.

    Raises:
        NotFound: there is none with this id.
        Misconfigured: it has ended.
    """
    state = session.scalar(db.locked(select(RESYNCS.c.state).where(RESYNCS.c.id == id_)))
    if state is None:
        raise NotFound(f"there is no resync {id_}: see 'synchub resync list'")
    if state != State.RUNNING:
        raise Misconfigured(f"resync {id_} has ended: it is {state}")
    ended = {"state": State.CANCELLED, "ended_at": clock.now()}
    session.execute(update(RESYNCS).where(RESYNCS.c.id == id_).values(ended))
