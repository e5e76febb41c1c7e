"""A turn at one connection's place: taken, used, and given back with what came of it.

Whatever fails ends here: as one alert while it lasts, one line in the log, and a later time to try again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from random import SystemRandom
from secrets import token_hex
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from synchub import alerts, clock, db
from synchub.clock import SECOND
from synchub.config import Settings
from synchub.connections.directory import Directory
from synchub.connections.tables import Connection
from synchub.errors import Interrupted, SynchubError
from synchub.files import turns
from synchub.files.calendar import next_look, watch_for_late
from synchub.files.places import OutOfReach
from synchub.files.reader import Reader, ReaderFactory
from synchub.files.settings import FileSettings
from synchub.files.spool import Unspooled
from synchub.files.troubles import DISK, EVERY_FILE, NAMES, PLACE, SPOOL, STRANGE, UNTAKEN, trouble
from synchub.files.turns import Turn
from synchub.files.visiting import Patience, Seen, Visit, ground_of, open_place, settings_of, zone_of

Result = TypeVar("Result")

SPREAD = 0.2
SHOWN = 5
OF_NO_KIND = "files of no kind that is known are left alone (setting files_patterns)"
NEVER_WHOLE = "files have been there for hours and cannot be taken, as they are not whole yet (setting files_ready)"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """What is needed to look: whose place it is, whose turn, and how its files are found and read."""

    connection: Connection
    turn: Turn
    files: FileSettings
    reader: Reader
    zone: ZoneInfo

    def watch_for_late(self, session: Session) -> None:
        """Raise what should be there and is not."""
        watch_for_late(session, self.connection, self.files, self.reader.table_of, clock.now())


@dataclass(frozen=True, slots=True)
class Attendant:
    """Looks into places; `stops` says that the process is to end."""

    engine: Engine
    settings: Settings
    readers: Mapping[str, ReaderFactory]
    directory: Directory
    stops: Callable[[], bool]
    patience: Patience
    token: str = field(default_factory=lambda: token_hex(16))
    _visited: set[int] = field(default_factory=set)

    def visit(self, connection: Connection, *, at_once: bool) -> bool:
        """Look into one place, if it is due (or `at_once`); False if somebody else has the turn. Raises nothing."""
        try:
            turn = self._store(lambda session: self._claim(session, connection, at_once=at_once))
            if turn is None:
                return False
            with self._visiting(connection.id):
                self._attend(connection, turn)
        except Exception as error:  # the edge: the lease runs out, and the place is looked into again
            if not db.is_unavailable(error):
                log.exception("a place could not be looked into", connection=connection.name)
        return True

    def renew(self) -> None:
        """Renew the turns that are being used; one that could not be given back runs out."""
        if visited := self._visited.copy():
            self._store(lambda session: turns.renew(session, self.token, visited))

    @contextmanager
    def _visiting(self, connection: int) -> Iterator[None]:
        self._visited.add(connection)
        try:
            yield
        finally:
            self._visited.discard(connection)

    def _claim(self, session: Session, connection: Connection, *, at_once: bool) -> Turn | None:
        return turns.claim(session, connection.id, self.token, clock.now(), at_once=at_once)

    def _attend(self, connection: Connection, turn: Turn) -> None:
        try:
            reader = self.readers[connection.dialect](connection.settings)
            post = Post(connection, turn, settings_of(connection), reader, zone_of(connection))
        except (SynchubError, ValueError) as unfit:
            self._store(partial(self._fail, turn=turn, error=unfit))
            return
        try:
            seen = self._look(post)
        except Interrupted:
            self._store(partial(turns.end, turn=turn, due=clock.now(), failures=turn.failures, reason=None))
        except Exception as error:
            if db.is_unavailable(error):
                raise
            self._store(partial(self._end_badly, post=post, error=error))
        else:
            self._store(partial(self._end_well, post=post, seen=seen))

    def _look(self, post: "Post") -> Seen:
        partner, files, turn = post.connection, post.files, post.turn
        self._check_alone(partner)
        mine = (turn, self.patience, self.stops)
        visit = Visit(self.engine, self.settings.data_dir, partner, post.reader, files, post.zone, *mine)
        with closing(open_place(partner, files, lambda: self.directory.secrets(partner), self.settings)) as place:
            return visit.look(place)

    def _check_alone(self, connection: Connection) -> None:
        """See that no connection that was there before has the same place: what comes would be either's.

        Raises:
            OutOfReach: one has.
        """
        data_dir = self.settings.data_dir
        ground = ground_of(connection, data_dir)
        for elder in self.directory.everyone():
            collects = elder.active and elder.dialect in self.readers and elder.settings.get("files")
            if elder.id < connection.id and collects and ground_of(elder, data_dir) == ground:
                raise OutOfReach(f"connection '{elder.name}' has its files there: set files to a directory of its own")

    def _end_well(self, session: Session, post: "Post", seen: Seen) -> None:
        connection = post.connection.id
        alerts.clear(session, connection, PLACE, EVERY_FILE)
        alerts.clear(session, connection, SPOOL, DISK)
        _tell_of(session, connection, STRANGE, seen.strangers, OF_NO_KIND)
        _tell_of(session, connection, UNTAKEN, seen.overdue, NEVER_WHOLE)
        post.watch_for_late(session)
        due = next_look(post.files, post.zone, clock.now(), waits=seen.waits)
        turns.end(session, post.turn, due=due, failures=0, reason=None)

    def _end_badly(self, session: Session, post: "Post", error: Exception) -> None:
        self._fail(session, post.turn, error)
        post.watch_for_late(session)

    def _fail(self, session: Session, turn: Turn, error: Exception) -> None:
        """Say what failed, and leave the place in peace for a while."""
        said = " ".join(str(error).split())
        if not isinstance(error, SynchubError | ValueError):
            log.error("a look failed by a fault of the hub's own", exc_info=error)
            said = f"a look failed by a fault of the hub's own ({type(error).__name__}): its log says more"
        kind, subject = (SPOOL, DISK) if isinstance(error, Unspooled) else (PLACE, EVERY_FILE)
        trouble(session, turn.connection, kind, subject, said)
        delay = self.settings.delays[min(turn.failures, len(self.settings.delays) - 1)]
        due = clock.now() + int(delay * SystemRandom().uniform(1 - SPREAD, 1 + SPREAD) * SECOND)
        turns.end(session, turn, due=due, failures=turn.failures + 1, reason=said)

    def _store(self, work: Callable[[Session], Result]) -> Result:
        return db.retrying(self.engine, work)


def _tell_of(session: Session, connection: int, kind: str, names: Sequence[str], said: str) -> None:
    """Raise an alert about files, or clear it if there are none."""
    if names:
        shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
        trouble(session, connection, kind, NAMES, f"{said}: {shown}")
    else:
        alerts.clear(session, connection, kind, NAMES)
