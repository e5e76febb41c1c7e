"""What a file should have held and did not.

A full file should hold every copy that exists as far as we know; a windowed one those that were touched within its
window. A copy that was heard, or told, at the time of the file or later is not missing: it may be younger than the
export. What is missing from a full file is reported, flagged or deleted, as its connection is set; from a windowed one
it is only ever reported.

The keys of the file go into a temporary table, so memory does not grow with the file, and nothing is locked while
they are compared. What is to be deleted is written down first and deleted a chunk at a time: a run that was killed goes
on there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache, partial
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Engine, bindparam, delete, exists, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from synchub import alerts, db
from synchub.clock import SECOND
from synchub.connections.tables import Connection
from synchub.files.reader import Table
from synchub.files.settings import FileSettings
from synchub.files.tables import FileMissing, FileRun
from synchub.files.troubles import trouble
from synchub.intake.write import write_part
from synchub.master import copies as copying
from synchub.master.convergence import Mode
from synchub.master.copies import EXISTS, Copy
from synchub.master.entities import entity_of
from synchub.master.entities.other import Other
from synchub.master.naming import LONGEST_KEY
from synchub.master.tables import CrossReference
from synchub.master.values import as_date
from synchub.master.writes import Write

CHUNK = 1000
ALERT = "file-missing"
"""The kind of alert that says that what a file lacks was not deleted, about its table."""
COPIES = db.table_of(CrossReference)
MISSING = db.table_of(FileMissing)
KEYS = sa.Table("file_key", sa.MetaData(), sa.Column("key", sa.Text, primary_key=True), prefixes=["TEMPORARY"])
# Statements are built once: that costs more than to run them on a few rows.
_KEYS = CreateTable(KEYS, if_not_exists=True)
_EMPTY = delete(KEYS)
_HELD = select(func.count()).select_from(KEYS)
_LACKING = (
    select(COPIES)
    .where(
        COPIES.c.connection_id == bindparam("connection"),
        COPIES.c.entity == bindparam("entity"),
        COPIES.c.heard_at < bindparam("as_of"),
        COPIES.c.known.is_not(None),
        ~exists().where(KEYS.c.key == COPIES.c.external_key),
    )
    .order_by(COPIES.c.id)
)


class State(StrEnum):
    """What was done about a missing copy; due: it is to be deleted."""

    REPORTED = "reported"
    FLAGGED = "flagged"
    DUE = "due"
    DELETED = "deleted"


WISHES = {"report": State.REPORTED, "flag": State.FLAGGED, "tombstone": State.DUE}


@dataclass(frozen=True, slots=True)
class Scope:
    """The copies that a file should hold: whose, of which entity, keys with which beginning, as of when.

    With `since` only those of which one of the `fields` is a date from then on.
    """

    connection: int
    entity: str
    as_of: int
    prefix: str = ""
    since: date | None = None
    fields: tuple[str, ...] = ()

    def covers(self, copy: Copy) -> bool:
        """Whether the file should hold a copy that it does not hold."""
        if True not in copy.holds(EXISTS) or copy.as_of(EXISTS) >= self.as_of:
            return False
        days = [as_date(value) for name in self.fields for value in copy.holds(name)]
        return self.since is None or any(day is not None and day >= self.since for day in days)


def scope_of(run: FileRun, table: Table, zone: str) -> Scope:
    """What the file of a run should hold.

    The first day of a window is left out, because nobody knows at which hour of it the window begins. Tables without an
    entity of their own share one; the table's name begins their keys there.
    """
    prefix = f"{table.name}:" if table.entity == entity_of(Other) else ""
    since = None
    if table.window_days is not None:
        written = datetime.fromtimestamp(run.modified_at / SECOND, ZoneInfo(zone)).date()
        since = written - timedelta(days=table.window_days - 1)
    return Scope(run.connection_id, table.entity, run.as_of, prefix, since, table.window_fields)


def settle(engine: Engine, run: FileRun, table: Table, keys: Iterable[str | None], settings: FileSettings) -> int:
    """Find what the file of a run lacks, and do about it what its connection is set to; how many copies that are.

    `keys` are those of all rows as writes have them, also of rows that are quarantined, None for one whose key cannot
    be read; it is gone through once. Can be called again after it was interrupted.
    """
    wish = State.REPORTED if table.window_days is not None else WISHES[settings.files_missing]
    with db.reading(engine) as look:
        scope = scope_of(run, table, look.get_one(Connection, run.connection_id).time_zone)
        held, unread = keep_keys(look, keys)
        for found in lacking(look, scope):
            db.retrying(engine, partial(_write_down, run=run, copies=found, state=wish))
    excuse = _excuse(engine, run, held, unread, settings.files_max_shrink) if wish is State.DUE else None
    db.retrying(engine, partial(_say, run=run, excuse=excuse))
    while db.retrying(engine, partial(_bury, run=run, entity=table.entity)):
        pass
    with db.reading(engine) as look:
        return _count(look, run)


def keep_keys(session: Session, keys: Iterable[str | None]) -> tuple[int, int]:
    """Put these keys alone into a temporary table of the transaction; how many, and how many could not be read.

    A key that is longer than any record's is none: it came about by damage, and no index may hold it.
    """
    session.execute(_KEYS)
    session.execute(_EMPTY)
    insert = _keeping(sqlite=db.is_sqlite(session))
    unread, all_keys = 0, iter(keys)
    while some := list(islice(all_keys, CHUNK)):
        rows = [{"key": key} for key in some if key is not None and len(key) <= LONGEST_KEY]
        unread += len(some) - len(rows)
        if rows:
            session.execute(insert, rows)
    return session.scalar(_HELD) or 0, unread


@cache
def _keeping(*, sqlite: bool) -> Any:
    return db.inserting(KEYS, sqlite=sqlite).on_conflict_do_nothing()


def lacking(session: Session, scope: Scope) -> Iterator[Sequence[Copy]]:
    """The copies that are missing beside the keys in the temporary table, in the order of their ids, in chunks."""
    statement, asked = _LACKING, {"connection": scope.connection, "entity": scope.entity, "as_of": scope.as_of}
    if scope.prefix:
        statement = statement.where(COPIES.c.external_key.startswith(scope.prefix, autoescape=True))
    for rows in session.execute(statement, asked, execution_options={"yield_per": CHUNK}).partitions():
        found = [copy for copy in map(copying.load, rows) if scope.covers(copy)]
        if found:
            yield found


def _write_down(session: Session, run: FileRun, copies: Sequence[Copy], state: State) -> None:
    rows: list[dict[str, Any]] = [
        {"run_id": run.id, "copy_id": one.id, "record_id": one.record, "external_key": one.key, "state": state}
        for one in copies
    ]
    session.execute(db.insert(session, MISSING).on_conflict_do_nothing(), rows)


def _excuse(engine: Engine, run: FileRun, held: int, unread: int, share: float) -> str | None:
    """Why nothing is deleted although the connection is set to it, if so."""
    with db.reading(engine) as look:
        missing = _count(look, run)
    if not missing:
        return None
    if unread:
        rows = "1 row" if unread == 1 else f"{unread} rows"
        return f"{run.name} lacks {missing} records; they are only flagged, as the key of {rows} cannot be read"
    if missing > share * (held + missing):
        return f"{run.name} lacks {missing} of {held + missing} records: they are only flagged"
    return None


def _say(session: Session, run: FileRun, excuse: str | None) -> None:
    """Raise an alert and flag what was due, or clear the alert of an earlier file."""
    if excuse is None:
        alerts.clear(session, run.connection_id, ALERT, run.table_name)
        return
    trouble(session, run.connection_id, ALERT, run.table_name, excuse)
    due = (MISSING.c.run_id == run.id, MISSING.c.state == State.DUE)
    session.execute(update(MISSING).where(*due).values(state=State.FLAGGED))


def _bury(session: Session, run: FileRun, entity: str) -> bool:
    """Delete a chunk of what is due; whether there was any. What was heard since is not missing any more."""
    due = (MISSING.c.run_id == run.id, MISSING.c.state == State.DUE)
    rows = session.execute(select(MISSING).where(*due).order_by(MISSING.c.copy_id).limit(CHUNK)).all()
    if not rows:
        return False
    writes = [Write(entity, row.external_key, Mode.DELETE, as_of=run.as_of) for row in rows]
    verdicts = write_part(session, run.connection_id, run.message_id, writes).verdicts
    moved = [row.copy_id for row, verdict in zip(rows, verdicts, strict=True) if verdict.number is not None]
    stayed = [row.copy_id for row, verdict in zip(rows, verdicts, strict=True) if verdict.number is None]
    session.execute(update(MISSING).where(*due, db.among(MISSING.c.copy_id, moved)).values(state=State.DELETED))
    session.execute(delete(MISSING).where(*due, db.among(MISSING.c.copy_id, stayed)))
    return True


def found(session: Session, run: FileRun, key: str) -> None:
    """Say that the file of a run did hold a copy: in a row that was corrected since. What was deleted stays so."""
    lacked = (MISSING.c.run_id == run.id, MISSING.c.external_key == key, MISSING.c.state != State.DELETED)
    session.execute(delete(MISSING).where(*lacked))
    if run.missing is not None:
        run.missing = _count(session, run)


def _count(session: Session, run: FileRun) -> int:
    return session.scalar(select(func.count()).select_from(MISSING).where(MISSING.c.run_id == run.id)) or 0


@dataclass(frozen=True, slots=True)
class Flag:
    """A copy of a record that a full file lacked, and that was not heard of since; `as_of` is the file's time."""

    connection: int
    key: str
    file: str
    as_of: int


def flags(session: Session, record: int) -> list[Flag]:
    """The flagged copies of a record, each with the first file that lacked it; a flag ends when its copy is heard."""
    statement = (
        select(COPIES, FileRun.name, FileRun.as_of)
        .join(MISSING, MISSING.c.copy_id == COPIES.c.id)
        .join(FileRun, FileRun.id == MISSING.c.run_id)
        .where(MISSING.c.record_id == record, MISSING.c.state == State.FLAGGED)
        .order_by(FileRun.as_of.desc())
    )
    found: dict[int, Flag] = {}
    for row in session.execute(statement):
        if Scope(row.connection_id, row.entity, row.as_of).covers(copying.load(row)):
            found[row.id] = Flag(row.connection_id, row.external_key, row.name, row.as_of)
    return [found[copy] for copy in sorted(found)]
