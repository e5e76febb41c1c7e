"""Two partners at the door."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.intake.desk import A, B, join, settings_for

from synchub.config import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


@pytest.fixture
def store(engine: Engine) -> Engine:
    join(engine, A, B)
    return engine
