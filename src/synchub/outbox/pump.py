"""The pump: from the change numbers behind a target's cursor to one delivery row per copy.

Numbers rise in the order of commits, so a number that one statement shows means that all smaller ones are committed;
the cursor moves only over numbers that one statement has read. A row that is there already is told of the newer number,
never passed over: whoever settles it at this moment must see that there is more to send.
"""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Row, and_, bindparam, case, or_, select, update
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.master.entities import PRECEDENCE
from synchub.master.tables import MasterRecord
from synchub.outbox import keys
from synchub.outbox.sender import Sender
from synchub.outbox.tables import Delivery, State
from synchub.outbox.words import told_fields

RECORDS = db.table_of(MasterRecord)
DELIVERIES = db.table_of(Delivery)
TARGETS = db.table_of(Connection)

# Statements are built once: that costs more than to run them on a few rows.
_TARGET = db.locked(
    select(TARGETS.c.cursor, TARGETS.c.told, TARGETS.c.settings).where(TARGETS.c.id == bindparam("target")),
    skip_locked=True,
)
_CHANGED = (
    select(*(RECORDS.c[name] for name in ("id", "entity", "code", "changed", "exists", "exists_stamp")))
    .where(RECORDS.c.changed > bindparam("cursor"))
    .order_by(RECORDS.c.changed)
    .limit(bindparam("window"))
)
_MOVED = update(TARGETS).where(TARGETS.c.id == bindparam("target")).values(cursor=bindparam("last"))


def pump(session: Session, connection: Connection, sender: Sender, window: int, now: int) -> int:
    """Look at the next `window` changed records for one target; returns how many there were.

    Another worker that is at it for this target makes the answer 0, and so does a connection that was changed since
    `connection` was read: its cursor may have gone back for what it is told now. Must run in a writing transaction.
    """
    target = session.execute(_TARGET, {"target": connection.id}).one_or_none()
    if target is None or (target.told, target.settings) != (connection.told, connection.settings):
        return 0
    changed = session.execute(_CHANGED, {"cursor": target.cursor, "window": window}).all()
    if changed:
        _deliver(session, connection, [record for record in changed if _concerns(connection, sender, record)], now)
        session.execute(_MOVED, {"target": connection.id, "last": changed[-1].changed})
    return len(changed)


def _concerns(connection: Connection, sender: Sender, record: Row[Any]) -> bool:
    """Whether the target is told such records; of one that nobody ever said exists there is nothing to tell."""
    return bool(record.exists_stamp and told_fields(connection, sender, record.entity))


def _deliver(session: Session, connection: Connection, records: Collection[Row[Any]], now: int) -> None:
    if not records:
        return
    numbers = {record.id: record.changed for record in records}
    copies = keys.copies_at(session, connection.id, numbers)
    present = {copy.record_id for copy in copies}
    absent = [record for record in records if record.exists and record.id not in present]
    copies += keys.reserve(session, connection, absent)
    rows = [delivery_row(copy, numbers[copy.record_id], now) for copy in sorted(copies, key=lambda copy: copy.id)]
    _end_loops(session, copies, {record.id for record in records if not record.exists}, now)
    if rows:
        session.execute(_raising(sqlite=db.is_sqlite(session)), rows)


def _end_loops(session: Session, copies: Collection[Row[Any]], gone: Collection[int], now: int) -> None:
    """A deletion corrects no value, so it does not wait until a loop is over."""
    if ended := sorted(copy.id for copy in copies if copy.record_id in gone):
        looped = (db.among(DELIVERIES.c.copy_id, ended), DELIVERIES.c.state == State.LOOP, DELIVERIES.c.due > now)
        session.execute(update(DELIVERIES).where(*looped).values(due=now))


def delivery_row(copy: Row[Any], number: int, now: int) -> dict[str, Any]:
    """A new delivery of a copy, wanted at a number."""
    return {
        "copy_id": copy.id,
        "connection_id": copy.connection_id,
        "entity": copy.entity,
        "precedence": PRECEDENCE[copy.entity],
        "wanted": number,
        "forced": 0,
        "state": State.WAITING,
        "due": now,
        "tries": 0,
        "lease_until": 0,
        "created_at": now,
    }


@cache
def _raising(*, sqlite: bool) -> Any:
    """The INSERT that raises `wanted` of a row that is there, and wakes one that was given up at a smaller number."""
    statement = db.inserting(DELIVERIES, sqlite=sqlite)
    newer = statement.excluded.wanted > DELIVERIES.c.wanted
    given_up = or_(
        DELIVERIES.c.state == State.PARKED,
        DELIVERIES.c.state == State.DEAD,
        and_(DELIVERIES.c.state == State.LOOP, DELIVERIES.c.due <= statement.excluded.due),
    )
    wakes = and_(newer, given_up)
    return statement.on_conflict_do_update(
        index_elements=["copy_id"],
        set_={
            "wanted": case((newer, statement.excluded.wanted), else_=DELIVERIES.c.wanted),
            "state": case((wakes, State.WAITING.value), else_=DELIVERIES.c.state),
            "due": case((wakes, statement.excluded.due), else_=DELIVERIES.c.due),
            "tries": case((wakes, 0), else_=DELIVERIES.c.tries),
        },
    )
