"""On SQLite one process tells partners: it frees what it finds claimed, as whoever had claimed it must be dead."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from synchub.cli.store import sqlite_file
from synchub.config import Settings
from synchub.errors import Misconfigured


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Be the one process that tells partners from a store on SQLite; a process that dies is it no more.

    Raises:
        Misconfigured: another process is.
    """
    store = sqlite_file(settings)
    if store is None:
        yield
        return
    with store.resolve().with_name(store.resolve().name + ".worker").open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                f"another process tells partners from {store} already: stop it, or set SYNCHUB_DATABASE_URL to "
                "PostgreSQL, where any number may"
            ) from None
        yield
