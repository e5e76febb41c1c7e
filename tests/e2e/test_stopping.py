"""SIGTERM under load: what was accepted is committed, what was claimed is given back, and the process ends well."""

import pytest
from tests.e2e.hub import eventually
from tests.e2e.load import Load, forgotten

pytestmark = pytest.mark.slow

DRAIN = 20.0
PATIENCE = 30.0
"""Seconds more for the process itself to end on a machine that does other things."""


def test_a_process_that_is_asked_to_stop_drains(hub_a, receiver, partners, roles):
    hub_a.settings = {"SYNCHUB_DRAIN_SECONDS": f"{DRAIN:.0f}"}
    hub_a.start(*roles)
    receiver.hold()
    with Load([hub_a.port], partners, "p").running() as load:
        eventually(lambda: load.answered > load.posters)
        eventually(lambda: any(hub_a.claimed()))
        for process in hub_a.processes.values():
            process.ask_to_stop()
        assert [process.ended(DRAIN + PATIENCE) for process in hub_a.processes.values()] == [0] * len(roles)
    assert load.odd == []
    assert not forgotten(load.promises, hub_a.records())
    assert hub_a.claimed()
    assert not any(hub_a.claimed())
