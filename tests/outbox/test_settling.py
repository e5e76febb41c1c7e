"""What becomes of deliveries: accepted, refused, in trouble, unknown, overtaken, forced, taken over."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError
from tests.outbox.post import OK, REFUSED, TROUBLE, UNKNOWN, Target

from synchub import db
from synchub.clock import SECOND
from synchub.connections.tables import Connection
from synchub.master.convergence import Mode
from synchub.master.writes import Write
from synchub.outbox.backoff import LONGEST, Retry, spread
from synchub.outbox.claim import LEASE
from synchub.outbox.courier import AGAIN, Courier
from synchub.outbox.force import force
from synchub.outbox.leases import HALF, Leases, adopt, of_deliveries
from synchub.outbox.sender import Outcome, Verdict
from synchub.outbox.settle import release


def many(hub, count, **fields):
    hub.write("A", *(Write("customer", f"{n:05}", Mode.PARTIAL, {"name": f"n{n}", **fields}) for n in range(count)))


def copy_id(hub, key="K"):
    return hub.copy("B", key).id


def test_a_state_committed_between_reading_and_settling_is_sent_next(hub):
    b = hub.aim("B")
    hub.say("A", phone="1")
    b.during = lambda: (setattr(b, "during", lambda: None), hub.say("A", phone="2", pause=0.1), hub.pump("B"))
    hub.carry()
    assert [row["phone"] for row in b.sent] == ["1", "2"]
    assert b.holds["customer", "K"]["phone"] == "2"
    assert hub.deliveries() == []


def test_a_state_committed_after_the_claim_is_not_lost_when_the_pump_comes_after_the_settling(hub):
    b = hub.aim("B")
    hub.say("A", phone="1")
    hub.pump("B")
    claimed = hub.claim("B")
    hub.say("A", phone="2")
    hub.settle(claimed, OK)
    hub.carry()
    assert b.sent == [{"phone": "2", "exists": True}]


def test_a_force_that_arrives_during_a_partial_delivery_is_followed_by_a_full_one(hub):
    b = hub.aim("B")
    hub.say("A", name="n", phone="1")
    hub.carry()
    hub.say("A", phone="2")
    numbers = []

    def forcing():
        b.during = lambda: None
        numbers.append(db.retrying(hub.engine, lambda session: force(session, [copy_id(hub)])))

    b.during = forcing
    hub.carry()
    assert b.sent[1:] == [{"phone": "2", "exists": True}, {"name": "n", "phone": "2", "exists": True}]
    assert hub.copy("B").sent_number >= numbers[0]
    assert hub.deliveries() == []


def test_a_force_sends_what_did_not_differ_and_is_done_with_its_number(hub):
    b = hub.aim("B")
    hub.say("A", name="n")
    hub.carry()
    number = db.retrying(hub.engine, lambda session: force(session, [copy_id(hub)]))
    hub.carry()
    assert b.sent[1:] == [{"name": "n", "exists": True}]
    assert b.calls[1][0].forced == number
    assert hub.copy("B").sent_number >= number


def test_a_force_to_a_partner_that_said_gone_is_done_without_a_call(hub):
    b = hub.aim("B")
    hub.setup("B", rank=-1)
    hub.say("B", name="n")
    hub.say("A", phone="1")
    hub.carry()
    hub.delete("B")
    calls = len(b.calls)
    number = db.retrying(hub.engine, lambda session: force(session, [copy_id(hub)]))
    hub.carry()
    assert len(b.calls) == calls
    assert hub.copy("B").sent_number >= number


def test_forcing_nothing_draws_a_number_all_the_same(hub):
    assert db.retrying(hub.engine, lambda session: force(session, [])) > 0


def test_of_three_hundred_records_only_the_one_that_does_not_fit_is_parked(hub):
    b = hub.aim("B")
    b.unfit = lambda parcel: "CustomerName: max 256, got 300" if parcel.key == "00007" else None
    many(hub, 300)
    hub.carry()
    assert len(b.holds) == 299
    assert len(b.calls) == 1
    (parked,) = hub.deliveries()
    assert (parked.state, parked.last_error) == ("parked", "CustomerName: max 256, got 300")
    assert hub.copy("B", "00007").flight is None


def test_a_refused_batch_is_halved_until_the_guilty_record_stands_alone(hub):
    b = hub.aim("B")
    b.refuses = lambda parcel: parcel.key == "00007"
    many(hub, 64)
    hub.carry()
    assert len(b.holds) == 63
    assert len(b.calls) == 13
    (parked,) = hub.deliveries()
    assert (parked.copy_id, parked.state, parked.last_error) == (copy_id(hub, "00007"), "parked", "unfit")
    assert hub.copy("B", "00007").holds("name") == {None}
    assert [len(attempt.copies) for attempt in hub.attempts()][:3] == [64, 32, 16]


def test_a_parked_delivery_wakes_with_a_newer_number_and_not_before(hub):
    b = hub.aim("B")
    b.answers = [REFUSED]
    hub.say("A", name="n")
    hub.carry()
    hub.wait(3600)
    hub.carry()
    assert len(b.calls) == 1
    hub.say("A", name="m")
    hub.carry()
    assert b.holds["customer", "K"]["name"] == "m"
    assert hub.deliveries() == []


def test_a_refusal_of_what_is_no_longer_the_latest_state_parks_nothing(hub):
    b = hub.aim("B")
    b.answers = [REFUSED]
    hub.say("A", phone="1")
    b.during = lambda: (setattr(b, "during", lambda: None), hub.say("A", phone="2", pause=0.1), hub.pump("B"))
    hub.carry()
    assert b.holds["customer", "K"]["phone"] == "2"
    assert hub.deliveries() == []


def test_trouble_delays_the_target_and_counts_against_no_record(hub):
    b = hub.aim("B")
    b.answers = [TROUBLE] * 3
    many(hub, 3)
    for delay in (1, 5, 15):
        hub.carry()
        rows = hub.deliveries()
        assert [(row.state, row.tries, row.token) for row in rows] == [("waiting", 0, None)] * 3
        assert hub.connection("B").backoff_until == hub.now + delay * SECOND
        hub.wait(delay - 0.5)
        hub.carry()
        hub.wait(0.5)
    assert len(b.calls) == 3
    hub.carry()
    assert len(b.holds) == 3
    assert (hub.connection("B").backoff_count, hub.connection("B").backoff_reason) == (0, None)


@pytest.mark.slow
@pytest.mark.parametrize("days", [0.25, pytest.param(3, marks=pytest.mark.e2e)])
def test_a_weekend_of_503_leaves_nothing_dead(hub, days):
    b = hub.aim("B", Target(batch=10))
    many(hub, 60)
    b.answers = [TROUBLE] * 10_000
    end = hub.now + int(days * 86400) * SECOND
    while hub.now < end:
        hub.carry()
        hub.now = hub.connection("B").backoff_until
    b.answers = []
    hub.carry()
    assert len(b.holds) == 60
    assert hub.deliveries() == []


def test_a_back_off_is_told_once_at_its_beginning_and_once_at_its_end(hub, said):
    b = hub.aim("B")
    b.answers = [TROUBLE] * 3
    hub.say("A", name="n")
    for _ in range(5):
        hub.carry()
        hub.wait(60)
    assert (said("target in trouble"), said("target answers again")) == (1, 1)


def test_two_calls_that_fail_together_are_one_failure(hub):
    hub.aim("B", Target(batch=1))
    many(hub, 2)
    hub.pump("B")
    first, second = hub.claim("B"), hub.claim("B")
    hub.settle(first, TROUBLE)
    hub.settle(second, TROUBLE)
    assert hub.connection("B").backoff_count == 1


def test_of_calls_that_fail_together_the_longest_rest_that_is_asked_for_counts(hub):
    hub.aim("B", Target(batch=1))
    many(hub, 3)
    hub.pump("B")
    claims = [hub.claim("B") for _ in range(3)]
    for claimed, asked in zip(claims, (None, 90.0, 20.0), strict=True):
        hub.settle(claimed, Outcome(Verdict.TROUBLE, "answered 429", 429, asked))
    assert hub.connection("B").backoff_until - hub.now == 90 * SECOND
    assert hub.connection("B").backoff_count == 1


def test_a_rest_that_is_asked_for_is_kept_though_another_call_of_the_same_moment_is_accepted(hub):
    hub.aim("B", Target(batch=1))
    many(hub, 3)
    hub.pump("B")
    hub.settle(hub.claim("B"), TROUBLE)
    hub.wait(60)
    asks, takes = hub.claim("B"), hub.claim("B")
    hub.settle(asks, Outcome(Verdict.TROUBLE, "answered 429", 429, 90.0))
    hub.settle(takes, OK)
    assert hub.claim("B").looked == 0
    hub.wait(91)
    hub.settle(hub.claim("B"), OK)
    assert (hub.connection("B").backoff_count, hub.connection("B").backoff_reason) == (0, None)


@pytest.mark.parametrize(("asked", "waits"), [(0, 1.0), (30, 30.0), (1e9, LONGEST)])
def test_a_retry_after_is_believed_within_bounds(asked, waits):
    assert Retry([1, 5]).wait(1, asked) == waits * SECOND


def test_the_last_delay_repeats_with_jitter():
    assert Retry([1, 5], jitter=lambda: 1.0).wait(50) == 5 * SECOND
    assert 0.8 <= spread() <= 1.2


def test_a_create_that_timed_out_though_it_was_stored_is_sent_again_under_the_same_key(hub):
    b = hub.aim("B")
    b.answers = [UNKNOWN]
    hub.say("A", name="n")
    hub.carry()
    assert hub.copy("B").holds("exists") == {None, True}
    hub.wait(60)
    hub.carry()
    assert list(b.holds) == [("customer", "K")]
    assert [row["name"] for row in b.sent] == ["n", "n"]
    assert hub.deliveries() == []


def test_after_an_unknown_outcome_only_what_it_carried_is_sent_again(hub):
    b = hub.aim("B")
    hub.say("A", name="n", phone="1")
    hub.carry()
    b.answers = [UNKNOWN]
    hub.say("A", phone="2")
    hub.carry()
    hub.wait(60)
    hub.carry()
    assert b.sent[2] == {"phone": "2", "exists": True}


def test_a_record_whose_outcome_stays_unknown_does_not_hold_up_the_others(hub):
    b = hub.aim("B", Target(batch=1))
    hub.say("A", key="D", entity="department", name="poison")
    many(hub, 3)

    def poison():
        b.answers = [UNKNOWN] if b.calls[-1][0].entity == "department" else []

    b.during = poison
    for _ in range(6):
        hub.carry()
        hub.wait(6)
    assert len([key for key in b.holds if key[0] == "customer"]) == 3


def test_a_fault_of_ours_is_dead_and_halved_like_a_refusal(hub):
    b = hub.aim("B")
    many(hub, 2)
    b.answers = [ValueError("bug"), ValueError("bug"), OK]
    hub.carry()
    (dead,) = hub.deliveries()
    assert (dead.state, dead.last_error) == ("dead", "fault of the hub: ValueError: bug")
    assert len(b.holds) == 1


def test_what_another_worker_claimed_since_is_not_settled_by_the_old_token(hub):
    hub.aim("B")
    hub.say("A", name="n")
    hub.pump("B")
    old = hub.claim("B")
    assert hub.claim("B").parcels == []
    hub.now += LEASE
    new = hub.claim("B")
    assert new.parcels[0].sent == {"name": "n", "exists": True}
    for outcome in (OK, REFUSED, UNKNOWN):
        hub.settle(old, outcome)
        assert hub.copy("B").flight.token == new.token
        assert hub.deliveries()[0].token == new.token


def test_a_worker_killed_after_the_claim_leaves_the_copy_uncertain_until_it_is_claimed_again(hub):
    b = hub.aim("B")
    hub.say("A", name="n")
    hub.pump("B")
    hub.claim("B")
    hub.say("B", name="mine", pause=1)
    assert hub.copy("B").holds("name") == {None, "n", "mine"}
    hub.now += LEASE
    hub.carry()
    assert b.holds["customer", "K"]["name"] == hub.record().name


def test_a_renewed_lease_holds_on(hub):
    hub.aim("B")
    hub.say("A", name="n")
    hub.pump("B")
    claimed = hub.claim("B")
    extend = of_deliveries([claimed.parcels[0].copy], claimed.token)
    hub.now += LEASE - 1
    assert db.retrying(hub.engine, lambda session: extend(session, hub.now + LEASE)) == 1
    hub.now += LEASE - 1
    assert hub.claim("B").parcels == []
    assert db.retrying(hub.engine, lambda session: of_deliveries([1, 2, 3], "other")(session, 0)) == 0


def test_what_a_dead_process_had_claimed_is_free_at_once_where_nobody_else_works(hub):
    hub.aim("B")
    hub.say("A", name="n")
    hub.pump("B")
    hub.claim("B")
    db.retrying(hub.engine, adopt)
    free = hub.engine.dialect.name == "sqlite"
    assert len(hub.claim("B").parcels) == (1 if free else 0)


def test_released_parcels_count_as_not_sent_and_go_in_smaller_claims(hub):
    hub.aim("B", Target(batch=4))
    many(hub, 4)
    hub.pump("B")
    claimed = hub.claim("B")
    db.retrying(hub.engine, lambda session: release(session, claimed, claimed.parcels, smaller=True))
    assert hub.copy("B", "00000").holds("name") == {None}
    assert [len(hub.claim("B").parcels) for _ in range(3)] == [2, 2, 0]


def test_a_paused_or_inactive_target_is_not_called(hub):
    b = hub.aim("B")
    hub.say("A", name="n")
    for columns in ({"paused": True}, {"paused": False, "active": False}):
        hub.setup("B", **columns)
        hub.carry()
    assert b.calls == []
    hub.setup("B", active=True)
    hub.carry()
    assert len(b.calls) == 1


def test_a_delivery_of_what_the_target_is_told_no_more_is_dropped(hub):
    b = hub.aim("B")
    hub.say("A", name="n")
    hub.pump("B")
    hub.setup("B", told={})
    hub.carry()
    assert b.calls == []
    assert hub.deliveries() == []


def test_a_new_target_is_told_everything(hub):
    many(hub, 5)
    hub.join("D")
    d = hub.aim("D")
    hub.carry()
    assert len(d.holds) == 5


def test_the_pump_looks_at_a_window_at_a_time_and_skips_none(hub):
    b = hub.aim("B")
    many(hub, 25)
    assert [hub.pump("B", window=10) for _ in range(4)] == [10, 10, 5, 0]
    hub.carry()
    assert len(b.holds) == 25


@contextmanager
def counted(engine):
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    yield statements


def test_the_number_of_statements_does_not_depend_on_the_number_of_records(hub):
    hub.aim("B")

    def told(count, start):
        writes = [
            Write("expense", f"{start}-{n}", Mode.PARTIAL, {"name": "e", "department_id": f"D{start}-{n}"})
            for n in range(count)
        ]
        hub.write("A", *writes)
        with counted(hub.engine) as statements:
            hub.pump("B")
            pumped = len(statements)
            claimed = hub.claim("B")
            got = len(statements) - pumped
            hub.settle(claimed, OK)
        assert len(claimed.parcels) == count
        return pumped, got, len(statements) - pumped - got

    assert told(1, 1) == told(200, 2)


def test_two_workers_never_hold_the_same_copy(hub):
    hub.aim("B", Target(batch=7))
    many(hub, 200)

    def work(_):
        mine = []
        while True:
            hub.pump("B", window=20)
            claimed = hub.claim("B")
            if not claimed.looked and hub.pump("B", window=20) == 0 and not free():
                return mine
            mine += [(parcel.copy, claimed.token) for parcel in claimed.parcels]

    def free():
        with db.reading(hub.engine) as session:
            cursor = session.scalar(select(Connection.cursor).where(Connection.name == "B"))
        return cursor < 200 or any(row.token is None for row in hub.deliveries())

    with ThreadPoolExecutor(4) as pool:
        held = [pair for part in pool.map(work, range(4)) for pair in part]
    assert len(held) == len({copy for copy, _ in held}) == 200
    assert {row.copy_id: row.token for row in hub.deliveries()} == dict(held)


def test_a_row_that_another_worker_holds_locked_is_skipped(hub):
    if hub.engine.dialect.name == "sqlite":
        return
    hub.aim("B", Target(batch=1))
    many(hub, 2)
    hub.pump("B")
    with db.writing(hub.engine) as session:
        held = hub.deliveries()[0].copy_id
        table = db.table_of(type(hub.deliveries()[0]))
        session.execute(update(table).where(table.c.copy_id == held).values(tries=0))
        assert [parcel.copy for parcel in hub.claim("B").parcels] != [held]


def test_a_pump_that_another_worker_runs_is_left_to_it(hub):
    if hub.engine.dialect.name == "sqlite":
        return
    hub.aim("B")
    many(hub, 2)
    with db.writing(hub.engine) as session:
        session.execute(update(Connection).where(Connection.name == "B").values(cursor=0))
        assert hub.pump("B") == 0
    assert hub.pump("B") == 2


def test_every_call_is_written_down(hub):
    b = hub.aim("B")
    b.answers = [Outcome(Verdict.TROUBLE, "busy", 429, 7, "slow down", "{}")]
    hub.say("A", name="n")
    hub.carry()
    hub.wait(7)
    hub.carry()
    first, second = hub.attempts()
    assert (first.outcome, first.status, first.answer, first.request) == ("trouble", 429, "slow down", "{}")
    assert (second.outcome, second.copies) == ("accepted", [copy_id(hub)])


def test_a_refused_batch_that_cannot_be_halved_in_time_is_given_back_for_smaller_claims(hub):
    b = hub.aim("B", Target(batch=4))
    many(hub, 4)
    b.answers = [REFUSED]
    hub.pump("B")
    courier = hub.courier("B")
    b.during = lambda: setattr(courier, "attempt_seconds", -1)
    courier.attempt_seconds = 0
    claimed = hub.claim("B")
    Courier.carry(courier, claimed)
    assert [row.tries for row in hub.deliveries()] == [1] * 4
    assert [len(hub.claim("B").parcels) for _ in range(3)] == [2, 2, 0]


def test_trouble_after_a_refusal_gives_back_the_other_half_unsent(hub):
    b = hub.aim("B")
    many(hub, 4)
    b.answers = [REFUSED, TROUBLE]
    hub.carry()
    assert [len(call) for call in b.calls] == [4, 2]
    assert [(row.tries, row.token) for row in hub.deliveries()] == [(0, None)] * 4
    assert hub.copy("B", "00003").holds("name") == {None}


def test_an_outcome_is_written_down_when_the_store_is_back(hub):
    b = hub.aim("B")
    hub.say("A", name="n")
    with store_away(hub) as away:
        b.during = lambda: away.update(calls=1)
        hub.carry()
    assert away["calls"] == 0
    assert hub.deliveries() == []


def test_a_store_that_stays_away_ends_the_carrying(hub):
    b = hub.aim("B")
    hub.say("A", name="n")
    with store_away(hub) as away:
        b.during = lambda: away.update(calls=1000)
        courier = hub.courier("B")
        courier.leases = Waning(hub.engine)
        hub.pump("B")
        with pytest.raises(OperationalError):
            courier.carry_next()
    assert hub.copy("B").flight is not None
    hub.now += LEASE
    hub.carry()
    assert hub.deliveries() == []


class Waning(Leases):
    """Leases of which little is left when they are taken."""

    def held(self, extend, claimed_at):
        return super().held(extend, claimed_at - HALF + 3 * AGAIN)


@contextmanager
def store_away(hub):
    """A store whose next statements fail, as many as `calls` says."""
    away = {"calls": 0}

    def fail(*_):
        if away["calls"]:
            away["calls"] -= 1
            raise OperationalError("", {}, OSError("disk full"))

    event.listen(hub.engine, "before_cursor_execute", fail)
    yield away
    event.remove(hub.engine, "before_cursor_execute", fail)


def test_a_copy_that_loops_or_does_not_fit_after_an_unknown_outcome_is_in_flight_no_more(hub):
    b = hub.aim("B")
    b.answers = [UNKNOWN]
    hub.say("A", name="n")
    hub.carry()
    assert hub.copy("B").flight is not None
    b.unfit = lambda _: "name: too long"
    hub.wait(60)
    hub.carry()
    assert hub.deliveries()[0].state == "parked"
    assert hub.copy("B").flight is None
    assert hub.copy("B").holds("name") == {None, "n"}


def test_accepted_calls_of_single_records_share_commits(hub):
    b = hub.aim("B", Target(batch=1))
    many(hub, 30)
    hub.pump("B")
    courier = hub.courier("B")
    with counted(hub.engine) as statements:
        while courier.carry_next():
            pass
    assert len(b.holds) == len(hub.attempts()) == 30
    assert len([text for text in statements if text.startswith("INSERT INTO attempt")]) < 15


def test_a_slow_target_gives_back_what_it_did_not_get_to(hub, monkeypatch):
    b = hub.aim("B", Target(batch=1))
    monkeypatch.setattr("synchub.outbox.courier.TRIP", 0.0)
    many(hub, 3)
    hub.pump("B")
    courier = hub.courier("B")
    courier.bundle = 32
    courier.carry_next()
    assert (len(b.calls), courier.bundle) == (1, 1)
    assert [(row.tries, row.token) for row in hub.deliveries()] == [(0, None)] * 2
    hub.carry()
    assert len(b.holds) == 3


def test_an_accepted_call_before_trouble_ends_the_old_trouble_and_begins_a_new_one(hub, said, monkeypatch):
    monkeypatch.setattr("synchub.outbox.courier.TRIP", float("inf"))
    b = hub.aim("B", Target(batch=1))
    many(hub, 3)
    b.answers = [TROUBLE, OK, TROUBLE, TROUBLE]
    hub.carry()
    hub.wait(1)
    courier = hub.courier("B")
    courier.bundle = 3
    courier.carry_next()
    assert hub.connection("B").backoff_count == 1
    assert (said("target in trouble"), said("target answers again")) == (2, 1)


def test_what_a_target_refuses_of_all_it_was_sent_is_parked_at_once_and_holds_up_nothing_else(hub):
    b = hub.aim("B", Target(batch=10))
    many(hub, 10)
    hub.say("A", key="E", entity="expense", name="e")
    b.answers = [Outcome(Verdict.REFUSED, "this form is closed to you", 403, of_all=True)]
    hub.carry()
    assert [len(call) for call in b.calls] == [10, 1]
    assert {(row.state, row.last_error) for row in hub.deliveries()} == {("parked", "this form is closed to you")}
    assert set(b.holds) == {("expense", "E")}


@pytest.mark.parametrize("words", ["ok\x00!", "bad \ud800"])
def test_an_answer_that_no_database_can_hold_settles_like_any_other(hub, words):
    b = hub.aim("B", Target(batch=1))
    many(hub, 2)
    b.answers = [Outcome(Verdict.ACCEPTED, answer=words), Outcome(Verdict.REFUSED, words, 400, answer=words)]
    hub.carry()
    assert [row.state for row in hub.deliveries()] == ["parked"]
    assert len(hub.attempts()) == 2
