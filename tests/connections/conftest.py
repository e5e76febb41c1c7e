"""An operator for each test."""

import pytest
from tests.connections.desk import Desk

from synchub import clock


@pytest.fixture
def desk(engine):
    made = Desk(engine)
    with clock.replaced(lambda: made.now):
        yield made
