"""Working resyncs off: a window of records in each transaction, with the cursor moved in the same transaction.

Locks are taken in one order: the resync's row, deliveries, records by id, their copies by id, the change counter. So
many windows may be under way in many processes, one of each resync at a time; a process that is killed leaves nothing
half done, and whoever looks next goes on at the cursor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Engine, Row, func, select, update
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.master import copies as copying
from synchub.master.convergence import wished
from synchub.master.naming import owner_of
from synchub.master.restating import Source, restate
from synchub.master.tables import CrossReference, MasterRecord
from synchub.outbox.force import mark, stage
from synchub.outbox.tables import Delivery
from synchub.outbox.tables import State as Sending
from synchub.resync.asking import WINDOW, everything_of
from synchub.resync.tables import Resync, State

RESYNCS = db.table_of(Resync)
COPIES = db.table_of(CrossReference)
RECORDS = db.table_of(MasterRecord)
DELIVERIES = db.table_of(Delivery)

MOST_WAITING = 1_000
"""Forced copies that may wait at targets that are well before more are put; one in trouble holds nobody up."""


@dataclass(frozen=True, slots=True)
class Put:
    """One window in the outbox: when the copies have `sent_number >= number`, they were told.

    `copies` has the record of each copy, `targets` the connections that are told, `gone` the names of those that said
    that their copy of a record is gone, by record.
    """

    number: int
    records: Sequence[int]
    copies: Mapping[int, int]
    targets: Sequence[int]
    restated: int = 0
    gone: Mapping[int, list[str]] = field(default_factory=dict)


def work_off(engine: Engine, window: int = WINDOW, most: int = MOST_WAITING) -> bool:
    """Put the next window of the first resync that may go on; whether there was one.

    None does while `most` forced copies wait at targets that are well.
    """
    with db.reading(engine) as session:
        ready = select(RESYNCS.c.id, RESYNCS.c.last_number)
        ready = ready.where(RESYNCS.c.state == State.RUNNING, RESYNCS.c.due <= clock.now()).order_by(RESYNCS.c.id)
        rows = session.execute(ready).all()
        calm = [row.id for row in rows if not is_crowded(session, row, most)]
    windows = (db.retrying(engine, partial(advance, which=RESYNCS.c.id == id_, window=window)) for id_ in calm)
    return any(put is not None for put in windows)


def is_crowded(session: Session, resync: Any, most: int) -> bool:
    """Whether so much of what was put still waits, at targets that are well, that no more should be put now."""
    if resync.last_number is None:
        return False
    well = select(Connection.id).where(Connection.active, ~Connection.paused, Connection.backoff_count == 0)
    waits = (
        select(DELIVERIES.c.copy_id)
        .where(
            DELIVERIES.c.connection_id.in_(well),
            DELIVERIES.c.state == Sending.WAITING,
            DELIVERIES.c.forced > 0,
        )
        .limit(most)
        .subquery()
    )
    return (session.scalar(select(func.count()).select_from(waits)) or 0) >= most


def advance(session: Session, which: Any, window: int = WINDOW) -> Put | None:
    """Put the next window of a resync; None if it has ended, or somebody else is at it.

    Must run in a writing transaction that has locked nothing yet.

    Raises:
        Overtaken: as `restate`.
    """
    locked = db.locked(select(RESYNCS).where(which, RESYNCS.c.state == State.RUNNING), skip_locked=True)
    resync = session.execute(locked).one_or_none()
    if resync is None:
        return None
    ids = _next(session, resync, window)
    put = _put(session, resync, ids) if ids else Put(resync.last_number or 0, [], {}, [])
    session.execute(update(RESYNCS).where(RESYNCS.c.id == resync.id).values(_progress(resync, put, window)))
    db.notify(session, db.CHANNEL)
    return put


def _next(session: Session, resync: Row[Any], window: int) -> list[int]:
    if resync.chosen is not None:
        return [id_ for id_ in resync.chosen if id_ > resync.cursor][:window]
    everything = everything_of(resync.source_id, resync.entities)
    column = everything.selected_columns[0]
    return list(session.scalars(everything.where(column > resync.cursor).order_by(column).limit(window)))


def _put(session: Session, resync: Row[Any], ids: list[int]) -> Put:
    targets = [one for one in session.scalars(select(Connection)) if one.active and one.is_target]
    names = {one.id: one.name for one in targets if one.id != resync.source_id}
    copies, gone = _split(session, ids, names)
    stage(session, list(copies))
    source = None if resync.source_id is None else Source(resync.source_id, resync.message_id, resync.blanks)
    restated = restate(session, ids, source) if source else 0
    return Put(mark(session, list(copies)), ids, copies, list(names), restated, gone)


def _split(session: Session, ids: list[int], names: Mapping[int, str]) -> tuple[dict[int, int], dict[int, list[str]]]:
    """The targets' copies of records, with the record of each; apart from them who said that its copy is gone."""
    rows = session.execute(
        select(COPIES, RECORDS.c.exists, RECORDS.c.exists_stamp)
        .join(RECORDS, RECORDS.c.id == COPIES.c.record_id)
        .where(db.among(COPIES.c.record_id, ids), db.among(owner_of(COPIES), sorted(names)))
        .order_by(COPIES.c.id)
    )
    copies: dict[int, int] = {}
    gone: dict[int, list[str]] = {}
    for row in rows:
        if row.exists and not wished(copying.load(row), exists=True, stamp=row.exists_stamp):
            gone.setdefault(row.record_id, []).append(names[row.connection_id])
        else:
            copies[row.id] = row.record_id
    return copies, gone


def _progress(resync: Row[Any], put: Put, window: int) -> dict[str, Any]:
    ended = len(put.records) < window or (resync.chosen is not None and put.records[-1] == resync.chosen[-1])
    return {
        "cursor": put.records[-1] if put.records else resync.cursor,
        "records": resync.records + len(put.records),
        "restated": resync.restated + put.restated,
        "copies": resync.copies + len(put.copies),
        "gone": resync.gone + sum(map(len, put.gone.values())),
        "first_number": put.number if resync.first_number is None else resync.first_number,
        "last_number": put.number,
        **({"state": State.DONE, "ended_at": clock.now()} if ended else {}),
    }
