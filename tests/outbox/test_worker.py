"""The worker with its real threads and the real clock."""

import threading
import time
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update
from tests.master.rules import change_rules, partner_of
from tests.outbox.post import REFUSED, Feed, Post, Target
from tests.waiting import PATIENCE, until

from synchub import clock, db
from synchub.clock import SECOND
from synchub.config import Settings
from synchub.connections.directory import Directory
from synchub.connections.tables import Connection
from synchub.errors import Misconfigured
from synchub.master import store
from synchub.master.convergence import Mode
from synchub.master.writes import Batch, Write
from synchub.outbox import wires
from synchub.outbox.bell import CHANNEL, Bell, Listener
from synchub.outbox.leases import Leases, of_deliveries
from synchub.outbox.tables import Delivery
from synchub.outbox.worker import Worker


class Hub(Post):
    """A store with a worker over it; the clock is the real one."""

    def __init__(self, engine):
        super().__init__(engine)
        self.made = {}
        settings = Settings(secret_key="k" * 32, attempt_seconds=5, retry_delays="0.05")
        self.worker = Worker(engine, Directory(engine, "k" * 32), settings, {"test": self.make})

    def make(self, connection, secrets, client):
        client.close()
        if connection.settings["url"] == "bad":
            raise Misconfigured("the url is bad")
        self.made.setdefault(connection.name, []).append(self.targets[connection.name])
        return self.targets[connection.name]

    def write(self, partner, *writes):
        batch = Batch(self.partners[partner], uuid4(), writes)
        done = db.retrying(self.engine, lambda session: store.apply(session, [batch]))[0].verdicts
        self.worker.wake()
        return done


@pytest.fixture
def hub(engine):
    made = Hub(engine)
    made.join("A")
    made.join("B", "C", settings={"url": "http://x"})
    made.aim("B")
    made.aim("C")
    made.worker.start()
    yield made
    made.worker.stop(5)


def test_every_target_is_told_by_itself(hub):
    hub.say("A", name="n")
    until(lambda: hub.targets["B"].holds and hub.targets["C"].holds)
    until(lambda: hub.deliveries() == [])


def test_a_rule_change_that_nobody_finished_is_finished_and_told(hub):
    hub.say("A", phone="1")
    hub.say("C", phone="2")
    until(lambda: hub.targets["B"].holds.get(("customer", "K"), {}).get("phone") == "2")
    change_rules(hub, "A", rank=5)
    until(lambda: hub.targets["B"].holds["customer", "K"]["phone"] == "1")
    until(lambda: hub.targets["C"].holds.get(("customer", "K"), {}).get("phone") == "1")
    assert partner_of(hub, "A").weighed_to is None


def test_a_target_that_never_answers_slows_no_other(hub):
    stuck = threading.Event()
    hub.targets["B"].during = lambda: stuck.wait(PATIENCE)
    for n in range(5):
        hub.say("A", key=str(n), name="n")
    until(lambda: len(hub.targets["C"].holds) == 5)
    assert hub.targets["B"].holds == {}
    stuck.set()
    until(lambda: len(hub.targets["B"].holds) == 5)


def test_a_new_target_begins_and_a_paused_one_ends(hub):
    hub.say("A", name="n")
    until(lambda: hub.targets["B"].holds)
    hub.setup("B", paused=True)
    until(lambda: hub.targets["B"].closed)
    hub.aim("D")
    hub.join("D", settings={"url": "http://x"})
    until(lambda: hub.targets["D"].holds)


def test_a_target_with_new_settings_gets_a_new_sender(hub):
    until(lambda: "B" in hub.made)
    hub.setup("B", settings={"url": "http://y"})
    until(lambda: len(hub.made["B"]) == 2)


def test_a_target_that_cannot_be_made_is_complained_of_once(hub, said):
    hub.aim("D")
    hub.join("D", settings={"url": "bad"})
    until(lambda: hub.worker._complaints)
    (number,) = hub.worker._complaints
    hub.worker._staff(hub.connection("D"))
    assert said("a target cannot be told") == 1
    hub.setup("D", settings={"url": "good"})
    until(lambda: number not in hub.worker._complaints)


def test_a_sender_of_single_records_is_called_several_at_once(engine):
    made = Hub(engine)
    made.join("A")
    made.join("B", settings={"url": "http://x"})
    target = made.aim("B", Target(batch=1))
    together = threading.Barrier(4)
    target.during = lambda: together.wait(PATIENCE)
    for n in range(4):
        made.say("A", key=str(n), name="n")
    made.worker.start()
    until(lambda: len(target.holds) == 4)
    made.worker.stop(5)


def test_a_follower_is_told_changes_and_forced_states(engine):
    made = Hub(engine)
    made.join("A")
    made.join("B", settings={"url": "http://x"})
    feed = made.aim("B", Feed())
    feed.answers = [REFUSED]
    made.worker.start()
    made.say("A", name="n")
    until(lambda: made.deliveries(state="parked"))
    with db.writing(engine) as session:
        session.execute(update(Delivery).values(state="waiting"))
    until(lambda: feed.sent)
    made.worker.stop(5)


def test_a_stop_lets_a_quick_call_finish_and_gives_back_the_rest(hub):
    under_way, go = threading.Event(), threading.Event()
    target = hub.targets["B"]
    target.during = lambda: (under_way.set(), go.wait(PATIENCE))
    hub.say("A", name="n")
    assert under_way.wait(PATIENCE)
    stopping = threading.Thread(target=hub.worker.stop, args=(PATIENCE,))
    stopping.start()
    go.set()
    stopping.join()
    assert target.holds
    assert all(row.token is None for row in hub.deliveries())


def test_a_call_that_would_outlast_the_stop_is_told_to_end(hub):
    until(lambda: "B" in hub.made)
    left = []
    under_way = threading.Event()

    def slow():
        under_way.set()
        end = time.monotonic() + PATIENCE
        while (rest := wires.seconds_left()) > 0 and time.monotonic() < end:
            time.sleep(0.02)
        left.append(rest)

    hub.targets["B"].during = slow
    hub.say("A", name="n")
    assert under_way.wait(PATIENCE)
    hub.worker.stop(0.5)
    until(lambda: left)
    assert left[0] <= 0


def test_a_target_goes_on_after_a_fault_in_the_store(hub, said):
    target = hub.targets["B"]
    target.needs = None
    hub.say("A", name="n")
    until(lambda: said("telling a target failed"))
    target.needs = {}
    until(lambda: target.holds)


def test_what_comes_while_a_target_is_in_trouble_takes_no_row(hub):
    hub.setup("B", backoff_until=clock.now() + 3600 * SECOND, backoff_count=9)
    hub.write("A", Write("customer", "K", Mode.PARTIAL, {"name": "n"}))
    until(lambda: hub.targets["C"].holds)
    until(lambda: hub.deliveries() == [])
    hub.setup("B", backoff_until=0)
    until(lambda: hub.targets["B"].holds)


def test_the_bell_is_heard_by_who_looked_before_it_rang():
    bell = Bell()
    heard = bell.count
    bell.ring()
    bell.wait(heard, PATIENCE)
    assert bell.count == heard + 1


def test_a_notification_of_the_store_rings_the_bell(engine):
    bell = Bell()
    listener = Listener(engine, bell)
    listener.start()

    def notified():
        with db.writing(engine) as session:
            db.notify(session, CHANNEL)
        return bell.count > 0

    if engine.dialect.name == "postgresql":
        until(notified)
        with db.writing(engine) as session:
            listening = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            session.execute(text(listening))
        rung = bell.count
        until(lambda: notified() and bell.count > rung)
    listener.stop()


def test_a_lease_ends_calls_when_it_was_taken_over_and_goes_on_when_renewed(engine):
    post = Post(engine)
    post.join("A", "B")
    post.aim("B")
    leases = Leases(engine)
    batch = Batch(1, uuid4(), [Write("customer", "K", Mode.PARTIAL, {"name": "n"})])
    db.retrying(engine, lambda session: store.apply(session, [batch]))
    post.now = 0
    post.pump("B")
    claimed = post.claim("B")
    copies = [parcel.copy for parcel in claimed.parcels]
    with leases.held(of_deliveries(copies, claimed.token), time.monotonic() - 1000) as lease:
        assert lease.left() < 0
        leases.renew_all()
        assert lease.left() > 0
        with db.writing(engine) as session:
            session.execute(update(Delivery).values(token="other"))
        leases.renew_all()
        assert lease.left() < 0
        engine.dispose()
    with db.reading(engine) as session:
        assert session.scalar(select(Delivery.token)) == "other"
    assert isinstance(post.connection("B"), Connection)
