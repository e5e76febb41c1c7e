"""Places with files, and a collector that looks into them."""

from collections.abc import Iterator

import pytest
from tests.files.desk import Desk
from tests.files.server import Server, serving


@pytest.fixture
def desk(engine, tmp_path) -> Desk:
    """Connections with files, and a collector, on either database."""
    return Desk(engine, tmp_path)


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    """An SFTP server with a folder."""
    with serving(tmp_path / "served") as made:
        yield made
