"""Bad rows: each a refused message with its file as parent, until an operator has it taken after all."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from synchub import audit, clock, db
from synchub.config import Settings
from synchub.connections.tables import Connection
from synchub.errors import NotFound, Refused, SynchubError
from synchub.files import missing
from synchub.files.calendar import METHOD
from synchub.files.jobs import must_be_allowed, reader_of
from synchub.files.lateness import gone_since
from synchub.files.reader import Bad, Columns, ReaderFactory, Table, read
from synchub.files.retaining import line_from, without_secrets
from synchub.files.scanning import Form, decoded, records
from synchub.files.tables import FileRun
from synchub.intake import journal
from synchub.intake.grouping import blames_store
from synchub.intake.submission import Arrival, Submission, digest_of
from synchub.intake.tables import Message
from synchub.intake.write import write_part
from synchub.master.writes import Verdict, Write


def submission(run: FileRun, surface: str, line: int, kept: bytes, reason: str) -> Submission:
    """A bad row, to be journalled with the file as its parent."""
    arrival = Arrival(
        surface=surface,
        connection=run.connection_id,
        method=METHOD,
        path=run.name,
        body=kept,
        digest=digest_of(kept),
        content_type="text/csv",
        parent=run.message_id,
        line=line,
    )
    return Submission(arrival, (), lambda _: {"result": "quarantined", "reason": reason}, refusal=reason)


def rows_of(session: Session, run: FileRun) -> Iterator[Message]:
    """The bad rows of a file, by line."""
    bad = select(Message).where(Message.parent_id == run.message_id, Message.state == journal.REFUSED)
    yield from session.scalars(bad.order_by(Message.line, Message.id).execution_options(yield_per=100))


def file_of(session: Session, message: UUID) -> FileRun:
    """The file that a bad row came from.

    Raises:
        NotFound: there is no such row.
    """
    parent = select(Message.parent_id).where(Message.id == message).scalar_subquery()
    found = session.scalars(select(FileRun).where(FileRun.message_id == parent)).one_or_none()
    if found is None:
        raise NotFound(f"there is no row {message} of a file: see 'synchub file show'")
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """How a bad row is corrected: its whole line anew, or some of its cells by the names in the header."""

    line: str | None = None
    cells: Mapping[str, str] | None = None

    def __bool__(self) -> bool:
        return self.line is not None or bool(self.cells)


def attempt(
    engine: Engine, message: UUID, readers: Mapping[str, ReaderFactory], change: Change, settings: Settings
) -> Verdict | Bad:
    """Take a bad row in a transaction of its own; one that the store cannot take stays in quarantine.

    Raises:
        NotFound: it is no row of a file.
        Refused: it cannot be tried as it is.
    """
    try:
        return db.retrying(engine, partial(take, message=message, readers=readers, change=change, settings=settings))
    except Exception as error:
        if isinstance(error, SynchubError) or blames_store(error):
            raise
        return Bad(f"it cannot be stored: {type(error).__name__}")


def take(
    session: Session, message: UUID, readers: Mapping[str, ReaderFactory], change: Change, settings: Settings
) -> Verdict | Bad:
    """Take a bad row after all, as it is or corrected; it stays in quarantine if it is still bad.

    It is read as its connection's files are read now. Its write speaks for the time of the file.

    Raises:
        NotFound: it is no row of a file.
        Refused: it is not in quarantine, nothing of it is kept, a name is not in the header, or its connection may not
            write it any more.
    """
    run = session.scalars(db.locked(select(FileRun).where(FileRun.id == file_of(session, message).id))).one()
    row = session.scalars(db.locked(select(Message).where(Message.id == message))).one()
    if row.state != journal.REFUSED:
        raise Refused(f"row {message} is not in quarantine any more")
    form = Form.of(run.form or {})
    table, columns = _columns(session, run, form, readers)
    kept = _kept(row, settings)
    values = _values(kept if change.line is None else change.line.encode(errors="replace"), form, change.cells or {})
    if isinstance(values, Bad):
        return values
    if isinstance(said := read(columns, values), Bad):
        return said
    if gone_since(session, run, table, {said.key}):
        return Bad(f"a later file of {table.name} is read and does not have it, or has it in a bad row of its own")
    _note(session, run, row, change, kept, line_from(without_secrets(values, columns.secrets), form))
    return _write(session, run, row, said, "corrected" if change else "taken again")


def _columns(session: Session, run: FileRun, form: Form, readers: Mapping[str, ReaderFactory]) -> tuple[Table, Columns]:
    """How the rows of a file are read now."""
    connection = session.get_one(Connection, run.connection_id)
    reader, table = reader_of(connection, readers, run.table_name)
    must_be_allowed(connection, table)
    return table, reader.columns(table, form.header)


def _kept(row: Message, settings: Settings) -> bytes:
    """What is kept of a bad row; nothing, if that is lost."""
    try:
        return journal.body_of(row, settings.data_dir)
    except NotFound:
        return b""


def _note(session: Session, run: FileRun, row: Message, change: Change, before: bytes, after: bytes) -> None:
    details = {"file": run.id, "line": row.line, "before": decoded(before), "after": decoded(after)}
    audit.note(session, "file correct" if change else "file retry", f"message {row.id}", details)


def _values(line: bytes, form: Form, cells: Mapping[str, str]) -> list[str] | Bad:
    """The values of a line, which is read as its file was, with some exchanged."""
    if not line:
        raise Refused("nothing of this row is kept: give its whole line")
    found = list(records(BytesIO(line), replace(form, line_end="\n"), 0, 1))
    if fault := next((record.fault for record in found if record.fault is not None), None):
        return Bad(fault)
    if len(found) != 1:
        return Bad(f"it is {len(found)} rows")
    values = found[0].values
    places = {name.lower(): place for place, name in enumerate(form.header)}
    for name, value in cells.items():
        if name.lower() not in places:
            raise Refused(f"the header has no column '{name}': it has {', '.join(form.header)}")
        values[places[name.lower()]] = value
    return values


def _write(session: Session, run: FileRun, row: Message, said: Write, how: str) -> Verdict:
    said.as_of, said.confirms = run.as_of + (row.line or 0), True
    said.problems.append(f"{how} by hand; it speaks for the time of its file, {clock.iso(run.as_of)}")
    (verdict,) = write_part(session, run.connection_id, row.id, [said]).verdicts
    journal.readmit(session, row.id, {"result": verdict.kind.value, "reason": row.error})
    missing.found(session, run, said.key)
    counts = Counter(run.counts)
    counts[verdict.kind.value] += 1
    run.counts, run.bad = dict(counts), max(0, run.bad - 1)
    session.flush()
    return verdict
