"""The collector: looks into the places of all connections, and has the rows of what it took stored.

Each look has a thread of its own, so that a server that does not answer keeps nobody waiting but itself, and a lease
(`turns`), so that any number of processes share the work.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from synchub import alerts, clock, db
from synchub.clock import SECOND
from synchub.config import Settings
from synchub.connections.directory import Directory
from synchub.connections.tables import HUB, Connection
from synchub.errors import SynchubError, Unavailable
from synchub.files import spool, turns
from synchub.files.attending import Attendant
from synchub.files.reader import ReaderFactory
from synchub.files.tables import Collection, FileRun
from synchub.files.taking import movable
from synchub.files.troubles import EVERY_FILE, EVERY_ROW, MOVE, PLACE, ROWS, trouble
from synchub.files.visiting import Patience

POLL = 1.0
"""Seconds after which everybody looks for work at the latest."""
PATIENCE = 3.0
"""Seconds for which one look at everything waits for somebody else's look at a place to end."""
LONGEST = 3600 * SECOND
"""Microseconds after which a look that goes on is told of."""
SWEEP = 3600.0
"""Seconds between two sweeps of the spool."""

Advance = Callable[[], bool]
"""Does one step of some file's run; whether there may be more to do."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Look:
    """A look under way, since when (microseconds), and whether it is told that it does not end."""

    thread: threading.Thread
    begun: int
    is_told: bool = False


class Collector:
    """Collects the files of all connections; `readers` has the factory of each dialect that has files, by name."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        readers: Mapping[str, ReaderFactory],
        directory: Directory,
        advance: Advance | None = None,
    ) -> None:
        self._engine, self._settings, self._readers, self._directory = engine, settings, readers, directory
        self._advance = advance or self._advance_runs
        self._stop, self._arrived = threading.Event(), threading.Event()
        self._patience = Patience(settings.delays)
        self._attendant = Attendant(engine, settings, readers, directory, self._stop.is_set, self._patience)
        self._looks: dict[int, Look] = {}
        self._marks: dict[int, str] = {}
        self._present: frozenset[int] | None = None
        self._swept = float("-inf")
        self._parts = [_thread(work) for work in (self._keep_watch, self._store_rows, self._beat)]

    def start(self) -> None:
        """Begin to collect."""
        db.retrying(self._engine, turns.adopt)
        for part in self._parts:
            part.start()

    def stop(self, drain: float) -> None:
        """End within `drain` seconds; a file that is being read is read again by whoever looks next."""
        self._stop.set()
        self._arrived.set()
        end = time.monotonic() + drain
        for part in self._parts:
            part.join(max(0.0, end - time.monotonic()))
        for look in self._looks.copy().values():  # none begins any more
            look.thread.join(max(0.0, end - time.monotonic()))

    def look(self) -> dict[str, str]:
        """Look into every place once, due or not, and store what came; why some could not be looked into, by name."""
        with self._beating():
            places = self._places()
            missed = self._look_into(places.values())
            while self._advance():
                pass
            over = self._movable()
            self._look_into(one for id_, one in places.items() if id_ in over)
        return dict.fromkeys(missed, "another process looks into it at the moment") | self._reasons()

    def _look_into(self, connections: Iterable[Connection]) -> list[str]:
        """Look into places at the same time; the names of those that could not be had."""
        missed: list[str] = []

        def visit(connection: Connection) -> None:
            end = time.monotonic() + PATIENCE
            while not self._attendant.visit(connection, at_once=True):
                if time.monotonic() > end:
                    missed.append(connection.name)
                    return
                self._stop.wait(POLL / 10)

        looks = [_thread(visit, one) for one in connections]
        for look in looks:
            look.start()
        for look in looks:
            look.join()
        return sorted(missed)

    def _reasons(self) -> dict[str, str]:
        failed = select(Connection.name, Collection.reason).join(Collection, Collection.connection_id == Connection.id)
        with db.reading(self._engine) as session:
            rows = session.execute(failed.where(Collection.reason.is_not(None)).order_by(Connection.id))
            return {row.name: row.reason for row in rows}

    def _places(self) -> dict[int, Connection]:
        """The connections that have files."""
        able = [one for one in self._directory.everyone() if one.active and one.dialect in self._readers]
        return {one.id: one for one in able if one.settings.get("files")}

    def _keep_watch(self) -> None:
        while not self._stop.is_set():
            rest = POLL
            try:
                rest = self._look_around()
            except Unavailable:
                log.debug("the places could not be looked at")
            except Exception as error:  # the edge: whatever it is, the watch goes on
                if not db.is_unavailable(error):
                    log.exception("the places could not be looked at")
            self._stop.wait(rest)

    def _look_around(self) -> float:
        """Begin a look at every place that is due; the seconds after which to come again."""
        places = self._places()
        self._forget(frozenset(places))
        self._sweep()
        if not places:
            return POLL
        with db.reading(self._engine) as session:
            due = turns.due(session, now := clock.now())
        over = self._movable()
        for id_, connection in places.items():
            if (look := self._looks.get(id_)) is not None and look.thread.is_alive():
                self._watch(connection, look)
                continue
            at_once = self._is_mended(connection) or id_ in over
            if at_once or due.get(id_, 0) <= now:
                look = Look(_thread(self._attendant.visit, connection, at_once=at_once), now)
                look.thread.start()
                self._looks[id_] = look
        intervals = [one.settings.get("files_every") for one in places.values()]
        return min([POLL, *(float(every) for every in intervals if isinstance(every, int | float))])

    def _is_mended(self, connection: Connection) -> bool:
        """Whether its settings or secrets changed, so that what it was in trouble for may be over."""
        mark = repr((connection.settings, connection.sealed))
        before, self._marks[connection.id] = self._marks.get(connection.id, mark), mark
        return before != mark

    def _watch(self, connection: Connection, look: "Look") -> None:
        """Say once of a look that it does not come to an end: a directory of another machine may hang for ever."""
        if look.is_told or clock.now() - look.begun < LONGEST:
            return
        look.is_told = True
        said = "a look that began more than an hour ago goes on: the place does not answer, or a file is very large"
        db.retrying(self._engine, lambda session: trouble(session, connection.id, PLACE, EVERY_FILE, said))

    def _forget(self, present: frozenset[int]) -> None:
        if present != self._present:
            db.retrying(self._engine, lambda session: turns.forget(session, present))
            self._present = present

    def _movable(self) -> set[int]:
        with db.reading(self._engine) as session:
            over = movable(session)
        return {one.connection for one in over if self._patience.has(one.connection, MOVE, one.entry.name)}

    def _sweep(self) -> None:
        if time.monotonic() - self._swept < SWEEP:
            return
        self._swept = time.monotonic()
        with db.reading(self._engine) as session:
            named = set(session.scalars(select(FileRun.spooled).where(FileRun.spooled.is_not(None))))
        if left := spool.sweep(self._settings.data_dir, {name for name in named if name}):
            log.info("the spool was swept", files=left)

    def _store_rows(self) -> None:
        failures, was_well = 0, False
        while not self._stop.is_set():
            try:
                busy = self._advance()
                if not was_well:
                    db.retrying(self._engine, lambda session: alerts.clear(session, HUB, ROWS, EVERY_ROW))
            except Exception as error:  # the edge: a run's own faults are its own; this is the store, or the disk
                if not isinstance(error, OSError | SynchubError | SQLAlchemyError):
                    log.exception("rows of a file could not be stored by a fault of the hub's own")
                self._tell(error)
                self._stop.wait(self._settings.delays[min(failures, len(self._settings.delays) - 1)])
                failures, was_well = failures + 1, False
            else:
                failures, was_well = 0, True
                self._stop.wait(0 if busy else POLL)

    def _tell(self, error: Exception) -> None:
        """Say once that no rows can be stored."""
        reason = str(error).partition("\n")[0] or type(error).__name__
        said = f"rows of files cannot be stored: {reason}"
        try:
            db.retrying(self._engine, lambda session: trouble(session, HUB, ROWS, EVERY_ROW, said))
        except SQLAlchemyError as another:  # then whoever asks the hub hears of it
            log.debug("an alert could not be kept", reason=str(another).partition("\n")[0])

    def _advance_runs(self) -> bool:
        from synchub.files.running import advance

        return advance(self._engine, self._settings, self._readers)

    def _beat(self) -> None:
        self._renew_until(self._stop)

    @contextmanager
    def _beating(self) -> Iterator[None]:
        """Keep our turns renewed during the block."""
        over = threading.Event()
        beat = _thread(self._renew_until, over)
        beat.start()
        try:
            yield
        finally:
            over.set()
            beat.join()

    def _renew_until(self, over: threading.Event) -> None:
        while not over.wait(turns.BEAT):
            try:
                self._attendant.renew()
            except SQLAlchemyError as error:  # a turn that is not renewed runs out by itself
                log.warning("the turns of looking were not renewed", reason=str(error).partition("\n")[0])


def _thread(work: Callable[..., object], *arguments: object, **more: object) -> threading.Thread:
    name = work.__name__.strip("_").replace("_", "-")
    return threading.Thread(target=work, args=arguments, kwargs=more, name=f"collect-{name}", daemon=True)
