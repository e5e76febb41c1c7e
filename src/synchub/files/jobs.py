"""Whose turn it is to read a file: a lease per run that is renewed while its holder lives.

Its token names the process that holds it, so that where a process died its neighbours on the same machine need not wait
for the end of its lease.
"""

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from secrets import token_hex
from socket import gethostname

import structlog
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.clock import SECOND
from synchub.config import Settings
from synchub.connections.tables import Connection
from synchub.errors import SynchubError, Unreadable
from synchub.files import spool
from synchub.files.reader import Columns, Reader, ReaderFactory, Table
from synchub.files.scanning import Form
from synchub.files.tables import FileRun, State

LEASE, BEAT = 10 * SECOND, 3.0
READ = (State.TAKEN, State.READING)
OVER = (State.DONE, State.REFUSED, State.FAILED)

log = structlog.get_logger(__name__)


class Overtaken(SynchubError):
    """Somebody else reads this file now."""


@dataclass(slots=True)
class Job:
    """A run whose turn it is, as it was when its step began, and how its rows are read."""

    engine: Engine
    settings: Settings
    run: FileRun
    connection: Connection
    token: str
    reader: Reader
    table: Table

    @property
    def path(self) -> Path:
        """The file in the spool."""
        return spool.path_of(self.settings.data_dir, self.run.spooled or "")

    @property
    def form(self) -> Form | None:
        """What the scan found; None if nothing stands in the file."""
        return None if self.run.form is None else Form.of(self.run.form)

    def columns(self, form: Form) -> Columns:
        """How the rows under its header are read.

        Raises:
            Unreadable: the header is none of this table.
        """
        return self.reader.columns(self.table, form.header)

    def ours(self, session: Session) -> FileRun:
        """The run, locked.

        Raises:
            Overtaken: it is not ours any more.
        """
        return still_ours(session, self.run, self.token)


def still_ours(session: Session, before: FileRun, token: str) -> FileRun:
    """A run whose turn was taken with a token, locked.

    Raises:
        Overtaken: it is not that token's any more, or in another state than before.
    """
    run: FileRun = session.scalars(db.locked(select(FileRun).where(FileRun.id == before.id))).one()
    if run.token != token or run.state != before.state:
        raise Overtaken
    return run


def reader_of(connection: Connection, readers: Mapping[str, ReaderFactory], table: str) -> tuple[Reader, Table]:
    """How a connection's files of a table are read.

    Raises:
        Unreadable: it has none of these any more.
    """
    make = readers.get(connection.dialect)
    reader = make(connection.settings) if make is not None else None
    found = next((each for each in reader.tables() if each.name == table), None) if reader is not None else None
    if reader is None or found is None:
        raise Unreadable(f"connection {connection.name} has no files of {table} any more")
    return reader, found


def must_be_allowed(connection: Connection, table: Table) -> None:
    """See that a connection may write what a table is about.

    Raises:
        Unreadable: it may not.
    """
    if connection.writes is not None and table.entity not in connection.writes:
        raise Unreadable(f"connection {connection.name} may not write {table.entity}")


def new_token() -> str:
    """A token of this process, as no other has it."""
    return f"{_machine()}.{os.getpid()}.{token_hex(6)}"


@cache
def _machine() -> str:
    """What processes have in common that can see whether each other lives."""
    said = [gethostname()]
    with suppress(OSError):
        said += [Path("/proc/sys/kernel/random/boot_id").read_text(), str(Path("/proc/self/ns/pid").readlink())]
    return hashlib.sha256("".join(said).encode()).hexdigest()[:8]


def _is_dead(token: str | None) -> bool:
    """Whether the holder of a token is a process of this machine that is no more."""
    machine, _, rest = (token or "").partition(".")
    process = rest.partition(".")[0]
    if machine != _machine() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def claim(session: Session, token: str) -> tuple[FileRun, Connection] | None:
    """The next run that nobody reads, now ours: per table the oldest, or one that is over and still in the spool."""
    now = clock.now()
    columns = (FileRun.id, FileRun.connection_id, FileRun.table_name, FileRun.lease_until, FileRun.token)
    active = select(*columns).join(Connection, Connection.id == FileRun.connection_id).where(Connection.active)
    waiting = session.execute(active.where(FileRun.state.in_(READ)).order_by(FileRun.as_of, FileRun.id)).all()
    first = {(row.connection_id, row.table_name): row for row in reversed(waiting)}
    left = select(*columns).where(FileRun.state.in_(OVER), FileRun.spooled.is_not(None)).order_by(FileRun.id)
    for row in [*first.values(), *(() if first else session.execute(left).all())]:
        if row.lease_until > now and not _is_dead(row.token):
            continue
        free = update(FileRun).where(FileRun.id == row.id, FileRun.lease_until == row.lease_until)
        taken = free.values(token=token, lease_until=now + LEASE).returning(FileRun.id)
        if session.execute(taken).scalar_one_or_none() is not None:
            run = session.get_one(FileRun, row.id, populate_existing=True)
            return run, session.get_one(Connection, run.connection_id)
    return None


@contextmanager
def beating(engine: Engine, run: int, token: str) -> Iterator[None]:
    """Renew a lease during the block, and give it back at the end."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT):
            try:
                _renew(engine, run, token, clock.now() + LEASE)
            except Exception as error:  # noqa: BLE001 - the edge: the lease runs out, and somebody else goes on
                log.debug("a lease was not renewed", reason=type(error).__name__)

    thread = threading.Thread(target=beat, name="file-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    _renew(engine, run, token, 0)


def _renew(engine: Engine, run: int, token: str, until: int) -> None:
    mine = update(FileRun).where(FileRun.id == run, FileRun.token == token)
    with db.writing(engine) as session:
        session.execute(mine.values(lease_until=until))
