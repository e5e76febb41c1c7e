"""After a rule change every record is what its partners' words make of it by the new rules, and history says so."""

import threading
import time
from collections import Counter
from uuid import uuid4

import pytest
from sqlalchemy import event, select, text
from tests.master.rules import change_rules, partner_of, weigh, weigh_once
from tests.world import world

from synchub import db
from synchub.master import reading, store
from synchub.master.convergence import Mode
from synchub.master.tables import MasterRecord
from synchub.master.weighing import weigh_anew
from synchub.master.writes import Batch, Kind, Write

PATIENCE = 60
where_many_write_at_once = pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)


@pytest.fixture
def hub(engine):
    with world(engine) as made:
        made.join("A", "B", "C")
        yield made


def past(hub, moment, record=None):
    with db.reading(hub.engine) as session:
        return reading.as_of(session, (record or hub.records()[0]).id, moment)


def assert_history_is_true(hub):
    """What history adds up to is what the record's row says."""
    with db.reading(hub.engine) as session:
        for record in session.scalars(select(MasterRecord)):
            fields = reading.typed_fields(record) | ({"exists": True} if record.exists else {})
            assert reading.as_of(session, record.id, hub.now) == fields


def test_a_rank_that_changes_flips_the_winner_and_history_says_that_the_hub_did_it(hub):
    hub.say("A", phone="1", name="n")
    hub.say("B", phone="2")
    before = hub.now
    change_rules(hub, "A", rank=5)
    assert hub.record().phone == "2"
    assert weigh(hub) == [1]
    assert hub.record().phone == "1"
    step = hub.history()[-1]
    assert (step.connection_id, step.copy_id, step.message_id, step.said) == (0, None, None, {})
    assert (step.verdict, step.became) == ("updated", {"phone": ["2", "1"]})
    assert (step.version, step.number) == (hub.record().version, hub.record().changed)
    assert (past(hub, before)["phone"], past(hub, hub.now)["phone"]) == ("2", "1")
    assert_history_is_true(hub)


def test_the_reason_of_every_field_is_by_the_new_rules(hub):
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    change_rules(hub, "A", rank=5)
    weigh(hub)
    with db.reading(hub.engine) as session:
        words = reading.explain(session, hub.records()[0].id)["phone"]
    assert [(word.connection, word.lost) for word in words] == [("A", None), ("B", "its rank 0 is below 5")]


def test_what_was_weighed_is_not_touched_again(hub):
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    change_rules(hub, "A", rank=5)
    weigh(hub)
    changes = len(hub.history())
    assert weigh(hub) == []
    change_rules(hub, "A", rank=6)
    assert weigh(hub) == [0]
    assert len(hub.history()) == changes
    assert partner_of(hub, "A").weighed_to is None


def test_a_record_that_no_word_of_the_partner_is_about_is_not_looked_at(hub):
    hub.say("A", key="1", phone="1")
    hub.say("B", key="2", phone="2")
    looked = []
    event.listen(hub.engine, "before_cursor_execute", lambda _c, _u, _s, parameters, *_: looked.append(str(parameters)))
    change_rules(hub, "A", rank=5)
    weigh(hub)
    ids = {record.code: str(record.id) for record in hub.records()}
    assert any(ids["1"] in each for each in looked)
    assert not any(ids["2"] in each for each in looked)


def test_a_delete_that_means_only_the_partners_own_copy_makes_the_record_live_and_back(hub):
    hub.say("A", phone="1")
    hub.say("B", name="n")
    hub.delete("A")
    assert not hub.record().exists
    change_rules(hub, "A", deletes_record=False)
    assert weigh(hub) == [1]
    assert hub.record().exists
    assert (hub.history()[-1].verdict, hub.history()[-1].became) == ("created", {"exists": [None, True]})
    assert hub.tell("A") == {}
    change_rules(hub, "A", deletes_record=True)
    assert weigh(hub) == [1]
    assert not hub.record().exists
    assert (hub.history()[-1].verdict, hub.history()[-1].became) == ("deleted", {"exists": [True, None]})
    assert_history_is_true(hub)


def test_a_partner_that_said_gone_is_given_the_record_back_if_another_word_makes_it_live(hub):
    hub.say("A", phone="1")
    change_rules(hub, "A", rank=5)
    weigh(hub)
    hub.say("B", name="n")
    hub.delete("B")
    hub.say("C", email="c")
    assert hub.tell("B") == {}
    number = hub.record().changed
    change_rules(hub, "A", rank=0)
    assert weigh(hub) == [0]
    assert hub.record().changed > number
    assert (hub.history()[-1].verdict, hub.history()[-1].became) == ("unchanged", {})
    assert hub.tell("B")["exists"] is True


def test_a_reference_is_that_of_the_new_winner(hub):
    for partner, department in (("A", "D1"), ("B", "D2")):
        hub.write(partner, Write("department", department, Mode.PARTIAL, {"name": department}))
        hub.say(partner, entity="expense", department_id=department)
    change_rules(hub, "A", rank=5)
    weigh(hub)
    assert hub.record("expense").department_id == hub.record("department", "D1").id
    assert_history_is_true(hub)


def test_who_is_interrupted_goes_on_where_it_was(hub):
    for number in range(5):
        hub.say("A", key=str(number), phone="1")
        hub.say("B", key=str(number), phone="2")
    change_rules(hub, "A", rank=5)
    assert weigh_once(hub, 2) == 2
    ids = [record.id for record in hub.records()]
    assert partner_of(hub, "A").weighed_to == ids[1]
    assert [hub.record(code=str(number)).phone for number in range(5)] == ["1", "1", "2", "2", "2"]
    assert weigh(hub, 2) == [2, 1]
    assert {hub.record(code=str(number)).phone for number in range(5)} == {"1"}
    assert partner_of(hub, "A").weighed_to is None
    assert_history_is_true(hub)


def test_the_rules_of_two_partners_may_change_at_once(hub):
    hub.say("A", key="1", phone="1")
    hub.say("B", key="2", phone="2")
    for key in "12":
        hub.say("C", key=key, phone="3")
    change_rules(hub, "A", rank=5)
    change_rules(hub, "B", rank=5)
    assert weigh(hub) == [1, 1]
    assert [hub.record(code=code).phone for code in "12"] == ["1", "2"]


def test_a_record_that_is_written_before_it_was_weighed_is_weighed_first(hub):
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    before = hub.now
    change_rules(hub, "A", rank=5)
    batch = Batch(hub.partners["C"], uuid4(), [Write("customer", "K", Mode.PARTIAL, {"name": "n"})])
    (applied,) = db.retrying(hub.engine, lambda session: store.apply(session, [batch]))
    weighed, written = hub.history()[-2:]
    assert (weighed.connection_id, weighed.became) == (0, {"phone": ["2", "1"]})
    assert (written.connection_id, written.became) == (hub.partners["C"], {"name": [None, "n"]})
    assert written.version == weighed.version + 1 == hub.record().version
    assert (applied.first_number, applied.last_number) == (written.number, written.number)
    assert applied.verdicts[0].number == written.number
    assert weigh(hub) == [0]
    assert past(hub, before)["phone"] == "2"
    assert_history_is_true(hub)


@pytest.mark.parametrize(("partner", "verdict", "phone"), [("A", "updated", "9"), ("B", "superseded", "1")])
def test_a_word_that_comes_before_its_record_was_weighed_counts_by_the_new_rules(hub, partner, verdict, phone):
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    change_rules(hub, "A", rank=5)
    assert hub.say(partner, phone="9") == verdict
    assert hub.record().phone == phone
    assert_history_is_true(hub)
    assert weigh(hub) == [0]


def test_rules_that_are_changed_and_changed_back_leave_nothing_behind(hub):
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    change_rules(hub, "A", rank=5)
    hub.say("C", name="n")
    change_rules(hub, "A", rank=0)
    assert weigh(hub) == [1]
    assert hub.record().phone == "2"
    assert_history_is_true(hub)


def statements_of_window(hub, count):
    writes = [Write("expense", f"E{n}", Mode.PARTIAL, {"department_id": f"D{n % 7}"}) for n in range(count)]
    for partner, name in (("A", "a"), ("B", "b")):
        hub.write(partner, *[Write(w.entity, w.key, w.mode, w.fields | {"name": name}) for w in writes])
    change_rules(hub, "A", rank=5)
    counted = Counter()

    def count_one(*_):
        counted["statements"] += 1

    event.listen(hub.engine, "before_cursor_execute", count_one)
    assert weigh_once(hub, 1000) == count
    event.remove(hub.engine, "before_cursor_execute", count_one)
    change_rules(hub, "A", rank=-5)
    weigh(hub)
    return counted["statements"]


def test_a_window_takes_as_many_statements_for_one_record_as_for_hundreds(hub):
    assert statements_of_window(hub, 1) == statements_of_window(hub, 300)


def until_waiting_for_a_lock(hub, how_many=1):
    """Wait until that many sessions wait for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    end = time.monotonic() + PATIENCE
    while True:
        with db.reading(hub.engine) as session:
            if session.scalar(waiting) == how_many:
                return
        assert time.monotonic() < end, "nobody waited"
        time.sleep(0.01)


def in_thread(work):
    failures = []

    def guarded():
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the test reports it
            failures.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    return thread, failures


def lock_record(session):
    session.execute(db.locked(select(MasterRecord.__table__))).all()


@where_many_write_at_once
def test_a_writer_that_knew_the_old_rules_does_not_undo_what_was_weighed(hub):
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    with db.writing(hub.engine) as session:
        lock_record(session)
        writer, failures = in_thread(lambda: hub.say("C", name="n"))
        until_waiting_for_a_lock(hub)
        change_rules(hub, "A", rank=5)
        assert weigh_anew(session) == 1
    writer.join()
    assert failures == []
    assert (hub.record().phone, hub.record().name) == ("1", "n")
    assert_history_is_true(hub)


@where_many_write_at_once
@pytest.mark.parametrize(("first", "then", "phone"), [(5, 0, "2"), (-5, 5, "1")])
def test_rules_that_change_again_while_a_window_is_weighed_are_those_that_count(hub, first, then, phone):
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    change_rules(hub, "A", rank=first)
    with db.writing(hub.engine) as session:
        lock_record(session)
        weigher, failures = in_thread(lambda: weigh_once(hub, 500))
        until_waiting_for_a_lock(hub)
        change_rules(hub, "A", rank=then)
    weigher.join()
    weigh(hub)
    assert failures == []
    assert hub.record().phone == phone
    assert partner_of(hub, "A").weighed_to is None
    assert_history_is_true(hub)


@where_many_write_at_once
def test_a_writer_that_did_not_know_a_new_partner_weighs_its_words_all_the_same(hub):
    hub.say("A", phone="1")
    with db.writing(hub.engine) as session:
        lock_record(session)
        writer, failures = in_thread(lambda: hub.say("C", phone="3"))
        until_waiting_for_a_lock(hub)
        hub.join("D", rank=5)
        batch = Batch(hub.partners["D"], uuid4(), [Write("customer", "K", Mode.PARTIAL, {"phone": "4"})])
        (applied,) = store.apply(session, [batch])
        assert applied.verdicts[0].kind is Kind.UPDATED
    writer.join()
    assert failures == []
    assert hub.record().phone == "4"
    assert_history_is_true(hub)


def test_two_who_weigh_take_turns(hub):
    for number in range(20):
        hub.say("A", key=str(number), phone="1")
        hub.say("B", key=str(number), phone="2")
    change_rules(hub, "A", rank=5)
    counts = []
    weighers = [in_thread(lambda: counts.extend(weigh(hub, 3))) for _ in range(2)]
    for weigher, _ in weighers:
        weigher.join()
    assert [failures for _, failures in weighers] == [[], []]
    assert (len(counts), sum(counts)) == (7, 20)
    assert sum(step.connection_id == 0 for step in hub.history()) == 20
