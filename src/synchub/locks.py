"""Locks of processes on one machine: files that one process at a time holds."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synchub.errors import Misconfigured


@contextmanager
def only(lock: Path, refusal: str) -> Iterator[None]:
    """Be the one process that holds a lock; a process that dies holds it no more.

    Raises:
        Misconfigured: another process holds it; `refusal` says what that means.
    """
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(refusal) from None
        yield
