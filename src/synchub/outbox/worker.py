"""The worker: a thread or a few for every target, so that one in trouble never slows another.

Each pumps, claims, sends and settles in turn. The list of targets is looked at each second; a target whose settings or
secrets changed gets new threads with a new sender. Whoever keeps that watch also finishes what a rule change began and
nobody else finished (`master.weighing`).
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Engine, bindparam, exists, select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.clock import SECOND
from synchub.config import Settings
from synchub.connections.directory import Directory
from synchub.connections.tables import Connection
from synchub.contents.keeping import shelf
from synchub.errors import SynchubError, Unavailable
from synchub.master.tables import MasterRecord
from synchub.master.weighing import weigh_anew
from synchub.outbox.backoff import Retry
from synchub.outbox.bell import Bell, Listener
from synchub.outbox.courier import Courier
from synchub.outbox.feed import Follower
from synchub.outbox.http import OutboundClient
from synchub.outbox.leases import Leases
from synchub.outbox.pump import pump
from synchub.outbox.sender import EnclosingSender, EventSender, Sender, SenderFactory
from synchub.outbox.settle import Policy
from synchub.outbox.tables import Delivery, State

POLL = 1.0
"""Seconds after which everybody looks for work without being woken."""
PACE = 0.05
"""Seconds between two pumps of one target, so that many targets do not take the store from those who write."""
SINGLES = 4
"""Calls at once for a target whose calls carry one record."""

FINISHING = 0.6
"""The share of the time to stop in which calls may finish; the rest is for writing their outcomes down."""

# Statements are built once: that costs more than to run them on a few rows.
WAITS = select(
    exists().where(MasterRecord.changed > Connection.cursor).correlate(Connection),
    exists()
    .where(
        Delivery.connection_id == Connection.id,
        Delivery.state == State.WAITING,
        Delivery.due <= bindparam("now"),
        Delivery.lease_until <= bindparam("now"),
    )
    .correlate(Connection),
).where(Connection.id == bindparam("target"), Connection.backoff_until <= bindparam("now"))
"""Whether a target's cursor is behind, and whether a delivery is due: asked before anything is locked."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Ending:
    """When a target's threads are to end; `at` is on the process's monotonic clock."""

    asked: threading.Event = field(default_factory=threading.Event)
    at: float = float("inf")

    def within(self, seconds: float) -> None:
        """Ask to end, giving what is under way that long."""
        self.at = time.monotonic() + seconds
        self.asked.set()

    def left(self) -> float:
        """Seconds that a call under way may still take."""
        return self.at - time.monotonic()


class Crew:
    """The threads of one target."""

    def __init__(self, courier: Courier, window: int, bell: Bell, ending: Ending) -> None:
        self.ending = ending
        self._courier, self._window, self._bell = courier, window, bell
        sender = courier.sender
        follows = isinstance(sender, EventSender) and sender.follows
        self._follower = Follower(courier, sender) if isinstance(sender, EventSender) and follows else None
        self._pumping, self._pumped = threading.Lock(), 0.0
        size = 1 if self._follower else _parallel(courier.connection, sender)
        name = courier.connection.name
        self._threads = [threading.Thread(target=self._run, name=f"tell-{name}-{n}", daemon=True) for n in range(size)]

    def start(self) -> None:
        """Begin to tell the target."""
        for thread in self._threads:
            thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for the threads to end; whether they did."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            return False
        self._courier.sender.close()
        return True

    def _run(self) -> None:
        while not self.ending.asked.is_set():
            heard = self._bell.count
            try:
                rest = self.step()
            except Exception as error:  # the edge: whatever it is, the target's thread goes on a second later
                if not db.is_unavailable(error):
                    log.exception("telling a target failed", target=self._courier.connection.name)
                self.ending.asked.wait(POLL)
                continue
            if rest:
                self._bell.wait(heard, rest)

    def step(self) -> float:
        """Look once for something to tell, and tell it; the seconds after which to look again if no bell rings."""
        with db.reading(self._courier.engine) as session:
            behind, due = _waits(session, self._courier.connection.id)
        busy, rest = False, POLL
        if behind and self._follower is not None:
            busy = self._follower.carry_next()
        elif behind:
            busy, rest = self._pump()
        if due and self._courier.carry_next():
            busy = True
        return 0.0 if busy else rest

    def _pump(self) -> tuple[bool, float]:
        """Whether there was anything to pump; and if another thread is at it, or was just now, when to look again."""
        if not self._pumping.acquire(blocking=False):
            return False, POLL
        try:
            if (early := self._pumped + PACE - time.monotonic()) > 0:
                return False, early
            courier, self._pumped = self._courier, time.monotonic()
            pumped = db.retrying(
                courier.engine,
                lambda session: pump(session, courier.connection, courier.sender, self._window, clock.now()),
            )
        finally:
            self._pumping.release()
        return pumped > 0, POLL


def _parallel(connection: Connection, sender: Sender) -> int:
    return int(connection.settings.get("parallel") or (SINGLES if sender.batch == 1 else 1))


def _waits(session: Session, connection: int) -> tuple[bool, bool]:
    """Whether a target's cursor is behind, and whether a delivery is due, looked at without a lock.

    What comes to be while a target is in trouble waits behind its cursor and takes no row.
    """
    found = session.execute(WAITS, {"target": connection, "now": clock.now()}).one_or_none()
    return (bool(found[0]), bool(found[1])) if found else (False, False)


Chore = Callable[[Engine], bool]
"""Something that others leave to whoever tells; done a step at a time, it answers whether there may be more of it."""


class Worker:
    """Tells all targets; `senders` has the factory of each dialect that can be told, by the dialect's name."""

    def __init__(
        self,
        engine: Engine,
        directory: Directory,
        settings: Settings,
        senders: Mapping[str, SenderFactory],
        chores: Sequence[Chore] = (),
    ) -> None:
        self._engine, self._directory, self._settings, self._senders = engine, directory, settings, senders
        self._chores = chores
        self._policy = Policy(Retry(settings.delays), int(settings.echo_window * SECOND))
        self._bell = Bell()
        self._listener = Listener(engine, self._bell)
        self._leases = Leases(engine)
        self._crews: dict[int, tuple[str, Crew]] = {}
        self._leaving: list[Crew] = []
        self._complaints: dict[int, str] = {}
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._keep_watch, name="targets", daemon=True)

    def start(self) -> None:
        """Begin to tell."""
        self._leases.start()
        self._listener.start()
        self._watch.start()

    def wake(self) -> None:
        """Say that something was committed in this process; may be called from any thread."""
        self._bell.ring()

    def stop(self, drain: float) -> None:
        """End within `drain` seconds: what is under way is finished, what is left of a claim is given back."""
        self._stop.set()
        end = time.monotonic() + drain
        self._watch.join(drain)
        crews = [crew for _, crew in self._crews.values()]
        for crew in crews:
            crew.ending.within(max(0.0, end - time.monotonic()) * FINISHING)
        self._bell.ring()
        for crew in [*crews, *self._leaving]:
            crew.join(end - time.monotonic())
        self._listener.stop()
        self._leases.stop(max(0.0, end - time.monotonic()))

    def _keep_watch(self) -> None:
        while not self._stop.is_set():
            busy = False
            try:
                self._look_at_targets()
                busy = self._weigh_anew() | self._do_chores()
            except Unavailable:
                log.debug("the connections could not be looked at")
            except Exception:
                log.exception("the connections could not be looked at")
            if not busy:
                self._stop.wait(POLL)

    def _do_chores(self) -> bool:
        """Do a step of every chore; whether there may be more."""
        busy = [chore for chore in self._chores if chore(self._engine)]
        if busy:
            self._bell.ring()
        return bool(busy)

    def _weigh_anew(self) -> bool:
        """Weigh a window of the records that a rule change concerns; whether there may be more of them."""
        if all(one.weighed_to is None for one in self._directory.everyone()):
            return False
        moved = db.retrying(self._engine, weigh_anew)
        if moved:
            self._bell.ring()
        return moved is not None

    def _look_at_targets(self) -> None:
        present = {one.id: one for one in self._directory.targets() if one.dialect in self._senders}
        for number in self._crews.keys() - present.keys():
            self._dismiss(number)
        for connection in present.values():
            self._staff(connection)
        self._leaving = [crew for crew in self._leaving if not crew.join(0)]

    def _staff(self, connection: Connection) -> None:
        """See that a target has a crew, made for its present settings and secrets."""
        try:
            secrets = self._directory.secrets(connection)
            mark = repr((connection.name, connection.dialect, connection.settings, connection.told, secrets))
            if connection.id in self._crews and self._crews[connection.id][0] != mark:
                self._dismiss(connection.id)
            if connection.id not in self._crews:
                self._crews[connection.id] = (mark, self._hire(connection, secrets))
            self._complaints.pop(connection.id, None)
        except (SynchubError, ValueError) as error:
            if self._complaints.get(connection.id) != str(error):
                log.error("a target cannot be told", target=connection.name, reason=str(error))  # noqa: TRY400 - its text says all
            self._complaints[connection.id] = str(error)

    def _hire(self, connection: Connection, secrets: Mapping[str, str]) -> Crew:
        client = OutboundClient(allow_private=self._settings.allow_private_targets)
        sender = self._senders[connection.dialect](connection, secrets, client)
        if isinstance(sender, EnclosingSender):
            sender.contents = lambda digest: shelf(self._settings).get(digest)
        ending = Ending()
        courier = Courier(
            self._engine,
            connection,
            sender,
            self._policy,
            self._settings.attempt_seconds,
            self._leases,
            ending.left,
        )
        crew = Crew(courier, self._settings.pump_window, self._bell, ending)
        crew.start()
        return crew

    def _dismiss(self, number: int) -> None:
        """Let a crew finish what it has claimed, and go."""
        _, crew = self._crews.pop(number)
        crew.ending.within(self._settings.attempt_seconds)
        self._leaving.append(crew)
