"""Slow proofs: threads of their own, and a bounded number of callers who wait for them.

A stranger's secret costs as much as a log-in to refuse. So nothing else waits for these threads, and beyond what they
can soon prove a caller is sent away.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from synchub.errors import Full

THREADS = 2
MOST_WAITING = 32

Proved = TypeVar("Proved")


class Bench:
    """Where those wait whose secret is proved by a slow hash."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="proving")
        self._places = threading.BoundedSemaphore(MOST_WAITING)

    async def prove(self, proof: Callable[[], Proved]) -> Proved:
        """What the proof returns or raises.

        Raises:
            Full: too many wait.
        """
        if not self._places.acquire(blocking=False):
            raise Full("too many secrets wait to be proved")
        future = self._threads.submit(proof)
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)
