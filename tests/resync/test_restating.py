"""A resync from a connection: its word is made to count again."""

import pytest
from tests.resync.desk import resync

from synchub import db
from synchub.master.convergence import Mode


@pytest.fixture
def outranked(hub):
    """A stands above B."""
    hub.setup("A", rank=5)
    return hub


@pytest.mark.parametrize("told", [True, False])
def test_a_resync_from_the_outranked_makes_its_word_stand(outranked, told):
    """Scenario 24: told or not; then the other changes another field, then it changes a restated one."""
    hub = outranked
    hub.say("A", phone="a", name="n")
    hub.say("B", phone="b")
    if told:
        assert hub.tell("B") == {"name": "n", "phone": "a", "exists": True}
    resync(hub, "B")
    assert hub.record().phone == "b"
    hub.say("A", email="a@x")
    assert (hub.record().phone, hub.record().email) == ("b", "a@x")
    hub.say("B", phone="b2")
    assert (hub.record().phone, hub.record().email) == ("b2", "a@x")


def test_a_value_said_long_ago_and_told_otherwise_since_does_not_rise_again(hub):
    hub.say("B", phone="2020")
    hub.say("A", phone="2024")
    hub.tell("B")
    resync(hub, "B")
    assert hub.record().phone == "2024"
    assert hub.copy("B").image["phone"].floor == hub.copy("B").image["phone"].stamp


def test_the_floor_outlives_the_next_word_of_its_author(outranked):
    hub = outranked
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    resync(hub, "B")
    hub.say("B", phone="5")
    assert hub.record().phone == "5"
    hub.say("A", phone="6")
    assert hub.record().phone == "6"


def test_who_stands_above_is_told_the_restated_word_and_the_others_too(outranked):
    hub = outranked
    a, c = hub.aim("A"), hub.aim("C")
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    hub.carry()
    resync(hub, "B")
    hub.carry()
    assert a.holds["customer", "K"]["phone"] == c.holds["customer", "K"]["phone"] == "2"


def test_a_restatement_stands_in_the_history_with_who_asked_and_what_became(outranked):
    hub = outranked
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    put = resync(hub, "B")
    step = hub.history()[-1]
    (stamp,) = {said[2] for said in step.said.values()}
    assert (step.connection_id, step.copy_id) == (hub.partners["B"], hub.copy("B").id)
    assert step.message_id is not None
    assert (step.said, step.became) == ({"phone": ["2", "2", stamp]}, {"phone": ["1", "2"]})
    assert step.number < put.number
    assert hub.record().changed == step.number
    assert hub.record().version == step.version


def test_a_resync_restates_neither_existence_nor_what_a_gone_copy_held(hub):
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    hub.delete("B")
    put = resync(hub, "B")
    assert put.restated == 0
    assert not hub.record().exists
    hub.say("A", phone="1")
    resync(hub, "A")
    assert "exists" not in hub.history()[-1].said


@pytest.mark.parametrize(("blanks", "stands"), [(True, None), (False, "1")])
def test_blanks_of_the_source_restate_unless_told_not_to(outranked, blanks, stands):
    hub = outranked
    hub.say("B", name="n", phone="0")
    hub.say("A", phone="1")
    hub.say("B", phone=None)
    resync(hub, "B", blanks=blanks)
    assert hub.record().phone == stands
    assert hub.record().name == "n"


def test_a_field_that_the_source_never_spoke_of_stays(outranked):
    hub = outranked
    hub.say("A", name="n", phone="1")
    hub.say("B", phone="2")
    resync(hub, "B")
    assert (hub.record().name, hub.record().phone) == ("n", "2")


def test_what_is_in_flight_to_the_source_is_not_what_it_holds(outranked):
    hub = outranked
    hub.aim("B")
    hub.say("B", phone="2", name="n")
    hub.carry("B")
    hub.say("A", phone="1", pause=1)
    hub.pump("B")
    assert hub.claim("B").parcels
    resync(hub, "B")
    assert hub.record().phone == "2"


def test_a_word_that_wins_is_restated_as_it_was_said(hub):
    """Though its author's copy is uncertain: its word crossed what we were sending."""
    hub.aim("B")
    hub.say("B", phone="1")
    hub.carry("B")
    hub.say("A", phone="2")
    hub.pump("B")
    assert hub.claim("B").parcels
    hub.say("B", phone="9", pause=0.1)
    resync(hub, "B")
    assert hub.record().phone == "9"
    assert hub.copy("B").image["phone"].floor == hub.copy("B").image["phone"].stamp


def test_a_reference_is_restated_as_the_record_that_it_means(outranked):
    hub = outranked
    for partner, key in (("A", "D1"), ("B", "D2")):
        hub.say(partner, entity="department", key=key, name=key)
        hub.say(partner, entity="expense", key="X", department_id=key)
    resync(hub, "B", records=[hub.record("expense", "X").id])
    assert hub.record("expense", "X").department_id == hub.record("department", "D2").id


def test_a_rule_change_that_is_still_at_work_is_applied_first(outranked):
    hub = outranked
    hub.say("A", phone="1")
    hub.say("B", phone="2", name="b")
    hub.say("A", name="a")
    hub.setup("A", rank=-5, weighed_to=0, rules_version=1)
    resync(hub, "C", records=[record.id for record in hub.records()])
    resync(hub, "B")
    assert (hub.record().phone, hub.record().name) == ("2", "b")
    assert [step.became for step in hub.history()][-2] == {"name": ["a", "b"], "phone": ["1", "2"]}


def test_two_copies_of_the_source_both_restate_and_the_later_stands(hub):
    hub.say("B", key="K", phone="1")
    hub.say("B", key="K2", name="x")
    with db.writing(hub.engine) as session:
        from sqlalchemy import update

        from synchub.master.tables import CrossReference

        first, second = hub.copy("B", "K"), hub.copy("B", "K2")
        moved = update(CrossReference).where(CrossReference.id == second.id).values(record_id=first.record)
        session.execute(moved)
    assert resync(hub, "B", records=[first.record]).restated == 2


def test_a_whole_sender_can_restate_too(hub):
    hub.say("A", Mode.WHOLE, phone="1", name="n")
    resync(hub, "A")
    assert (hub.record().phone, hub.record().name) == ("1", "n")
