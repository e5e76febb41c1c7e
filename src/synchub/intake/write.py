"""What happens inside the transaction: repeats are told apart, the rest is applied, all is journalled.

`write` and, for what arrives in parts, `write_part` are the only callers of `master.store.apply`. Nothing else brings
master data into the store.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from synchub import db
from synchub.config import Settings
from synchub.intake import journal, repeats
from synchub.intake.repeats import First
from synchub.intake.submission import Receipt, Submission
from synchub.intake.tables import Message
from synchub.master import store
from synchub.master.writes import Applied, Batch, Write

MESSAGES: Any = Message.__table__


def write(session: Session, submissions: Sequence[Submission], settings: Settings) -> list[Receipt]:
    """Store submissions and journal them, in a number of statements that does not depend on how many they are.

    Must run in a writing transaction that has locked nothing yet; the caller commits it, and only then may anything be
    answered. No two of the submissions may be the same request: the second would not see the first.
    """
    repeats.lock(session, submissions)
    seen = store.read_counter(session)
    repeated = repeats.find(session, submissions)
    fresh = [submission for submission in submissions if submission.arrival.id not in repeated]
    applied = dict(zip((s.arrival.id for s in fresh), _apply(session, fresh), strict=True))
    for submission in fresh:
        if submission.beside is not None:
            submission.beside(session)
    rows, receipts = [], []
    for submission in submissions:
        id_ = submission.arrival.id
        first = repeated.get(id_)
        row, receipt = (
            _take(submission, applied[id_], seen, settings)
            if first is None
            else _repeat(submission, first, seen, settings)
        )
        rows.append(row)
        receipts.append(receipt)
    if rows:
        session.execute(MESSAGES.insert(), rows)
    if any(receipt.moved for receipt in receipts):
        db.notify(session, db.CHANNEL)
    return receipts


def write_part(session: Session, connection: int, message: UUID, writes: Sequence[Write]) -> Applied:
    """Store some of the writes of a message that is in the journal, and journal what became of them.

    Must run in a writing transaction that has locked no master data yet; the caller commits it.
    """
    applied = Applied([])
    if writes:
        (applied,) = store.apply(session, [Batch(connection, message, writes)])
    journal.extend(session, message, writes, applied)
    if applied.first_number is not None:
        db.notify(session, db.CHANNEL)
    return applied


def _apply(session: Session, submissions: Sequence[Submission]) -> list[Applied]:
    batches = [Batch(s.arrival.connection, s.arrival.id, s.writes) for s in submissions]
    if not any(batch.writes for batch in batches):
        return [Applied([]) for _ in batches]
    return store.apply(session, batches)


def _take(submission: Submission, applied: Applied, seen: int, settings: Settings) -> tuple[dict[str, Any], Receipt]:
    kept = submission.kept or journal.keep(submission.arrival.body, settings)
    answer = submission.answer(applied.verdicts)
    receipt = Receipt(submission.arrival.id, answer, moved=applied.first_number is not None)
    return journal.accepted(submission, kept, seen, applied, answer), receipt


def _repeat(submission: Submission, first: First, seen: int, settings: Settings) -> tuple[dict[str, Any], Receipt]:
    kept = submission.kept or journal.keep(submission.arrival.body, settings)
    return journal.repeated(submission, kept, seen, first.id, first.answer), Receipt(
        first.id, first.answer, repeat=True
    )
