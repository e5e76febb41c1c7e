"""The store fails under load: every 200 is kept, all else is told 503, and work resumes by itself."""

import pytest
from tests.e2e.hub import eventually
from tests.e2e.load import Load, forgotten, lost, told

pytestmark = pytest.mark.slow

FULL = 512 * 1024
"""The bytes at which the disk of the proof is full."""
REFUSALS = {
    "/api/SyncData": {"success": False, "messages": "Not stored, please send it again later", "code": 503},
    "/aljex/sync": {"error": "not stored, please send it again later"},
}


@pytest.fixture
def fail(request, database, hub_a):
    """The store's failure."""
    if database == "sqlite":
        return lambda: hub_a.processes["serve"].limit_files(FULL)
    return request.getfixturevalue("server").kill


@pytest.fixture
def mend(request, database, hub_a):
    """The end of the failure, brought about from outside."""
    if database == "sqlite":
        return lambda: hub_a.processes["serve"].limit_files(-1)
    return request.getfixturevalue("server").start


def test_what_is_acknowledged_while_the_store_fails_is_kept_and_work_resumes(
    hub_a, receiver, partners, roles, fail, mend
):
    hub_a.start(*roles)
    with Load([hub_a.port], partners, "p").running() as load:
        eventually(lambda: load.answered > load.posters)
        fail()
        eventually(lambda: {path for path, _ in load.refused} == set(REFUSALS))
        mend()
        before = load.so_far()
        eventually(lambda: len(lost(load.so_far(), before)) > load.posters)
    assert load.odd == []
    assert all(answer.document == REFUSALS[path] for path, answer in load.refused)
    eventually(hub_a.is_ready)
    assert not forgotten(load.promises, hub_a.records())
    eventually(lambda: not lost(load.acknowledged, told(data["label"] for data in receiver.latest())))
    assert receiver.forged == 0
    assert all(process.lives for process in hub_a.processes.values())
