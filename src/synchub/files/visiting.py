"""One look into one connection's place: see what is there, take what is whole, move away what is over."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os.path import normpath
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.config import Settings
from synchub.connections.tables import Connection
from synchub.errors import Interrupted, Misconfigured
from synchub.files import spool, turns
from synchub.files.dating import speaks_for
from synchub.files.places import Entry, LocalPlace, OwnPlace, Place, Vanished, Withheld, inbox
from synchub.files.reader import Reader, Table
from synchub.files.settings import HUB, FileSettings
from synchub.files.sftp import reach
from synchub.files.spool import Spooled
from synchub.files.ssh import Address
from synchub.files.steady import Sight, is_overdue, is_whole, seen_again
from synchub.files.taking import Over, Take, ended, moved, see, sightings, take
from synchub.files.troubles import FILE, MOVE, trouble
from synchub.files.turns import Turn

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


def settings_of(connection: Connection) -> FileSettings:
    """A connection's settings as far as files are concerned.

    Raises:
        Misconfigured: they were kept by an older version and do not fit.
    """
    ours = {name: value for name, value in connection.settings.items() if name in FileSettings.model_fields}
    try:
        return FileSettings.model_validate(ours)
    except ValidationError as error:
        raise Misconfigured(f"the settings of files of connection '{connection.name}' do not fit: {error}") from None


def zone_of(connection: Connection) -> ZoneInfo:
    """A connection's time zone.

    Raises:
        Misconfigured: this machine does not know it.
    """
    try:
        return ZoneInfo(connection.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Misconfigured(
            f"the time zone {connection.time_zone} of connection '{connection.name}' is not known on this machine"
        ) from None


def open_place(
    connection: Connection, files: FileSettings, secrets: Callable[[], Mapping[str, str]], settings: Settings
) -> Place:
    """The place of a connection.

    Raises:
        OutOfReach: it cannot be opened at the moment.
    """
    if files.files.startswith("sftp://"):
        address = Address.of(connection.name, files.files)
        return reach(address, files.files_host_key, secrets(), private=settings.allow_private_targets)
    if files.files != HUB:
        return LocalPlace(Path(files.files))
    ours = inbox(settings.data_dir, connection.name)
    ours.mkdir(mode=0o700, parents=True, exist_ok=True)
    return OwnPlace(ours)


def ground_of(connection: Connection, data_dir: Path) -> str:
    """What tells a connection's place from others, however it is written; nothing is asked of the place."""
    files = str(connection.settings.get("files", ""))
    if files.startswith("sftp://"):
        address = Address.of(connection.name, files)
        return f"{address.user}@{address.host}:{address.port} {normpath(address.directory)}"
    return normpath((inbox(data_dir, connection.name) if files == HUB else Path(files)).absolute())


@dataclass(slots=True)
class Patience:
    """Leaves in peace a file with which something failed, longer each time; kept by the process alone.

    `delays` are seconds, the last one repeats.
    """

    delays: Sequence[float]
    _failed: dict[tuple[int, str, str], tuple[int, float]] = field(default_factory=dict)

    def has(self, connection: int, kind: str, name: str) -> bool:
        """Whether it may be tried again."""
        return self._failed.get((connection, kind, name), (0, 0.0))[1] <= time.monotonic()

    def fail(self, connection: int, kind: str, name: str) -> None:
        """Say that it failed."""
        times = self._failed.get((connection, kind, name), (0, 0.0))[0]
        delay = self.delays[min(times, len(self.delays) - 1)]
        self._failed[connection, kind, name] = times + 1, time.monotonic() + delay

    def succeed(self, connection: int, kind: str, name: str) -> None:
        """Say that it did not fail."""
        self._failed.pop((connection, kind, name), None)

    def forget(self, connection: int, name: str) -> None:
        """Say that the file is no more."""
        for kind in (FILE, MOVE):
            self.succeed(connection, kind, name)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found beside what it took.

    `waits`: files are not taken yet; `overdue` are those of them that never seem to become whole, `strangers` names
    that are none of ours.
    """

    waits: bool
    overdue: list[str]
    strangers: list[str]


@dataclass(frozen=True, slots=True)
class Visit:
    """One look; `stops` says that the process is to end."""

    engine: Engine
    data_dir: Path
    connection: Connection
    reader: Reader
    files: FileSettings
    zone: ZoneInfo
    turn: Turn
    patience: Patience
    stops: Callable[[], bool]

    def look(self, place: Place) -> Seen:
        """Look, take, tidy.

        Raises:
            OutOfReach: the place is lost.
            Unspooled: the spool takes no file.
            Interrupted: the process stops, or another one has the turn.
        """
        entries = {entry.name: entry for entry in place.list()}
        tables = {name: table for name in entries if (table := self._table(name)) is not None}
        sights = self._see({name: entries[name] for name in tables})
        fresh = [sight for sight in sights.values() if sight.run is None]
        whole = [sight for sight in fresh if self._is_whole(sight, entries)]
        whole.sort(key=self._as_of)
        taken = {one.entry.name for one in whole if self._take(place, one, tables[one.entry.name])}
        left = [sight for sight in fresh if sight.entry.name not in taken]
        overdue = [sight.entry.name for sight in left if is_overdue(sight, self.files, clock.now())]
        self._tidy(place, entries)
        strangers = [name for name in entries if name not in tables and not name.endswith(self.files.files_done)]
        return Seen(bool(left), overdue, [*strangers, *place.odd])

    def _table(self, name: str) -> Table | None:
        return None if name.endswith(self.files.files_done) else self.reader.table_of(name)

    def _is_whole(self, sight: Sight, entries: Mapping[str, Entry]) -> bool:
        is_done = sight.entry.name + self.files.files_done in entries
        return is_whole(sight, self.files, clock.now(), is_done=is_done)

    def _as_of(self, sight: Sight) -> int:
        return speaks_for(sight, self.files, self.zone)

    def _see(self, entries: Mapping[str, Entry]) -> dict[str, Sight]:
        """What is known of the files that are there, by name."""
        with db.reading(self.engine) as session:
            before = sightings(session, self.connection.id)
        now = clock.now()
        sights = {name: seen_again(before.get(name), entry, now) for name, entry in entries.items()}
        changed = [sight for name, sight in sights.items() if sight.run is None or sight != before.get(name)]
        gone = before.keys() - sights.keys()
        if changed or gone:
            self._store(lambda session: see(session, self.connection.id, changed, gone))
        for name in gone:
            self.patience.forget(self.connection.id, name)
        return sights

    def _take(self, place: Place, sight: Sight, table: Table) -> bool:
        """Whether a file is taken, so that it need not be looked for again."""
        entry = sight.entry
        if not self.patience.has(self.connection.id, FILE, entry.name):
            return False
        try:
            spooled = spool.write(self.data_dir, self._steps(place.read(entry)), entry.size)
        except (Vanished, Withheld) as error:
            self._fail(FILE, entry.name, str(error))
            return False
        came, is_needed = False, False
        try:
            came = is_needed = self._came_whole(place, entry, spooled)
            if came:  # if only the answer to the commit is lost, a run needs it; what none names is swept
                is_needed = self._keep(sight, table, spooled)
        except Interrupted:
            is_needed = False
            raise
        finally:
            if not is_needed:
                spool.drop(self.data_dir, spooled.name)
        return came

    def _steps(self, content: Iterator[bytes]) -> Iterator[bytes]:
        for step in content:
            if self.stops():
                raise Interrupted("the process stops while it reads a file")
            yield step

    def _came_whole(self, place: Place, entry: Entry, spooled: Spooled) -> bool:
        if place.look(entry.name) != entry:
            log.info("a file changed while it was read", connection=self.connection.name, file=entry.name)
            self.patience.fail(self.connection.id, FILE, entry.name)
            return False
        if spooled.size != entry.size:
            self._fail(FILE, entry.name, f"{entry.name} came with {spooled.size} of its {entry.size} bytes")
            return False
        return True

    def _keep(self, sight: Sight, table: Table, spooled: Spooled) -> bool:
        """Whether what was read is now a run's."""
        entry = sight.entry
        took = Take(self.connection.dialect, table.name, sight, spooled, self._as_of(sight))
        is_new = self._store(lambda session: take(session, self.connection.id, took, self.files))
        self.patience.succeed(self.connection.id, FILE, entry.name)
        what = "a file was taken" if is_new else "a file was known already"
        log.info(what, connection=self.connection.name, file=entry.name, table=table.name, size=entry.size)
        return is_new

    def _tidy(self, place: Place, entries: Mapping[str, Entry]) -> None:
        """Move away the files whose runs need them no more, each with its done-file."""
        with db.reading(self.engine) as session:
            over = ended(session, self.connection.id)
        for one in over:
            if self.stops():
                return
            if self.patience.has(self.connection.id, MOVE, one.entry.name):
                self._move(place, one, entries.get(one.entry.name + self.files.files_done))

    def _move(self, place: Place, over: Over, done: Entry | None) -> None:
        """The done-file goes first: alone it would call the next file of that name whole."""
        entry = over.entry
        try:
            if done is not None and self.files.files_ready == "done-file":
                place.move(done, over.folder)
            place.move(entry, over.folder)
        except Withheld as error:
            self._fail(MOVE, entry.name, str(error))
            return
        except Vanished as error:
            log.info(str(error), connection=self.connection.name)
            return
        self.patience.succeed(self.connection.id, MOVE, entry.name)
        self._store(lambda session: moved(session, over))

    def _fail(self, kind: str, name: str, said: str) -> None:
        self.patience.fail(self.connection.id, kind, name)
        self._store(lambda session: trouble(session, self.connection.id, kind, name, said))

    def _store(self, work: Callable[[Session], Result]) -> Result:
        """The result of a transaction in which the turn is ours."""

        def fenced(session: Session) -> Result:
            if not turns.hold(session, self.turn):
                raise Interrupted("another process looks into this place now")
            return work(session)

        return db.retrying(self.engine, fenced)
