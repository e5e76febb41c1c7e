"""A resync of everything outlives a kill -9, goes on where it was, and can be stopped."""

import threading
from collections import Counter

import pytest
from tests.e2e.hub import eventually
from tests.e2e.joined import hub_at, is_at_rest, join, resyncs, roles, start
from tests.scenarios.gate import Gate, Said
from tests.scenarios.partners import Crm, Erp

pytestmark = pytest.mark.slow

KEYS = [f"{n:05}" for n in range(2_000)]
TAKEN = Said(200, b'{"success": true, "messages": "SUCCESS", "code": 200}')


class Branch(Gate):
    """A Fast server, which may leave calls unanswered until it is released."""

    def __init__(self):
        super().__init__()
        self.mood, self._free = self.take, threading.Event()
        self._free.set()

    def take(self, _):
        self._free.wait()
        return TAKEN

    def hold(self):
        self._free.clear()

    def release(self):
        self._free.set()

    def told(self, since=0):
        return Counter(row["CustomerCode"] for one in self.came[since:] for row in Erp.rows(one.body))


@pytest.fixture
def branch():
    with Branch().open() as made:
        yield made
        made.release()


@pytest.fixture
def hub(store_url, tmp_path, places):
    with hub_at(tmp_path / "a", store_url, places.a) as made:
        yield made


@pytest.fixture
def crm(hub, branch):
    """The CRM of a hub that has told a branch of some thousand records; the branch holds its answers from now on."""
    made, erp = join(hub, "crm", Crm), join(hub, "erp", Erp)
    join(hub, "branch", Erp, url=branch.url, target_token="token")
    start(hub)
    for first in range(0, len(KEYS), 500):
        erp.say(*KEYS[first : first + 500])
    eventually(lambda: is_at_rest(hub))
    assert branch.told() == dict.fromkeys(KEYS, 1)
    branch.hold()
    return made


def begun(hub):
    """Wait until a part of the latest resync is put."""
    eventually(lambda: resyncs(hub)[-1]["records"])


@pytest.mark.parametrize("store_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.e2e)], indirect=True)
def test_a_resync_of_everything_goes_on_after_the_kill_of_its_worker_and_stops_when_it_is_cancelled(hub, branch, crm):
    crm.resync_later()
    begun(hub)
    hub.processes[roles(hub)[-1]].kill()
    (left,) = resyncs(hub)
    assert (left["state"], 0 < left["records"] < len(KEYS)) == ("running", True)
    calls = len(branch.came)
    branch.release()
    hub.start(roles(hub)[-1])
    eventually(lambda: is_at_rest(hub))
    assert branch.told(since=calls).keys() == set(KEYS)
    (shown,) = hub.synchub("resync", "list", "--all", "--json")
    assert (shown["state"], shown["total"], shown["records"], shown["copies"]) == ("done", *[len(KEYS)] * 3)

    branch.hold()
    calls = len(branch.came)
    crm.resync_later()
    begun(hub)
    (shown,) = hub.synchub("resync", "list", "--json")
    hub.synchub("resync", "cancel", str(shown["id"]))
    branch.release()
    eventually(lambda: is_at_rest(hub))
    *_, shown = resyncs(hub)
    assert (shown["state"], 0 < shown["copies"] < len(KEYS)) == ("cancelled", True)
    assert branch.told(since=calls) == dict.fromkeys(KEYS[: shown["copies"]], 1)
