"""What keeps a file from being believed: then it waits for a human's word."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import alerts, audit, clock, db
from synchub.errors import NotFound, Refused
from synchub.files.lateness import later_than
from synchub.files.settings import FileSettings
from synchub.files.tables import FileRun, State
from synchub.intake import journal

HELD = "file-held"
"""The kind of alert that a held file raises, about its name."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a file has: rows, those of them that are bad and those without a key.

    `cut` says that its last line is bad or open, `ended` that it ends as a line does, `open` that a quotation mark in
    it is not closed and no good row comes after that. `full` says that it should hold every record of its table.
    """

    rows: int
    bad: int
    blank_keys: int
    cut: bool
    ended: bool
    full: bool
    open: bool = False


def check(session: Session, run: FileRun, scan: Scan, settings: FileSettings) -> list[str]:
    """Why a file must be held; nothing, if it need not.

    A windowed file may be small, or hold no row at all: on some days nothing happens, and it deletes nothing.
    """
    last = _last(session, run)
    said = [*_empty(run, scan), *_truncated(scan, last)]
    if scan.rows and scan.blank_keys > settings.files_max_blank_keys * scan.rows:
        said.append(f"the key is blank in {scan.blank_keys} of {scan.rows} rows")
    said += _damaged(scan, settings.files_max_shrink)
    if scan.full and (later := later_than(session, run)) is not None:
        said.append(_older(later))
    if scan.full and scan.rows and last is not None:
        said += _shrunk("rows", scan.rows, last.rows or 0, settings.files_max_shrink)
        said += _shrunk("bytes", run.size, last.size, settings.files_max_shrink)
    return said


def _last(session: Session, run: FileRun) -> FileRun | None:
    """The last file of the table that was read."""
    done = select(FileRun).where(
        FileRun.connection_id == run.connection_id,
        FileRun.table_name == run.table_name,
        FileRun.state == State.DONE,
        FileRun.id != run.id,
    )
    return session.scalars(done.order_by(FileRun.as_of.desc(), FileRun.id.desc()).limit(1)).first()


def _empty(run: FileRun, scan: Scan) -> list[str]:
    if run.form is None:
        return ["it is empty"]
    return ["it has a header and no row"] if scan.full and not scan.rows else []


def _truncated(scan: Scan, last: FileRun | None) -> list[str]:
    """A file whose last line is not whole; also one that lacks the line end that the last file had."""
    if not scan.rows or (scan.ended and not scan.open):
        return []
    if scan.cut:
        return ["it is truncated: its last line is cut"]
    if last is not None and last.form is not None and last.form.get("ended"):
        return ["it may be truncated: its last line has no end, and that of the last file had one"]
    return []


def _damaged(scan: Scan, share: float) -> list[str]:
    """A file of which little can be read; its last line, if it is cut, is told of as such."""
    damaged = scan.bad - (scan.cut and (scan.open or not scan.ended))
    return [f"{damaged} of {scan.rows} rows are damaged"] if damaged > share * scan.rows else []


def _older(later: FileRun) -> str:
    """A full file from before one that is read: what it has and the later one lacks is gone since."""
    return f"it speaks for an earlier time than {later.name}, which is read: it makes no record that was not heard of"


def _shrunk(what: str, now: int, before: int, share: float) -> list[str]:
    if now >= before * (1 - share):
        return []
    counted = what.removesuffix("s") if now == 1 else what
    return [f"it has {now} {counted}, and the last one had {before}: {1 - now / before:.0%} fewer"]


def release(session: Session, run: int, actor: str | None = None) -> FileRun:
    """Let a held file be read; one that a later file has overtaken meanwhile is told to have been.

    Raises:
        NotFound: there is no such file.
        Refused: it is not held.
    """
    held = _held(session, run)
    later = later_than(session, held) if (held.form or {}).get("full") else None
    if later is not None and (said := _older(later)) not in (held.checks or ()):
        held.checks = [*(held.checks or ()), said]
    held.state, held.released, held.started_at = State.READING, True, clock.now()
    return _decided(session, held, "file release", actor)


def refuse(session: Session, run: int, actor: str | None = None) -> FileRun:
    """Have a held file not read.

    Raises:
        NotFound: there is no such file.
        Refused: it is not held.
    """
    held = _held(session, run)
    held.state, held.ended_at = State.REFUSED, clock.now()
    journal.refuse(session, held.message_id, f"refused by hand: {'; '.join(held.checks or ())}")
    return _decided(session, held, "file refuse", actor)


def _held(session: Session, run: int) -> FileRun:
    found: FileRun | None = session.scalars(db.locked(select(FileRun).where(FileRun.id == run))).one_or_none()
    if found is None:
        raise NotFound(f"there is no file {run}: see 'synchub file list'")
    if found.state != State.HELD:
        raise Refused(f"file {run} is not held: it is {found.state}")
    return found


def _decided(session: Session, run: FileRun, act: str, actor: str | None) -> FileRun:
    session.flush()
    audit.note(session, act, f"file {run.id}", {"name": run.name, "checks": run.checks}, actor)
    these = (FileRun.connection_id == run.connection_id, FileRun.name == run.name, FileRun.state == State.HELD)
    if session.scalar(select(FileRun.id).where(*these).limit(1)) is None:
        alerts.clear(session, run.connection_id, HELD, run.name)
    return run
