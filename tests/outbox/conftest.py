from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs
from tests.outbox.post import Post, post


@pytest.fixture
def hub(engine: Engine) -> Iterator[Post]:
    with post(engine) as made:
        made.join("A", "B", "C")
        yield made


@pytest.fixture
def said() -> Iterator[Callable[[str], int]]:
    """How often an event was logged, in whatever form this process writes its log."""
    with capture_logs() as entries:
        yield lambda event: sum(entry["event"] == event for entry in entries)
