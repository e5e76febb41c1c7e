"""The hub's own SFTP server in a thread of the test, and a partner that is logged in."""

import pytest
from tests.files.uploading import join, uploads_here

from synchub.files.server.house import Manners

QUICK = Manners(pause=0)


@pytest.fixture
def place(store_url, tmp_path):
    with uploads_here(store_url, tmp_path / "data", QUICK) as made:
        yield made


@pytest.fixture
def narrow(store_url, tmp_path):
    with uploads_here(store_url, tmp_path / "data", QUICK, sftp_max_file=1000, sftp_max_space=2500) as made:
        yield made


@pytest.fixture
def tms(engine):
    return join(engine, "tms")


@pytest.fixture
def sftp(place, tms):
    return place.sftp(*tms)
