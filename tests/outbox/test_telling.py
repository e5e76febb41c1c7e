"""What a target is told, and when: the outbox as a difference, step by step on a clock that stands still."""

import pytest
from tests.outbox.post import OK, Gathering, Target

from synchub import db
from synchub.master.convergence import Mode
from synchub.master.writes import Write
from synchub.outbox import dead_letters
from synchub.outbox.keys import NO_KEY
from synchub.outbox.sender import Outcome, Verdict


def test_a_new_record_is_created_at_every_target_under_the_code_we_chose(hub):
    b = hub.aim("B")
    hub.say("A", key="7", name="n", phone="1")
    hub.carry()
    assert b.holds == {("customer", "7"): {"name": "n", "phone": "1", "exists": True}}
    assert b.calls[0][0].is_new
    assert hub.deliveries() == []


def test_only_what_differs_travels(hub):
    b = hub.aim("B")
    hub.say("A", name="n", phone="1")
    hub.carry()
    hub.say("A", phone="2")
    hub.carry()
    assert b.sent[1] == {"phone": "2", "exists": True}


def test_the_author_of_the_winning_statement_is_not_called(hub):
    a = hub.aim("A")
    hub.say("A", name="n")
    hub.carry()
    assert a.calls == []
    assert hub.deliveries() == []


def test_the_author_of_the_losing_statement_is_told_the_winner_once(hub):
    hub.setup("A", rank=1)
    b = hub.aim("B")
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    hub.carry()
    hub.wait()
    hub.carry()
    assert b.sent == [{"phone": "1", "exists": True}]


def test_a_blank_travels_only_over_a_value_that_the_target_may_hold(hub):
    b = hub.aim("B")
    hub.say("A", name="n", phone="1", email=None)
    hub.carry()
    hub.say("A", phone=None)
    hub.carry()
    assert b.sent == [{"name": "n", "phone": "1", "exists": True}, {"phone": None, "exists": True}]


def test_a_value_that_only_the_target_knows_is_never_sent_as_a_null(hub):
    b = hub.aim("B")
    hub.say("B", name="n", bank_account="DE1")
    hub.say("A", phone="2")
    hub.carry()
    assert b.sent == [{"phone": "2", "exists": True}]


def test_a_default_of_the_targets_form_is_no_difference_for_ever(hub):
    b = hub.aim("B")
    b.needs = {"active": True, "name": None}
    hub.say("A", name="n")
    hub.carry()
    hub.say("A", phone="2")
    hub.carry()
    hub.carry()
    assert b.sent == [
        {"name": "n", "active": True, "exists": True},
        {"name": "n", "active": True, "phone": "2", "exists": True},
    ]


def test_a_target_is_told_only_the_fields_and_entities_that_it_is_to_be_told(hub):
    b = hub.aim("B")
    hub.setup("B", told={"customer": ["phone"]})
    hub.say("A", name="n", phone="1")
    hub.say("A", key="I", entity="item", name="i")
    hub.carry()
    assert b.sent == [{"phone": "1", "exists": True}]
    assert hub.pump("B") == 0


def test_a_deletion_is_told_with_what_the_form_requires_and_how_it_says_gone(hub):
    b = hub.aim("B")
    b.needs, b.tombstone = {"name": None}, {"active": False}
    hub.say("A", name="n", phone="1")
    hub.carry()
    hub.delete("A")
    hub.carry()
    assert b.sent[1] == {"name": "n", "active": False, "exists": False}
    assert b.calls[1][0].exists is False
    assert b.holds == {}


def test_a_record_that_nobody_ever_had_there_is_not_deleted_there(hub):
    b = hub.aim("B")
    hub.say("A", name="n")
    hub.delete("A")
    hub.carry()
    assert b.calls == []
    assert hub.deliveries() == []


def test_a_partner_that_said_gone_is_not_given_it_back_while_another_keeps_it(hub):
    hub.setup("B", rank=1)
    a, b = hub.aim("A"), hub.aim("B")
    hub.say("A", name="n")
    hub.say("B", name="n", phone="1")
    hub.carry()
    hub.delete("A")
    hub.carry()
    hub.say("B", phone="2")
    hub.carry()
    assert [row for row in a.sent if row.get("phone") == "2"] == []
    assert b.sent == []
    assert hub.record().exists


def test_a_delete_that_crosses_our_re_creation_ends_with_the_record_gone_everywhere(hub):
    a, b = hub.aim("A"), hub.aim("B")
    hub.say("A", name="n", phone="1")
    hub.carry()
    hub.say("B", phone="2")
    a.during = lambda: (setattr(a, "during", lambda: None), hub.delete("A", pause=0.1))
    hub.carry("A")
    hub.carry()
    assert a.holds == {}
    assert b.holds == {}
    assert not hub.record().exists


def test_a_word_posted_back_before_our_call_returned_does_not_undo_what_comes_after(hub):
    hub.setup("B", rank=1)
    b = hub.aim("B")
    hub.say("A", phone="v1")
    hub.carry()
    hub.say("A", phone="v2")
    b.during = lambda: (setattr(b, "during", lambda: None), hub.say("B", phone="v2", pause=0.1))
    hub.carry()
    hub.say("A", phone="v3")
    hub.carry()
    assert hub.record().phone == "v3"
    assert b.holds["customer", "K"]["phone"] == "v3"


@pytest.mark.parametrize("early", [True, False])
def test_a_word_typed_just_before_ours_arrived_ends_in_agreement(hub, early):
    b = hub.aim("B")
    hub.say("A", phone="v1")
    hub.carry()
    hub.say("A", phone="v2")

    def crossing():
        b.during = lambda: None
        hub.say("B", phone="v9", pause=0.1)

    if early:
        b.during = crossing
    hub.carry()
    if not early:
        crossing()
    hub.carry()
    hub.wait()
    hub.carry()
    assert hub.record().phone == b.holds["customer", "K"]["phone"]


def test_an_old_value_that_crosses_two_quick_corrections_does_not_win(hub):
    b = hub.aim("B")
    hub.say("B", phone="v1")
    for value in ("v2", "v3"):
        hub.say("A", phone=value, pause=1)
        hub.carry()
    hub.say("B", phone="v1", pause=0.2)
    hub.carry()
    assert hub.record().phone == "v3"
    assert b.holds["customer", "K"]["phone"] == "v3"


def test_a_partner_that_upper_cases_everything_is_parked_as_a_loop_after_three_rounds(hub):
    hub.setup("A", rank=1)
    b = hub.aim("B")

    def shout():
        for parcel in b.calls[-1]:
            hub.say("B", name=str(parcel.sent["name"]).upper(), pause=0.1)

    b.during = shout
    hub.say("B", name="OLD")
    hub.say("A", name="new")
    for _ in range(20):
        hub.wait(1)
        hub.carry()
    assert len(b.calls) == 3
    assert [row.state for row in hub.deliveries()] == ["loop"]
    hub.say("A", name="newer", pause=5)
    hub.carry()
    assert len(b.calls) == 3
    hub.wait(600)
    b.during = lambda: None
    hub.say("A", name="newest")
    hub.carry()
    assert b.holds["customer", "K"]["name"] == "newest"
    assert hub.deliveries() == []


def test_a_deletion_does_not_wait_for_the_end_of_a_loop(hub):
    hub.setup("A", rank=1)
    b = hub.aim("B")
    b.during = lambda: [hub.say("B", name=str(p.sent["name"]).upper(), pause=0.1) for p in b.calls[-1] if p.exists]
    hub.say("B", name="OLD")
    hub.say("A", name="new")
    for _ in range(20):
        hub.wait(1)
        hub.carry()
    assert [row.state for row in hub.deliveries()] == ["loop"]
    hub.delete("A", pause=5)
    hub.carry()
    assert b.calls[-1][0].sent == {"exists": False}
    assert hub.deliveries() == []


def test_a_code_that_the_target_uses_for_another_record_gives_way_to_the_template(hub):
    hub.setup("B", matches_code=False)
    b = hub.aim("B")
    hub.say("B", key="7", name="theirs")
    hub.say("A", key="7", name="ours")
    hub.carry()
    assert b.holds == {("customer", "A-7"): {"name": "ours", "exists": True}}


def test_a_record_without_a_free_key_is_parked_and_says_so(hub):
    hub.setup("B", matches_code=False, settings={"key_template": "{key}"})
    b = hub.aim("B")
    hub.say("B", key="7", name="theirs")
    hub.say("A", key="7", name="ours")
    hub.carry()
    (parked,) = hub.deliveries()
    assert (parked.state, parked.last_error) == ("parked", NO_KEY)
    assert b.calls == []
    retry(hub, parked.copy_id)
    hub.carry()
    assert b.calls == []
    hub.setup("B", settings={"key_template": "{source}/{key}"})
    retry(hub, parked.copy_id)
    hub.carry()
    assert b.holds == {("customer", "A/7"): {"name": "ours", "exists": True}}


def retry(hub, copy):
    db.retrying(hub.engine, lambda session: dead_letters.retry(session, [copy]))


def test_two_records_with_one_code_get_two_keys_in_one_step(hub):
    hub.setup("A", matches_code=False)
    b = hub.aim("B")
    hub.say("A", key="7", name="a")
    hub.say("C", key="7", name="c")
    hub.carry()
    assert sorted(key for _, key in b.holds) == ["7", "C-7"] or sorted(key for _, key in b.holds) == ["7", "A-7"]


def test_the_id_that_a_target_answers_is_kept_beside_the_key(hub):
    b = hub.aim("B")
    hub.say("A", name="n")
    hub.pump("B")
    claimed = hub.claim("B")
    hub.settle(claimed, Outcome(Verdict.ACCEPTED, their_ids={claimed.parcels[0].copy: "id-9"}))
    hub.say("A", phone="1")
    hub.carry()
    assert b.calls[0][0].their_id == "id-9"


def test_a_reference_is_said_with_the_targets_own_key(hub):
    hub.setup("B", matches_code=False)
    b = hub.aim("B")
    hub.say("B", key="10", entity="department", name="theirs")
    hub.write(
        "A",
        Write("department", "10", Mode.PARTIAL, {"name": "ours"}),
        Write("expense", "E", Mode.PARTIAL, {"name": "e", "department_id": "10"}),
    )
    hub.carry()
    assert b.holds["expense", "E"]["department_id"] == "A-10"


def test_a_record_that_refers_to_one_without_a_key_is_parked_and_never_sent_without_it(hub):
    hub.setup("B", matches_code=False, settings={"key_template": "{key}"})
    b = hub.aim("B")
    hub.say("B", key="10", entity="department", name="theirs")
    hub.write(
        "A",
        Write("department", "10", Mode.PARTIAL, {"name": "ours"}),
        Write("expense", "E", Mode.PARTIAL, {"name": "e", "department_id": "10"}),
    )
    hub.carry()
    assert b.calls == []
    (_, expense) = sorted(hub.deliveries(), key=lambda one: one.entity)
    assert (expense.state, expense.last_error) == ("parked", "department_id refers to a record without a key there")
    hub.setup("B", settings={"key_template": "{source}/{key}"})
    for parked in hub.deliveries():
        retry(hub, parked.copy_id)
    hub.carry()
    assert b.holds["expense", "E"] == {"name": "e", "department_id": "A/10", "exists": True}


def test_a_target_may_take_more_records_of_one_entity_in_a_call_than_of_others(hub):
    b = hub.aim("B", Gathering("item", 3))
    for number in range(4):
        hub.say("A", key=f"C{number}", name="x")
        hub.say("A", key=f"P{number}", entity="item", name="x")
    hub.carry("B")
    assert [len(call) for call in b.calls] == [1, 1, 1, 1, 3, 1]
    assert [parcel.entity for parcel in b.calls[-1]] == ["item"]


def test_parcels_of_different_shapes_go_in_calls_of_their_own(hub):
    b = hub.aim("B")
    b.shapes = lambda parcel: frozenset(parcel.sent)
    for key, fields in {"1": {"name": "n"}, "2": {"phone": "1"}, "3": {"name": "m"}}.items():
        hub.say("A", key=key, **fields)
    hub.carry()
    assert [[parcel.key for parcel in call] for call in b.calls] == [["1", "3"], ["2"]]
    assert hub.deliveries() == []


def test_a_record_goes_after_the_one_it_refers_to(hub):
    b = hub.aim("B", Target(batch=1))
    hub.say("A", key="E", entity="expense", name="e", department_id="D")
    hub.say("A", key="D", entity="department", name="d")
    hub.carry()
    assert [call[0].entity for call in b.calls] == ["department", "expense"]


def test_a_record_waits_while_the_create_of_the_one_it_refers_to_is_under_way(hub):
    hub.aim("B", Target(batch=1))
    hub.say("A", key="D", entity="department", name="d")
    hub.say("A", key="E", entity="expense", name="e", department_id="D")
    hub.pump("B")
    first = hub.claim("B")
    assert [parcel.entity for parcel in first.parcels] == ["department"]
    assert hub.claim("B").parcels == []
    hub.settle(first, OK)
    hub.wait(1)
    assert [parcel.entity for parcel in hub.claim("B").parcels] == ["expense"]


def test_a_record_waits_for_one_that_the_pump_has_not_reached(hub):
    hub.aim("B")
    hub.say("A", key="E", entity="expense", name="e", department_id="D")
    hub.say("A", key="D", entity="department", name="d")
    assert hub.pump("B", window=1) == 1
    assert hub.claim("B").parcels == []


def test_a_record_goes_without_the_one_it_refers_to_if_that_one_is_parked(hub):
    b = hub.aim("B")
    b.unfit = lambda parcel: "name: too long" if parcel.entity == "department" else None
    hub.say("A", key="D", entity="department", name="d")
    hub.say("A", key="E", entity="expense", name="e", department_id="D")
    hub.carry()
    assert b.sent == [{"name": "e", "department_id": "D", "exists": True}]


def test_a_placeholder_that_nobody_sent_is_not_delivered(hub):
    b = hub.aim("B")
    hub.say("A", key="E", entity="expense", name="e", department_id="D")
    hub.carry()
    assert [parcel.entity for call in b.calls for parcel in call] == ["expense"]
    assert hub.deliveries() == []


def test_a_reference_that_the_partner_knows_by_another_of_its_keys_is_not_corrected(hub):
    hub.setup("A", rank=1)
    hub.join("D", matches_code=False)
    b = hub.aim("D")
    hub.say("D", key="E", entity="expense", name="e", department_id="X")
    hub.carry()
    assert b.calls == []


def test_a_number_that_nobody_can_read_is_not_sent_back_as_a_blank(hub):
    a = hub.aim("A")
    hub.say("A", name="n", credit_limit="no limit")
    hub.carry()
    assert a.calls == []


def test_a_call_may_take_as_long_as_the_setting_says_however_short_the_lease(hub):
    """The lease is renewed while the call runs; what is left of it now is no limit for the whole call."""
    given = []

    class Patient(Target):
        def send(self, parcels, deadline):
            given.append(deadline)
            return super().send(parcels, deadline)

    hub.aim("B", Patient())
    hub.say("A", name="n")
    hub.carry()
    assert given == [hub.courier("B").attempt_seconds]


def test_nobody_waits_for_a_record_that_no_believable_answer_ever_comes_for(hub):
    b = hub.aim("B", Target(batch=1))
    hub.say("A", key="D", entity="department", name="d")
    hub.say("A", key="E", entity="expense", name="e", department_id="D")
    hub.say("A", key="F", entity="expense", name="f")
    b.fails = lambda parcel: parcel.entity == "department"
    hub.carry()
    for _ in range(3):
        hub.now = hub.connection("B").backoff_until
        hub.carry()
        hub.now = next(row.due for row in hub.deliveries() if row.entity == "department")
        hub.carry()
    hub.now = hub.connection("B").backoff_until
    hub.carry()
    assert {key for _, key in b.holds} == {"E", "F"}
    assert [row.entity for row in hub.deliveries()] == ["department"]


def test_a_record_waits_for_another_as_long_as_that_one_waits(hub):
    b = hub.aim("B", Target(batch=1))
    hub.say("A", key="D", entity="department", name="d")
    hub.say("A", key="E", entity="expense", name="e", department_id="D")
    b.fails = lambda parcel: parcel.entity == "department"
    for _ in range(2):
        hub.carry()
        hub.now = hub.connection("B").backoff_until
    hub.carry()
    department, expense = sorted(hub.deliveries(), key=lambda row: row.precedence)
    assert department.due > hub.now
    assert expense.due >= department.due
