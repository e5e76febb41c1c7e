"""Resyncs worked off: a window at a time, whoever does it, and no more than the targets keep up with."""

import resource

import pytest
from sqlalchemy import event
from tests.outbox.post import OK, TROUBLE, Target
from tests.resync.desk import ask, ids, outcome, progress, put, resync, rows

from synchub import db
from synchub.master.convergence import Mode
from synchub.master.entities.parties import Customer
from synchub.master.tables import FIRST_RECORD, CrossReference, MasterRecord
from synchub.master.writes import Write
from synchub.resync import working
from synchub.resync.reading import cancel, list_resyncs
from synchub.resync.tables import State
from synchub.resync.working import work_off


def many(hub, count, partner="A"):
    hub.write(partner, *(Write("customer", f"{n:05}", Mode.PARTIAL, {"name": f"n{n}"}) for n in range(count)))


@pytest.fixture
def settled(hub):
    """Ten records that B and C were told of."""
    hub.aim("B")
    hub.aim("C")
    many(hub, 10)
    hub.carry()
    for target in hub.targets.values():
        target.calls.clear()
    return hub


def test_everything_is_sent_again_to_every_target(settled):
    ask(settled)
    while work_off(settled.engine, window=4):
        pass
    settled.carry()
    for target in settled.targets.values():
        assert sorted(parcel.key for call in target.calls for parcel in call) == [f"{n:05}" for n in range(10)]
        assert all(row["name"] for row in target.sent)
    (row,) = rows(settled)
    assert (row.state, row.total, row.records, row.copies, row.cursor) == (State.DONE, 10, 10, 30, ids(settled)[-1])


def test_the_source_of_a_resync_is_not_told_its_own_word_again(settled):
    put = resync(settled, "B")
    assert {settled.copy("B", f"{n:05}").id for n in range(10)}.isdisjoint(put.copies)
    settled.carry()
    assert settled.targets["B"].calls == []
    assert len(settled.targets["C"].sent) == 10


def test_only_the_records_that_were_named_are_sent_again(settled):
    second = ids(settled)[1]
    resync(settled, records=[second])
    settled.carry("B")
    assert [parcel.record for call in settled.targets["B"].calls for parcel in call] == [second]


def test_only_the_entities_that_were_named_are_sent_again(settled):
    settled.say("A", entity="warehouse", key="W", name="main")
    settled.carry()
    settled.targets["B"].calls.clear()
    ask(settled, entities=["warehouse"])
    work_off(settled.engine)
    settled.carry("B")
    assert [parcel.entity for call in settled.targets["B"].calls for parcel in call] == ["warehouse"]
    assert rows(settled)[0].total == 1


def test_a_window_that_fails_leaves_nothing_half_done_and_the_next_goes_on_there(settled):
    message = ask(settled)
    put(settled, message, window=3)

    def killed(session):
        working.advance(session, working.RESYNCS.c.message_id == message, 3)
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        db.retrying(settled.engine, killed)
    assert rows(settled)[0].records == 3
    assert [put(settled, message, window=3).records for _ in range(3)] == [
        ids(settled)[3:6],
        ids(settled)[6:9],
        ids(settled)[9:],
    ]
    assert put(settled, message) is None


def test_chosen_records_may_be_more_than_a_window(settled):
    message = ask(settled, records=ids(settled)[:5], queued=True)
    assert [put(settled, message, window=2).records for _ in range(3)] == [
        ids(settled)[:2],
        ids(settled)[2:4],
        ids(settled)[4:5],
    ]
    assert rows(settled)[0].state == State.DONE


def test_a_small_resync_is_left_for_a_while_to_the_process_that_was_asked(settled):
    ask(settled, records=ids(settled))
    assert not work_off(settled.engine)
    settled.wait(16)
    assert work_off(settled.engine)


def test_no_more_is_put_while_the_targets_cannot_keep_up(settled):
    ask(settled)
    assert work_off(settled.engine, window=2, most=6)
    assert not work_off(settled.engine, window=2, most=6)
    settled.setup("A", paused=True)
    settled.carry()
    assert work_off(settled.engine, window=2, most=6)


def test_a_target_in_trouble_holds_nobody_up(settled):
    settled.setup("A", paused=True)
    settled.targets["B"].answers = [TROUBLE]
    ask(settled)
    work_off(settled.engine, window=5, most=1)
    settled.carry()
    assert settled.connection("B").backoff_count == 1
    assert work_off(settled.engine, window=5, most=1)
    settled.carry("C")
    assert len(settled.targets["C"].sent) == 10


def test_a_cancelled_resync_puts_no_more_and_what_is_there_goes_out(settled):
    message = ask(settled)
    put(settled, message, window=4)
    db.retrying(settled.engine, lambda session: cancel(session, rows(settled)[0].id))
    assert put(settled, message) is None
    assert not work_off(settled.engine)
    settled.carry()
    assert len(settled.targets["B"].sent) == 4
    assert rows(settled)[0].state == State.CANCELLED


def test_a_list_tells_how_far_each_has_come(settled):
    ask(settled, "A", blanks=False)
    work_off(settled.engine, window=4)
    with db.reading(settled.engine) as session:
        (row,) = list_resyncs(session)
    told = {name: row[name] for name in ("state", "source", "scope", "total", "records", "restated", "waiting")}
    assert told == {
        "state": "running",
        "source": "A",
        "scope": "everything",
        "total": 10,
        "records": 4,
        "restated": 4,
        "waiting": 8,
    }
    assert (row["asked_by"], row["blanks"], row["refused"]) == ("C", False, 0)


@pytest.mark.parametrize("source", [None, "A"])
def test_a_resync_is_not_over_because_a_later_one_wants_the_same(settled, source):
    settled.setup("A", active=False)
    first = ask(settled, source)
    work_off(settled.engine)
    settled.targets["C"].refuses = lambda parcel: parcel.key == "00004"
    settled.carry("C")
    assert (progress(settled, first).waiting, progress(settled, first).refused) == (10, 1)
    named, second = ask(settled, records=ids(settled)[3:6], queued=True), ask(settled)
    while work_off(settled.engine):
        pass
    assert (progress(settled, first).waiting, progress(settled, named).waiting) == (11, 6)
    settled.carry("C")
    assert (progress(settled, first).waiting, progress(settled, first).refused) == (10, 1)
    assert (progress(settled, named).waiting, progress(settled, named).refused) == (3, 1)
    settled.carry("B")
    for message in (first, named, second):
        assert (progress(settled, message).is_over, progress(settled, message).refused) == (True, 1)


def test_a_resync_that_is_over_stays_so_while_a_later_one_wants_the_same(settled):
    settled.setup("A", active=False)
    first = ask(settled)
    work_off(settled.engine)
    settled.carry()
    ask(settled)
    work_off(settled.engine)
    assert progress(settled, first).is_over


def test_a_resync_is_not_over_before_the_targets_have_the_records_that_they_lacked(settled):
    settled.setup("A", active=False)
    settled.say("C", key="new", name="x")
    message = ask(settled)
    work_off(settled.engine)
    settled.carry("C")
    for name in ("B", "C"):
        settled.settle(settled.claim(name), OK)
    assert not progress(settled, message).is_over
    settled.carry()
    assert progress(settled, message).is_over


def test_nothing_to_resync_is_done_at_once(hub):
    ask(hub)
    assert rows(hub)[0].state == State.DONE


def test_a_force_during_a_partial_delivery_is_followed_by_a_full_one(settled):
    """Scenario 31."""
    b, key = settled.targets["B"], "00003"
    settled.say("A", key=key, phone="2")
    made = []

    def meanwhile():
        b.during = lambda: None
        made.append(resync(settled, records=[settled.record(code=key).id]))

    b.during = meanwhile
    settled.carry("B")
    assert b.sent == [{"phone": "2", "exists": True}, {"name": "n3", "phone": "2", "exists": True}]
    assert settled.copy("B", key).sent_number >= made[0].number


def test_a_record_is_done_when_all_its_copies_have_the_number(settled):
    settled.setup("A", active=False)
    made = resync(settled)
    assert outcome(settled, made).under_way == set(ids(settled))
    settled.carry("B")
    assert outcome(settled, made).done == []
    settled.carry("C")
    assert (outcome(settled, made).done, outcome(settled, made).is_over) == (ids(settled), True)


def test_a_refused_record_is_named_with_who_refused_it_and_why(settled):
    settled.setup("A", active=False)
    settled.targets["C"].refuses = lambda parcel: parcel.key == "00004"
    made = resync(settled)
    settled.carry()
    bad = settled.record(code="00004").id
    assert outcome(settled, made).refused == {bad: ["C: unfit"]}
    assert outcome(settled, made).done == [one for one in ids(settled) if one != bad]


def test_a_copy_that_was_refused_before_is_tried_again(settled):
    settled.setup("A", active=False)
    settled.targets["C"].refuses = lambda parcel: parcel.key == "00004"
    settled.say("A", key="00004", phone="2")
    settled.carry()
    assert "phone" not in settled.targets["C"].holds["customer", "00004"]
    settled.targets["C"].refuses = lambda _: False
    made = resync(settled, records=[settled.record(code="00004").id])
    settled.carry()
    assert settled.targets["C"].holds["customer", "00004"]["phone"] == "2"
    assert outcome(settled, made).done == made.records


def test_a_copy_that_its_partner_said_is_gone_is_left_out_and_named(settled):
    settled.setup("A", active=False)
    settled.setup("B", deletes_record=False)
    settled.delete("B", key="00002")
    settled.carry()
    made = resync(settled)
    gone = settled.record(code="00002").id
    assert made.gone == {gone: ["B"]}
    settled.carry()
    assert gone in outcome(settled, made).done
    assert "00002" not in [parcel.key for call in settled.targets["B"].calls for parcel in call]


def test_a_record_that_a_target_lacks_is_made_there_and_waited_for(settled):
    settled.setup("A", active=False)
    settled.say("C", key="new", name="x")
    made = resync(settled, records=[settled.record(code="new").id])
    settled.carry("C")
    assert outcome(settled, made).under_way == set(made.records)
    while settled.pump("B"):
        pass
    assert outcome(settled, made).under_way == set(made.records)
    settled.carry()
    assert outcome(settled, made).done == made.records
    assert settled.targets["B"].holds["customer", "new"]["name"] == "x"


def test_a_copy_whose_delivery_an_operator_gave_up_is_refused(settled):
    from synchub.outbox import dead_letters

    settled.setup("A", active=False)
    made = resync(settled, records=ids(settled)[:1])
    b = settled.copy("B", "00000").id
    db.retrying(settled.engine, lambda session: dead_letters.discard(session, [b]))
    settled.carry()
    assert outcome(settled, made).refused == {ids(settled)[0]: ["B: given up by the operator"]}


def fill(hub, count):
    """Customers that B stated and surely holds, written as a restored store would have them."""
    said = {"s": 1, "v": {"name": "n", "exists": True}}
    shared = {"entity": "customer", "version": 1, "changed": 0, "exists": True, "exists_stamp": 1, "last_stamp": 1}
    place = {"connection_id": hub.partners["B"], "entity": "customer", "sent_number": 0, "image": said}
    known = {"a": 1, "v": said["v"]}
    for start in range(FIRST_RECORD, FIRST_RECORD + count, 10_000):
        new = range(start, start + 10_000)
        with db.writing(hub.engine) as session:
            session.execute(db.table_of(MasterRecord).insert(), [{"id": id_, **shared} for id_ in new])
            session.execute(db.table_of(Customer).insert(), [{"id": id_, "name": "n"} for id_ in new])
            copies = [{"record_id": id_, "home_record_id": id_, "external_key": str(id_)} for id_ in new]
            session.execute(
                db.table_of(CrossReference).insert(), [{**copy, **place, "known": known} for copy in copies]
            )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("store_url", "source", "count"),
    [
        ("sqlite", "B", 10_000),
        pytest.param("sqlite", "B", 100_000, marks=pytest.mark.e2e),
        pytest.param("postgresql", None, 100_000, marks=pytest.mark.e2e),
    ],
    indirect=["store_url"],
)
def test_everything_is_put_in_bounded_memory_however_much_it_is(hub, source, count):
    fill(hub, count)
    ask(hub, source)
    work_off(hub.engine, most=10**6)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while work_off(hub.engine, most=10**6):
        pass
    assert rows(hub)[0].records == count
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 2**10


def test_a_window_takes_statements_and_rows_that_do_not_grow_with_everything(hub):
    hub.aim("B", Target(batch=5000))
    many(hub, 500)
    hub.carry("B")
    ask(hub)
    seen = []

    def see(_connection, _cursor, statement, *_):
        seen.append(statement)

    event.listen(hub.engine, "before_cursor_execute", see)
    counts = []
    for _ in range(3):
        seen.clear()
        assert work_off(hub.engine, window=100)
        counts.append(len(seen))
        hub.settle(hub.claim("B"), OK)
    event.remove(hub.engine, "before_cursor_execute", see)
    assert counts[1] == counts[2] < 25
    assert rows(hub)[0].records == 300
