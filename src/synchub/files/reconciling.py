"""What live sync had missed, as a file showed: created, changed or deleted at the partner, field by field.

A row of a file moves something only where the partner holds another thing than it was heard to hold, and was not heard
or told since the export. So the steps that a file made in the history, with the rows of it that were corrected by hand,
are what live sync missed; and so is what a full file lacks. The first file of a table is a first load: it shows what
nobody had sent yet.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from synchub import db
from synchub.clock import SECOND
from synchub.connections.tables import Connection
from synchub.files import missing
from synchub.files.tables import FileMissing, FileRun, State
from synchub.intake.tables import Message
from synchub.master.copies import EXISTS
from synchub.master.record import EXTRA
from synchub.master.tables import Change, CrossReference, MasterRecord

CREATED, CHANGED, DELETED, MISSING, STILL = "created", "changed", "deleted", "missing", "still missing"
TOMBSTONED = "tombstoned"
PAGE = 1000
CHANGES: Any = db.table_of(Change)
COPIES: Any = db.table_of(CrossReference)
RECORDS: Any = db.table_of(MasterRecord)


@dataclass(frozen=True, slots=True)
class Difference:
    """A record that the partner held otherwise than it was heard to: `fields` are field → (before, after).

    Fields without a column stand under the partner's own name for them. `what` says what live sync missed; a record
    that a full file lacks is missing, or still missing if the file before it lacked it too. `done` says what was done
    about one that it lacks: reported, flagged or tombstoned.
    """

    what: str
    record: int
    label: str | None
    key: str
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    done: str | None = None

    def __str__(self) -> str:
        return self.what if self.done is None else f"{self.what} ({self.done})"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One file that was read to its end: `first` if it is the first of its table, `day` the day of its export."""

    run: FileRun
    connection: str
    day: date
    first: bool


def reconciliations(
    session: Session, *, connection: str | None = None, table: str | None = None, day: date | None = None
) -> list[Reconciliation]:
    """The files of a day, those of one table oldest first; without a day the last of each table."""
    statement = select(FileRun, Connection).join(Connection, Connection.id == FileRun.connection_id)
    statement = statement.where(FileRun.state == State.DONE)
    statement = statement.order_by(Connection.name, FileRun.table_name, FileRun.as_of, FileRun.id)
    if connection is not None:
        statement = statement.where(Connection.name == connection)
    if table is not None:
        statement = statement.where(FileRun.table_name == table.lower())
    seen: set[tuple[int, str]] = set()
    found: dict[tuple[int, str, int], Reconciliation] = {}
    for run, partner in session.execute(statement.execution_options(yield_per=PAGE)):
        kind = (run.connection_id, run.table_name)
        written = datetime.fromtimestamp(run.modified_at / SECOND, ZoneInfo(partner.time_zone)).date()
        if day is None or written == day:
            found[*kind, run.id if day else 0] = Reconciliation(run, partner.name, written, kind not in seen)
        seen.add(kind)
    return list(found.values())


def differences(session: Session, run: FileRun) -> Iterator[Difference]:
    """What live sync missed by a file, in the order of its rows, then what it lacks; one by one."""
    yield from _moved(session, run)
    yield from _missing(session, run)


def count(session: Session, run: FileRun) -> dict[str, int]:
    """How many records of each kind live sync missed by a file, those that it lacks by what was done about them."""
    return dict(Counter(map(str, differences(session, run))))


def _moved(session: Session, run: FileRun) -> Iterator[Difference]:
    corrected = select(Message.id).where(Message.parent_id == run.message_id).scalar_subquery()
    statement = (
        select(CHANGES.c.record_id, CHANGES.c.copy_id, CHANGES.c.said, RECORDS.c.label, COPIES.c.external_key)
        .join(COPIES, COPIES.c.id == CHANGES.c.copy_id)
        .join(RECORDS, RECORDS.c.id == CHANGES.c.record_id)
        .where((CHANGES.c.message_id == run.message_id) | CHANGES.c.message_id.in_(corrected))
        .order_by(func.min(CHANGES.c.number).over(partition_by=CHANGES.c.copy_id), CHANGES.c.number)
    )
    rows = session.execute(statement, execution_options={"yield_per": PAGE})
    for _, steps in groupby(rows, lambda row: row.copy_id):
        row, *others = steps
        said = _together([row.said, *(other.said for other in others)])
        what = CHANGED if EXISTS not in said else CREATED if said.pop(EXISTS)[1] else DELETED
        if said or what != CHANGED:
            fields = {name.removeprefix(EXTRA): step for name, step in said.items()}
            done = TOMBSTONED if what == DELETED else None  # no row of a file deletes
            yield Difference(what, row.record_id, row.label, row.external_key, fields, done)


def _together(steps: Iterable[dict[str, list[Any]]]) -> dict[str, tuple[Any, Any]]:
    """What the steps of one copy come to: where a key stands in two rows, or was corrected, there are several."""
    came: dict[str, tuple[Any, Any]] = {}
    for said in steps:
        for name, (before, after, stamp) in said.items():
            if _counts(name, stamp):
                came[name] = (came.get(name, (before,))[0], after)
    return {name: (before, after) for name, (before, after) in came.items() if before != after}


def _counts(name: str, stamp: int | None) -> bool:
    """Whether a part of a step is the partner's own word, not the echo of ours."""
    return stamp is not None or name.startswith(EXTRA)


def _missing(session: Session, run: FileRun) -> Iterator[Difference]:
    before = (
        select(FileRun.id)
        .where(FileRun.connection_id == run.connection_id, FileRun.table_name == run.table_name)
        .where(FileRun.state == State.DONE, FileRun.as_of < run.as_of)
        .order_by(FileRun.as_of.desc())
        .limit(1)
    )
    earlier = aliased(FileMissing)
    lacked = (earlier.copy_id == FileMissing.copy_id) & (earlier.run_id == session.scalar(before))
    statement = (
        select(FileMissing, RECORDS.c.label, earlier.copy_id.label("lacked"))
        .join(RECORDS, RECORDS.c.id == FileMissing.record_id)
        .outerjoin(earlier, lacked)
        .where(FileMissing.run_id == run.id, FileMissing.state.in_([missing.State.REPORTED, missing.State.FLAGGED]))
        .order_by(FileMissing.copy_id)
    )
    for gone, label, lacked_before in session.execute(statement, execution_options={"yield_per": PAGE}):
        what = MISSING if lacked_before is None else STILL
        yield Difference(what, gone.record_id, label, gone.external_key, done=gone.state)
