"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable

PATIENCE = 90.0


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)
