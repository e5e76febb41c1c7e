"""A hub's settings with a data directory of their own."""

import pytest

from synchub.config import Settings


@pytest.fixture
def settings(tmp_path):
    """Makes settings; contents are in the data directory unless said."""

    def make(**more):
        return Settings(_env_file=None, data_dir=tmp_path / "data", **more)

    return make
