"""kill -9 at random moments under load: what was acknowledged is in the store and at every target soon after."""

import random
import threading

import pytest
from tests.e2e.hub import eventually, machine_time
from tests.e2e.load import Load, forgotten, lost, told

pytestmark = pytest.mark.slow

LOAD_SECONDS = 2.0
UNDER_WAY = 200
RECOVERY = 30.0
"""Promise 5: seconds after the restart in which everybody holds what was acknowledged."""


@pytest.fixture(params=[2, pytest.param(20, marks=pytest.mark.e2e)], ids=lambda moments: f"{moments}-moments")
def moments(request):
    return range(request.param)


def kill_under_load(hub, role, partners, moment):
    """The load under which a process was killed, and the moment of its restart."""
    wait = random.Random(moment).uniform(0.2, LOAD_SECONDS)
    with Load([hub.port], partners, f"m{moment:02}p").running() as load:
        eventually(lambda: load.answered and load.in_flight >= UNDER_WAY)
        threading.Event().wait(wait)
        eventually(lambda: load.in_flight >= UNDER_WAY)
        hub.processes[role].kill()
    restarted = machine_time()
    hub.spawn(role)
    assert load.odd == []
    return load, restarted


def test_what_was_acknowledged_before_a_kill_is_everywhere_soon_after(hub_a, hub_b, receiver, partners, roles, moments):
    hub_b.start("serve")
    hub_a.start(*roles)
    promises = {}
    for moment in moments:
        role = roles[moment % len(roles)]
        load, restarted = kill_under_load(hub_a, role, partners, moment)
        acknowledged = load.acknowledged
        assert acknowledged
        promises |= load.promises

        to_branch = {key: turn for key, turn in acknowledged.items() if is_told_to_branch(key)}
        await_all(hub_a, acknowledged, lambda: (data["label"] for data in receiver.latest()), restarted)
        await_all(hub_a, acknowledged, hub_a.labels, restarted)
        await_all(hub_a, to_branch, hub_b.labels, restarted)
        hub_a.await_ready(role)
    assert not forgotten(promises, hub_a.records())
    assert receiver.forged == 0


def await_all(hub, acknowledged, names, restarted):
    """See that all is held at a place in time; `names` answers the names of the records there."""
    left = restarted + RECOVERY - machine_time()
    try:
        eventually(lambda: not lost(acknowledged, told(names())), left)
    except AssertionError as late:
        late.add_note(f"of {len(acknowledged)} are not there: {list(lost(acknowledged, told(names())).items())[:20]}")
        late.add_note(hub.state())
        raise


def is_told_to_branch(key):
    """A Fast server has a form for customers and none for employees."""
    return key.endswith("a") or int(key[-2]) % 2 == 0
