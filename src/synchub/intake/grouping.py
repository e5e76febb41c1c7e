"""Many submissions in one transaction, and what becomes of each when that fails.

A group that fails by its data is halved until the guilty submission stands alone; a failed group costs no commit. If
the store fails, nobody in the group is told that it was stored, unless the commit itself was under way: then the
journal is asked which messages it holds.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import sqlalchemy
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from synchub import db
from synchub.config import Settings
from synchub.errors import Refused, SynchubError, Unavailable
from synchub.intake.submission import Receipt, Submission
from synchub.intake.tables import Message

Writer = Callable[[Session, Sequence[Submission], Settings], list[Receipt]]
Outcomes = dict[UUID, Receipt | SynchubError]
"""What became of submissions, by the ids of their arrivals."""

PROGRAM_LIMIT_EXCEEDED = "54"  # PostgreSQL's class of errors such as a key too long for an index
SQLITE_ERRORS_OF_DATA = {1, 18, 19, 20, 25}  # ERROR, TOOBIG, CONSTRAINT, MISMATCH, RANGE
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0

log = logging.getLogger(__name__)


class Grouping:
    """Commits groups of submissions through `write`; `commits` counts the transactions that were committed."""

    def __init__(self, engine: Engine, settings: Settings, write: Writer, patience: float) -> None:
        self._engine, self._settings, self._write, self._patience = engine, settings, write, patience
        self.commits = 0

    def commit(self, group: Sequence[Submission]) -> Iterator[Outcomes]:
        """Commit a group; yields what is certain as soon as it is. Nothing is raised for what data or store do."""
        outcomes = self._attempt(group)
        if isinstance(outcomes, dict):
            yield outcomes
        elif blames_store(outcomes):
            log.warning("the store cannot take %s submissions: %s", len(group), _plain(outcomes))
            yield {submission.arrival.id: _unavailable(outcomes) for submission in group}
        elif len(group) == 1:
            if not isinstance(outcomes, Refused):
                log.error("message %s cannot be stored", group[0].arrival.id, exc_info=_plain(outcomes))
            yield {group[0].arrival.id: _unstorable(outcomes)}
        else:
            middle = len(group) // 2
            yield from self.commit(group[:middle])
            yield from self.commit(group[middle:])

    def _attempt(self, group: Sequence[Submission]) -> Outcomes | BaseException:
        """What became of all, if that is certain or the commit was under way; else the error."""
        written: list[Receipt] | None = None

        def work(session: Session) -> None:
            nonlocal written
            written = None
            written = self._write(session, group, self._settings)

        try:
            db.retrying(self._engine, work)
        except BaseException as error:  # noqa: BLE001 - whatever it is, someone waits for an answer
            if written is None:
                return error
            # SQLAlchemy does not roll back after a failed COMMIT, so the connection may still hold the transaction.
            self._engine.dispose()
            uncertain = blames_store(error) or not isinstance(error, Exception)
            return self._look_up(_by_id(group, written), error) if uncertain else error
        self.commits += 1
        return _by_id(group, written or [])

    def _look_up(self, hoped: Outcomes, error: BaseException) -> Outcomes:
        """What became of a group whose commit ended in an error: those in the journal are stored."""
        stored = self._stored(list(hoped))
        log.warning("a commit failed: %s; %s of its %s messages are stored", _plain(error), len(stored), len(hoped))
        self.commits += bool(stored)
        return {id_: outcome if id_ in stored else _unavailable(error) for id_, outcome in hoped.items()}

    def _stored(self, ids: Sequence[UUID]) -> set[UUID]:
        """Those of the messages that are in the journal; none if the store is silent for longer than our patience."""
        deadline, pause = time.monotonic() + self._patience, FIRST_PAUSE
        while True:
            try:
                with db.reading(self._engine) as session:
                    return set(session.scalars(select(Message.id).where(Message.id.in_(ids))))
            except sqlalchemy.exc.SQLAlchemyError:
                if time.monotonic() + pause > deadline:
                    return set()
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def blames_store(error: BaseException) -> bool:
    """Whether the store could not take anything at the moment, rather than this data ever."""
    if isinstance(error, OSError | Unavailable | sqlalchemy.exc.TimeoutError):
        return True
    if not isinstance(error, sqlalchemy.exc.DBAPIError) or not db.is_unavailable(error):
        return False
    if (getattr(error.orig, "sqlstate", None) or "").startswith(PROGRAM_LIMIT_EXCEEDED):
        return False
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF not in SQLITE_ERRORS_OF_DATA


def _plain(error: BaseException) -> BaseException:
    """The error without SQLAlchemy's list of parameters, which is the partner's data and belongs into no log."""
    return (error.orig or error) if isinstance(error, sqlalchemy.exc.DBAPIError) else error


def _by_id(group: Sequence[Submission], receipts: Sequence[Receipt]) -> Outcomes:
    return {submission.arrival.id: receipt for submission, receipt in zip(group, receipts, strict=True)}


def _unavailable(cause: BaseException) -> SynchubError:
    error = Unavailable("the store cannot take anything at the moment")
    error.__cause__ = cause
    return error


def _unstorable(cause: BaseException) -> SynchubError:
    if isinstance(cause, SynchubError):
        return cause
    error = SynchubError(f"this request cannot be stored: {type(cause).__name__}")
    error.__cause__ = cause
    return error
