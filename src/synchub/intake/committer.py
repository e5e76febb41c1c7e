"""The committer: one thread that stores what waits, many submissions in one transaction.

It has no timer. Idle, it takes a submission the moment it comes; while it commits, others gather and go together.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from uuid import UUID

from sqlalchemy import Engine

from synchub.config import Settings
from synchub.errors import Full, SynchubError, Unavailable
from synchub.intake import journal
from synchub.intake.grouping import Grouping, Outcomes, Writer
from synchub.intake.submission import Receipt, Submission
from synchub.intake.waiting import Ticket, WaitingRoom, ticket_for
from synchub.intake.write import write as write_all

IN_THREAD = 64 * 1024
"""Bytes from which a body is packed in a thread, not in the event loop."""
PATIENCE = 5.0
"""Seconds in which an uncertain commit is looked up."""

log = logging.getLogger(__name__)


class Committer:
    """Stores submissions; each is answered only after its commit.

    A submission cancelled before it is taken is dropped whole; after that it is committed though nobody waits.
    `on_commit` is called on the committer's thread after each commit that moved something; it must not wait.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        *,
        on_commit: Callable[[], None] | None = None,
        write: Writer = write_all,
        patience: float = PATIENCE,
    ) -> None:
        self._settings, self._on_commit = settings, on_commit
        self._grouping = Grouping(engine, settings, write, patience)
        self._room = WaitingRoom(settings.queue_bytes, settings.queue_share)
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self.last_commit_failed = False
        """Whether the store was unavailable the last time; it stays so until something is handed in again."""

    @property
    def alive(self) -> bool:
        """Whether submissions are being stored."""
        return self._thread.is_alive()

    @property
    def commits(self) -> int:
        """How many transactions were committed."""
        return self._grouping.commits

    def start(self) -> None:
        """Begin to store."""
        self._thread.start()

    def stop(self, seconds: float | None = None, *, drain: bool = True) -> None:
        """Refuse what is new, store what was accepted (or, without `drain`, only what is under way), and end.

        Waits `seconds` at most, `drain_seconds` unless said; call it in a thread while an event loop still has to
        answer.
        """
        with self._changed:
            self._closing = True
            dismissed = self._room.clear_standing() if drain else self._room.clear()
            self._changed.notify()
        self._dismiss(dismissed)
        if self.alive:
            self._thread.join(self._settings.drain_seconds if seconds is None else seconds)
        with self._changed:
            dismissed = self._room.clear()
        self._dismiss(dismissed)

    def submit(self, submission: Submission) -> Future[Receipt]:
        """Queue a submission from a thread; the future ends in its receipt or a `SynchubError`.

        Raises:
            Full: there is no room now.
            Unavailable: the hub stops, or cannot keep the body.
        """
        ticket = self._prepare(submission)
        with self._changed:
            if not self._enter(ticket):
                self._room.withdraw(ticket)
                raise Full("too many requests wait to be stored")
        return ticket.future

    async def hand_in(self, submission: Submission) -> Receipt:
        """Store a submission from an event loop.

        Raises:
            Full: there was no room within `queue_wait`.
            Unavailable: the store, or the hub, cannot take anything now.
            SynchubError: this submission cannot be stored.
        """
        large = len(submission.arrival.body) >= IN_THREAD
        ticket = await asyncio.to_thread(self._prepare, submission) if large else self._prepare(submission)
        loop = asyncio.get_running_loop()
        ticket.waiter = loop.create_future()
        with self._changed:
            admitted = self._enter(ticket)
        timer = None if admitted else loop.call_later(self._settings.queue_wait, self._give_up, ticket)
        try:
            return await ticket.waiter
        except asyncio.CancelledError:
            ticket.future.cancel()
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def _prepare(self, submission: Submission) -> Ticket:
        """A ticket, and its body kept, unless it would be sent away at once."""
        ticket = ticket_for(submission)
        with self._changed:
            self._check(ticket)
        try:
            submission.kept = submission.kept or journal.keep(submission.arrival.body, self._settings)
        except OSError as error:
            raise Unavailable("the body cannot be kept at the moment") from error
        return ticket

    def _check(self, ticket: Ticket) -> None:
        if self._closing:
            raise Unavailable("the hub is stopping")
        self._room.check(ticket)

    def _enter(self, ticket: Ticket) -> bool:
        self._check(ticket)
        admitted = self._room.enter(ticket)
        self._changed.notify()
        return admitted

    def _give_up(self, ticket: Ticket) -> None:
        with self._changed:
            stood = self._room.withdraw(ticket)
            self._changed.notify()
        if stood:
            _wake([(ticket, Full("too many requests wait to be stored"))])

    def _run(self) -> None:
        while (group := self._next()) is not None:
            self._commit({ticket.submission.arrival.id: ticket for ticket in group})

    def _next(self) -> list[Ticket] | None:
        """The next group, as soon as anybody waits; None when all is done and the hub stops."""
        with self._changed:
            while not self._room:
                if self._closing:
                    return None
                self._changed.wait()
            return self._room.take()

    def _commit(self, group: dict[UUID, Ticket]) -> None:
        left, why = dict(group), "it was left out"
        try:
            for outcomes in self._grouping.commit([ticket.submission for ticket in group.values()]):
                answered = [(left.pop(id_), outcome) for id_, outcome in outcomes.items()]
                self._settle(answered, outcomes)
        except BaseException as error:
            log.exception("the committer stumbled")
            why = type(error).__name__
        _answer([(ticket, SynchubError(f"this request cannot be stored: {why}")) for ticket in left.values()])
        with self._changed:
            for ticket in group.values():
                self._room.leave(ticket)

    def _settle(self, answered: list[tuple[Ticket, Receipt | SynchubError]], outcomes: Outcomes) -> None:
        self.last_commit_failed = any(isinstance(outcome, Unavailable) for outcome in outcomes.values())
        _answer(answered)
        if self._on_commit and any(isinstance(outcome, Receipt) and outcome.moved for outcome in outcomes.values()):
            try:
                self._on_commit()
            except Exception:
                log.exception("nobody could be told of a commit")

    def _dismiss(self, tickets: Iterable[Ticket]) -> None:
        error = Unavailable("the hub is stopping")
        _answer([(ticket, error) for ticket in tickets if ticket.future.set_running_or_notify_cancel()])


Answered = list[tuple[Ticket, Receipt | SynchubError]]


def _answer(answered: Answered) -> None:
    """Give everybody the outcome; an event loop is woken once, however many wait in it."""
    loops: dict[asyncio.AbstractEventLoop, Answered] = {}
    for ticket, outcome in answered:
        if ticket.waiter is not None:
            loops.setdefault(ticket.waiter.get_loop(), []).append((ticket, outcome))
        elif isinstance(outcome, Receipt):
            ticket.future.set_result(outcome)
        else:
            ticket.future.set_exception(outcome)
    for loop, theirs in loops.items():
        try:
            loop.call_soon_threadsafe(_wake, theirs)
        except RuntimeError:
            log.warning("%s requests were stored, but nobody waits for the answer any more", len(theirs))


def _wake(answered: Answered) -> None:
    for ticket, outcome in answered:
        if ticket.waiter is None or ticket.waiter.done():
            continue
        if isinstance(outcome, Receipt):
            ticket.waiter.set_result(outcome)
        else:
            ticket.waiter.set_exception(outcome)
