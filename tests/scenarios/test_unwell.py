"""A Synchroteam server that is slow, wrong and busy: it gets everything in the end, and slows nobody else."""

import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from tests.scenarios.gate import Gate, Said
from tests.scenarios.partners import App, Erp
from tests.scenarios.stage import keys_of, staged
from tests.waiting import PATIENCE, until

from synchub.master.entities.parties import Customer

pytestmark = pytest.mark.slow

KEYS = [f"K{n:02}" for n in range(35)]
HTML = Said(200, b"<html><body>Please wait</body></html>")
FAULTS = ("slow", "html", "cut", "late", "broken", "busy", "unanswered")


class Unwell:
    """The moods of a gate: each of the first faults is another key's, and nobody is answered before `awake`."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.awake, self.overlaps = gate, threading.Event(), []
        self._guard, self._under_way, self._seen = threading.Lock(), Counter(), set()
        self._faults = [getattr(self, name) for name in FAULTS]

    def __call__(self, came):
        (row,) = App.rows(came.body)
        with self.alone(row["myId"]):
            self.awake.wait(PATIENCE)
            fault = self.fault_of(row["myId"])
            return fault(came) if fault else self.gate.pass_on(came)

    @property
    def spared(self):
        """The faults that nobody met."""
        return self._faults

    @contextmanager
    def alone(self, key):
        """Write down a key that comes while a call about it is under way."""
        with self._guard:
            self._under_way[key] += 1
            if self._under_way[key] > 1:
                self.overlaps.append(key)
        yield
        with self._guard:
            self._under_way[key] -= 1

    def fault_of(self, key):
        """What goes wrong with a key when it comes for the first time: with every fifth key another thing."""
        with self._guard:
            is_new = key not in self._seen
            self._seen.add(key)
            return self._faults.pop() if is_new and len(self._seen) % 5 == 0 else None

    def unanswered(self, came):
        self.gate.deaf(came)

    def slow(self, came):
        time.sleep(0.5)
        return self.gate.pass_on(came)

    def html(self, _):
        return HTML

    def cut(self, came):
        """Half of the answer to what is stored."""
        said = self.gate.pass_on(came)
        return Said(said.status, said.body[: len(said.body) // 2])

    def late(self, came):
        self.gate.pass_on(came)
        return Said(500, b"<html>late</html>")

    def broken(self, _):
        return Said(500, b'{"code": 0, "message": "An error occurred"}')

    def busy(self, _):
        return Said(429, b'{"code": 0, "message": "Too many requests"}', {"retry-after": "1"})


@pytest.fixture
def live(store_url, sqlite_template, tmp_path):
    """Two hubs at work on the clock of the machine."""
    work = {"roles": "web,work", "retry_delays": "0.05", "attempt_seconds": 120}
    with staged(store_url, sqlite_template, tmp_path, still=False, **work) as made:
        yield made


def test_a_server_that_is_slow_wrong_and_busy_gets_everything_and_slows_nobody(live):
    head, field, shop = live.join("head", Erp), live.settle("field", App), live.settle("shop", Erp)
    unwell = field.gate.mood = Unwell(field.gate)
    until(lambda: shop.partner.call("POST", "/api/SyncData", json={}).status_code != 401)

    head.say(*KEYS, phone="1")
    until(lambda: field.gate.came and {row["CustomerCode"] for row in shop.told} == set(KEYS))
    assert keys_of(live.b.engine, "field") == set()

    unwell.awake.set()
    until(lambda: live.deliveries() == [])
    assert keys_of(live.b.engine, "field") == keys_of(live.b.engine, "shop") == set(KEYS)
    assert live.b.count(Customer) == len(KEYS)
    assert unwell.overlaps == []
    assert unwell.spared == []
