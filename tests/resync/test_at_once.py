"""Resyncs while others write, pump, claim and settle: locks are taken in one order, so nobody waits in a circle."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event
from tests.outbox.post import OK
from tests.resync.desk import ask, ids, rows

from synchub.master.convergence import Mode
from synchub.master.writes import Write
from synchub.resync.tables import State
from synchub.resync.working import work_off

KEYS = [f"{n:02}" for n in range(40)]
SOURCES = (None, "A", "B", None, "C", "A")


class Crowd:
    """Who is at work at once; `ended` when the writer is done."""

    def __init__(self, hub, rounds):
        self.hub, self.rounds, self.ended, self.deadlocks = hub, rounds, threading.Event(), []

    def resync(self):
        while work_off(self.hub.engine, window=7, most=10**6):
            pass

    def write(self):
        for n in range(self.rounds):
            self.hub.write("B", *(Write("customer", key, Mode.PARTIAL, {"phone": f"{n}"}) for key in KEYS[::-2]))
        self.ended.set()

    def tell(self, name):
        while not self.ended.is_set():
            self.hub.pump(name)
            claimed = self.hub.claim(name)
            if claimed.parcels:
                self.hub.settle(claimed, OK)

    def see(self, context):
        if getattr(context.original_exception, "sqlstate", None) == "40P01":
            self.deadlocks.append(str(context.statement))

    def work(self):
        event.listen(self.hub.engine, "handle_error", self.see)
        with ThreadPoolExecutor() as pool:
            told = [pool.submit(self.tell, name) for name in ("A", "C")]
            for one in [pool.submit(self.resync), pool.submit(self.resync), pool.submit(self.write), *told]:
                one.result(timeout=120)
        event.remove(self.hub.engine, "handle_error", self.see)


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("times", [1, pytest.param(4, marks=[pytest.mark.e2e, pytest.mark.slow])])
def test_resyncs_writes_and_deliveries_at_once_end_in_agreement_without_a_deadlock(hub, times):
    for name in ("A", "B", "C"):
        hub.aim(name)
    hub.write("A", *(Write("customer", key, Mode.PARTIAL, {"name": "n"}) for key in KEYS))
    hub.carry()
    for source in SOURCES * times:
        ask(hub, source)
    crowd = Crowd(hub, 9 * times)
    crowd.work()
    hub.wait()
    hub.carry()
    assert crowd.deadlocks == []
    assert {(row.state, row.records) for row in rows(hub)} == {(State.DONE, len(ids(hub)))}
    assert hub.deliveries() == []
    for key in KEYS:
        phone = hub.record(code=key).phone
        assert {held for name in "ABC" for held in hub.copy(name, key).holds("phone")} == {phone}
