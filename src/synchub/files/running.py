"""Reading what is in the spool: a scan, the guards, rows chunk by chunk, and the end.

Each step is taken by whoever comes first, under a lease (`jobs`). What a step did is committed with the place at which
the next one begins, so that after any death reading goes on there.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial

import structlog
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from synchub import alerts, clock, db
from synchub.config import Settings
from synchub.connections.tables import Connection
from synchub.errors import Unreadable
from synchub.files import guards, missing, retaining, scanning, spool
from synchub.files.guards import HELD
from synchub.files.jobs import OVER, Job, Overtaken, beating, claim, must_be_allowed, new_token, reader_of, still_ours
from synchub.files.looking import look_through
from synchub.files.reader import ReaderFactory
from synchub.files.scanning import Form
from synchub.files.storing import Progress, Storing
from synchub.files.tables import FileRun, State
from synchub.files.troubles import trouble
from synchub.files.visiting import settings_of
from synchub.intake import journal
from synchub.intake.grouping import blames_store

FAILED = "file-failed"
"""The kind of alert that a file which cannot be read raises, about its table."""

log = structlog.get_logger(__name__)


def advance(engine: Engine, settings: Settings, readers: Mapping[str, ReaderFactory]) -> bool:
    """Do one step of some file, the oldest of its table; whether there may be more to do.

    Raises:
        Unavailable: the store cannot take anything now (also as an error of the database's driver, or OSError).
    """
    token = new_token()
    claimed = db.retrying(engine, partial(claim, token=token))
    if claimed is None:
        return False
    run, connection = claimed
    with beating(engine, run.id, token):
        try:
            _go_on(engine, settings, readers, run, connection, token)
        except Overtaken:
            log.warning("another process reads this file now", file=run.name, connection=connection.name)
        except (Unreadable, FileNotFoundError) as error:
            said = "it is not in the spool any more" if isinstance(error, FileNotFoundError) else str(error)
            _fail(engine, settings, run, token, said)
        except Exception as error:
            if blames_store(error):
                raise
            log.exception("a file cannot be read", file=run.name, connection=connection.name)
            _fail(engine, settings, run, token, f"a fault of the hub's own: {type(error).__name__}")
    return True


def _go_on(
    engine: Engine,
    settings: Settings,
    readers: Mapping[str, ReaderFactory],
    run: FileRun,
    connection: Connection,
    token: str,
) -> None:
    """One step; a run that is over is cleared, also where its rows could not be read any more."""
    if run.state in OVER:
        _clear(engine, settings, run, token, _secrets(run, connection, readers))
    else:
        _step(Job(engine, settings, run, connection, token, *reader_of(connection, readers, run.table_name)))


def _step(job: Job) -> None:
    form = job.form
    must_be_allowed(job.connection, job.table)
    if job.run.state == State.TAKEN:
        _scan(job)
    elif form is not None and job.run.position < job.run.size:
        Storing(job, form, job.columns(form)).go_on()
    else:
        _end(job, form)


def _fail(engine: Engine, settings: Settings, run: FileRun, token: str, said: str) -> None:
    """End a run that cannot go on; of one that is over already, only the spool is cleared."""

    def work(session: Session) -> None:
        mine = update(FileRun).where(FileRun.id == run.id, FileRun.token == token)
        if run.state in OVER:
            session.execute(mine.values(spooled=None))
            journal.note(session, run.message_id, f"nothing of it is kept: {said}")
            return
        failed = mine.values(state=State.FAILED, error=said, ended_at=clock.now(), spooled=None)
        if session.execute(failed.returning(FileRun.id)).scalar_one_or_none() is not None:
            journal.refuse(session, run.message_id, said)
            trouble(session, run.connection_id, FAILED, run.table_name, f"the file {run.name} cannot be read: {said}")

    db.retrying(engine, work)
    if run.spooled is not None:
        spool.drop(settings.data_dir, run.spooled)


def _scan(job: Job) -> None:
    """Go through the file once, and let the guards decide."""
    files = settings_of(job.connection)
    with job.path.open("rb") as file:
        form = scanning.form_of(file)
        columns = None if form is None else job.columns(form)
        found = look_through(file, form, columns, full=job.table.window_days is None)

    def work(session: Session) -> None:
        run = job.ours(session)
        run.rows, run.started_at = found.scan.rows, clock.now()
        if form is not None and columns is not None:
            about = {"unknown": columns.unknown, "missing": columns.missing, "encoding": found.encodings}
            seen = {"ended": found.scan.ended, "full": found.scan.full, "secrets": sorted(columns.secrets)}
            run.form = form.document() | about | seen
            run.position, run.line = form.start, form.line
        run.checks = guards.check(session, run, found.scan, files)
        run.state = State.HELD if run.checks else State.READING
        if run.checks:
            trouble(session, run.connection_id, HELD, run.name, f"the file {run.name} is held: {'; '.join(run.checks)}")
        if found.twice is not None:
            journal.note(session, run.message_id, found.twice)
        session.flush()

    db.retrying(job.engine, work)


def _end(job: Job, form: Form | None) -> None:
    """After the last row: what the file lacks, and that it is done."""
    lacking = missing.settle(job.engine, job.run, job.table, _keys(job, form), settings_of(job.connection))

    def work(session: Session) -> FileRun:
        run = job.ours(session)
        run.state, run.missing, run.ended_at = State.DONE, lacking, clock.now()
        session.flush()
        alerts.clear(session, run.connection_id, FAILED, run.table_name)
        return run

    run = db.retrying(job.engine, work)
    more = {"bad": run.bad, "missing": lacking, **run.counts}
    log.info("a file is read", file=run.name, connection=job.connection.name, progress=str(Progress.of(run)), **more)


def _keys(job: Job, form: Form | None) -> Iterator[str | None]:
    """The external keys of all rows, None for one whose key cannot be read."""
    if form is None:
        return
    columns = job.columns(form)
    with job.path.open("rb") as file:
        for record in scanning.records(file, form, form.start, form.line):
            yield None if record.fault is not None else columns.key_of(record.values)


def _secrets(run: FileRun, connection: Connection, readers: Mapping[str, ReaderFactory]) -> frozenset[int]:
    """The places of secrets as they were when the file was scanned, and as they are now if it could be read now."""
    if run.form is None:
        return frozenset()
    now: frozenset[int] = frozenset()
    with suppress(Unreadable, ValueError):
        reader, table = reader_of(connection, readers, run.table_name)
        now = reader.columns(table, run.form["header"]).secrets
    return now.union(run.form.get("secrets", ()))


def _clear(engine: Engine, settings: Settings, run: FileRun, token: str, secrets: frozenset[int]) -> None:
    """Keep a copy of what arrived, without secrets, and empty the spool."""
    form = None if run.form is None else Form.of(run.form)
    with spool.path_of(settings.data_dir, run.spooled or "").open("rb") as file:
        kept = journal.keep_file(retaining.blocks(file, form, secrets), settings)

    def work(session: Session) -> None:
        journal.attach(session, run.message_id, kept)
        still_ours(session, run, token).spooled = None
        session.flush()

    db.retrying(engine, work)
    spool.drop(settings.data_dir, run.spooled or "")
