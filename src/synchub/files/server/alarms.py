"""What an operator must know of refused uploads: an alert for each kind of file, until one of it comes through.

Files whose names differ in day and time alone are of one kind, or what was refused today would be told of for ever.
"""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from synchub import alerts, db
from synchub.files.naming import letters_of
from synchub.files.troubles import UPLOAD

log = structlog.get_logger(__name__)

SPACE = "space"
"""What an alert is about if it is not one file: the directory is full, or the disk."""


class Alarms:
    """Raises and clears, in a thread of its own: an upload never waits for the store, and is kept without it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="alarms")
        self._last: Future[None] | None = None

    def refused(self, connection: int, name: str | None, said: str) -> None:
        """Say that an upload was refused, or could not be kept; None: for want of space, which is about no file."""
        self._last = self._thread.submit(self._note, connection, {SPACE if name is None else _kind(name)}, said)

    def came(self, connection: int, name: str) -> None:
        """Say that an upload is whole."""
        self._last = self._thread.submit(self._note, connection, {_kind(name), SPACE}, None)

    async def settle(self) -> None:
        """Wait until all that was said is noted."""
        if self._last is not None:
            await asyncio.wrap_future(self._last)
        self._thread.shutdown(wait=False)

    def _note(self, connection: int, subjects: set[str], said: str | None) -> None:
        try:
            with db.writing(self._engine) as session:
                for subject in sorted(subjects):
                    if said is None:
                        alerts.clear(session, connection, UPLOAD, subject)
                    else:
                        alerts.raise_alert(session, connection, UPLOAD, subject, said)
        except SQLAlchemyError as error:
            log.warning("the alert could not be kept", why=str(error.__cause__ or error))


def _kind(name: str) -> str:
    """What a file's name has in common with those of other days."""
    letters = letters_of(name)
    return f"{letters}.csv" if letters else name
