"""Two hubs and a clock that stands still."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scenarios.stage import Stage, staged


@pytest.fixture
def stage(store_url: str, sqlite_template: Path, tmp_path: Path) -> Iterator[Stage]:
    with staged(store_url, sqlite_template, tmp_path, resync_wait=0) as made:
        yield made
