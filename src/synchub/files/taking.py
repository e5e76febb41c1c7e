"""Taking a file: what was spooled becomes a row of the journal and a run, or a repeat of an earlier one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from synchub import alerts, clock, db
from synchub.clock import SECOND
from synchub.connections.tables import Connection
from synchub.files.calendar import METHOD, weigh
from synchub.files.places import FAILED, NOWHERE, PROCESSED, Entry
from synchub.files.settings import HUB as OWN
from synchub.files.settings import FileSettings
from synchub.files.spool import Spooled
from synchub.files.steady import Sight
from synchub.files.tables import Collection, FileRun, FileSighting, State
from synchub.files.troubles import FILE, MOVE
from synchub.intake.journal import ACCEPTED, REPEAT
from synchub.intake.submission import new_message_id
from synchub.intake.tables import Message
from synchub.master.series import read_counter
from synchub.master.tables import Change

MESSAGES = db.table_of(Message)
SIGHTINGS = db.table_of(FileSighting)
ENDED = (State.HELD, State.DONE, State.FAILED, State.REFUSED)
"""States in which the delivered file is not needed where it is; in the hub's own inbox one that is held still is."""
HALF_DAY = 12 * 3600 * SECOND
LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Take:
    """A whole file that was read: of which connection and dialect, of which table, and the time that it speaks for."""

    surface: str
    table: str
    sight: Sight
    spooled: Spooled
    as_of: int


@dataclass(frozen=True, slots=True)
class Known:
    """A run with the same content as another one."""

    id: int
    message: UUID


def sightings(session: Session, connection: int) -> dict[str, Sight]:
    """What was seen in a connection's place and is not moved away yet, by name."""
    seen = select(FileSighting).where(FileSighting.connection_id == connection)
    return {each.name: _sight(each) for each in session.scalars(seen)}


def _sight(seen: FileSighting) -> Sight:
    entry = Entry(seen.name, seen.size, seen.modified_at)
    return Sight(entry, seen.first_seen_at, seen.changed_at, seen.looks, seen.run_id)


def see(session: Session, connection: int, sights: Iterable[Sight], gone: Iterable[str]) -> None:
    """Keep what a look saw; drop what is not there any more, and the trouble with it."""
    for sight in sights:
        row = {
            "connection_id": connection,
            "name": sight.entry.name,
            "size": sight.entry.size,
            "modified_at": sight.entry.modified_at,
            "first_seen_at": sight.first_seen_at,
            "changed_at": sight.changed_at,
            "looks": sight.looks,
            "run_id": sight.run,
        }
        kept = db.insert(session, SIGHTINGS).values(row)
        session.execute(kept.on_conflict_do_update(index_elements=["connection_id", "name"], set_=row))
    for name in gone:
        alerts.clear(session, connection, FILE, name)
        _drop(session, connection, name)


def _drop(session: Session, connection: int, name: str) -> None:
    alerts.clear(session, connection, MOVE, name)
    session.execute(delete(FileSighting).where(FileSighting.connection_id == connection, FileSighting.name == name))


@dataclass(frozen=True, slots=True)
class Over:
    """A delivered file that is not needed where it is, with its run and the folder that it goes into."""

    connection: int
    entry: Entry
    run: int
    folder: str


def ended(session: Session, connection: int) -> list[Over]:
    """The delivered files of a connection that are not needed where they are."""
    return list(_over(session, FileSighting.connection_id == connection))


def movable(session: Session) -> list[Over]:
    """The delivered files that are not needed where they are, of connections that are well."""
    well = select(Collection.connection_id).where(Collection.failures == 0)
    return list(_over(session, FileSighting.connection_id.in_(well)))


def _over(session: Session, these: ColumnElement[bool]) -> Iterator[Over]:
    statement = (
        select(FileSighting, FileRun, Connection.settings, Message.body_file)
        .join(FileRun, FileRun.id == FileSighting.run_id)
        .join(Connection, Connection.id == FileSighting.connection_id)
        .join(Message, Message.id == FileRun.message_id)
        .where(FileRun.state.in_(ENDED), these)
    )
    for seen, run, settings, body in session.execute(statement):
        where = _own_folder(run, body) if settings.get("files") == OWN else _folder(run)
        if where is not None:
            yield Over(seen.connection_id, _sight(seen).entry, run.id, where)


def _folder(run: FileRun) -> str:
    return FAILED if run.state == State.FAILED else PROCESSED


def _own_folder(run: FileRun, body: str | None) -> str | None:
    """In the hub's own inbox nothing stays that the journal has; None: it is not known yet whether it will."""
    if run.state == State.HELD or run.spooled is not None:
        return None
    return FAILED if run.state == State.FAILED or body is None else NOWHERE


def moved(session: Session, over: Over) -> None:
    """Write down that a delivered file was moved away."""
    _drop(session, over.connection, over.entry.name)
    session.execute(update(FileRun).where(FileRun.id == over.run).values(moved_to=over.folder))


def take(session: Session, connection: int, took: Take, settings: FileSettings) -> bool:
    """Make a run of a file; False if it repeats one."""
    known = _known(session, connection, took)
    message = new_message_id()
    session.execute(MESSAGES.insert(), _message(session, connection, message, took, known))
    run = known.id if known else _begin(session, connection, message, took, settings)
    these = (FileSighting.connection_id == connection, FileSighting.name == took.sight.entry.name)
    session.execute(update(FileSighting).where(*these).values(run_id=run))
    alerts.clear(session, connection, FILE, took.sight.entry.name)
    return known is None


def _known(session: Session, connection: int, took: Take) -> Known | None:
    """The run of the same content, if to read that again would say nothing new.

    It would, if another content came between, or if half a day has passed and the partner has said something since:
    then this is another export, which says that what changed was taken back.
    """
    live = (
        select(FileRun)
        .where(FileRun.connection_id == connection, FileRun.table_name == took.table, FileRun.state != State.FAILED)
        .order_by(FileRun.as_of.desc(), FileRun.id.desc())
    )
    same = session.scalars(live.where(FileRun.digest == took.spooled.digest).limit(1)).first()
    latest = session.scalars(live.limit(1)).first()
    if same is None or latest is None:
        return None
    is_old = took.as_of <= latest.as_of
    is_latest = same.id == latest.id and (
        took.as_of - latest.as_of < HALF_DAY or not _has_spoken(session, connection, latest.message_id)
    )
    return Known(same.id, same.message_id) if is_old or is_latest else None


def _has_spoken(session: Session, connection: int, message: UUID) -> bool:
    """Whether the partner said anything else since a file was taken."""
    since = select(Message.seen).where(Message.id == message).scalar_subquery()
    elsewhere = or_(Change.message_id.is_(None), Change.message_id != message)
    said = exists().where(Change.number > since, Change.connection_id == connection, elsewhere)
    return bool(session.scalar(select(said)))


def _message(session: Session, connection: int, message: UUID, took: Take, known: Known | None) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": message,
        "parent_id": known.message if known else None,
        "surface": took.surface,
        "connection_id": connection,
        "state": REPEAT if known else ACCEPTED,
        "method": METHOD,
        "path": took.sight.entry.name,
        "digest": took.spooled.digest,
        "received_at": now,
        "duration": 0,
        "content_type": "text/csv",
        "size": min(took.spooled.size, LARGEST),
        "seen": read_counter(session),
        "counts": {},
    }


def _begin(session: Session, connection: int, message: UUID, took: Take, settings: FileSettings) -> int:
    weigh(session, connection, took.table, took.spooled.size, settings)
    run = FileRun(
        connection_id=connection,
        message_id=message,
        table_name=took.table,
        name=took.sight.entry.name,
        size=took.spooled.size,
        digest=took.spooled.digest,
        modified_at=took.sight.entry.modified_at,
        seen_at=took.sight.first_seen_at,
        as_of=took.as_of,
        state=State.TAKEN,
        spooled=took.spooled.name,
        taken_at=clock.now(),
    )
    session.add(run)
    session.flush()
    return run.id
