"""The bell that wakes whoever waits for work: rung in this process after a commit, and by PostgreSQL's NOTIFY.

It is a hint that spares waiting; the poll each second is the guarantee.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import Engine

from synchub.db import CHANNEL

PATIENCE = 1.0
"""Seconds after which a listener looks whether it is to stop, and after which it connects again."""

log = structlog.get_logger(__name__)


class Bell:
    """Counts its rings, so that one between looking and waiting is not missed."""

    def __init__(self) -> None:
        self._rung = threading.Condition()
        self.count = 0

    def ring(self) -> None:
        """Wake everybody."""
        with self._rung:
            self.count += 1
            self._rung.notify_all()

    def wait(self, heard: int, seconds: float) -> None:
        """Wait until it was rung more often than `heard`, or the time is over."""
        with self._rung:
            self._rung.wait_for(lambda: self.count > heard, seconds)


class Listener:
    """Rings the bell when PostgreSQL notifies; on SQLite there is nobody to listen to."""

    def __init__(self, engine: Engine, bell: Bell) -> None:
        self._engine, self._bell = engine, bell
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        if self._engine.dialect.name == "postgresql":
            self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        from psycopg import Error

        while not self._stop.is_set():
            try:
                self._listen()
            except Error as error:
                log.debug("not listening", reason=str(error))
                self._stop.wait(PATIENCE)

    def _listen(self) -> None:
        with _own_connection(self._engine) as driver:
            driver.execute(f"LISTEN {CHANNEL}")
            while not self._stop.is_set():
                for _ in driver.notifies(timeout=PATIENCE, stop_after=1):
                    self._bell.ring()


@contextmanager
def _own_connection(engine: Engine) -> Iterator[Any]:
    """A connection of the driver outside the pool, in autocommit."""
    from psycopg import connect

    arguments, options = engine.dialect.create_connect_args(engine.url)
    with connect(*arguments, **options, autocommit=True) as driver:
        yield driver
