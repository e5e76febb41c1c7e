"""Sending again whether it differs or not: a force draws a number, and is done when `sent_number` has reached it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.master.series import draw_numbers
from synchub.master.tables import CrossReference
from synchub.outbox.pump import DELIVERIES, delivery_row
from synchub.outbox.tables import State

COPIES = db.table_of(CrossReference)


def force(session: Session, copies: Sequence[int]) -> int:
    """Have these copies sent whole; returns the number R with which `sent_number >= R` means done.

    A copy whose partner said that it is gone is settled without being sent.
    """
    stage(session, copies)
    return mark(session, copies)


def stage(session: Session, copies: Sequence[int]) -> None:
    """Lock a waiting delivery of each copy, made if there is none: deliveries are locked before any copy is."""
    now = clock.now()
    chosen = session.execute(select(COPIES).where(db.among(COPIES.c.id, copies)).order_by(COPIES.c.id))
    rows: list[dict[str, Any]] = [delivery_row(copy, 0, now) for copy in chosen]
    waking = {"state": State.WAITING.value, "due": now, "tries": 0}
    if rows:
        upsert = db.insert(session, DELIVERIES).on_conflict_do_update(index_elements=["copy_id"], set_=waking)
        session.execute(upsert, rows)


def mark(session: Session, copies: Sequence[int]) -> int:
    """Have staged copies sent whole; returns the number R.

    The deliveries are locked before R is drawn: a claim that read no force was committed before, with a smaller number.
    """
    number = draw_numbers(session, 1)[0]
    session.execute(update(DELIVERIES).where(db.among(DELIVERIES.c.copy_id, copies)).values(forced=number))
    return number
