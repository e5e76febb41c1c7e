"""The scenarios of convergence that need nobody but the store; each name says the rule."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from tests.world import World, world

from synchub.master.convergence import Mode
from synchub.master.writes import Write


@pytest.fixture
def hub(engine: Engine) -> Iterator[World]:
    with world(engine) as made:
        made.join("A", "B", "C")
        yield made


def test_a_resent_row_states_only_what_differs_from_what_its_partner_held(hub: World) -> None:
    hub.say("A", name="n", phone="1")
    hub.say("B", phone="2")
    assert hub.say("A", name="new", phone="1") == "updated"
    assert (hub.record().name, hub.record().phone) == ("new", "2")


def test_an_identical_row_sent_again_states_nothing(hub: World) -> None:
    hub.say("A", name="n", phone="1")
    hub.say("B", phone="2")
    assert hub.say("A", name="n", phone="1") == "unchanged"
    assert hub.record().phone == "2"


def test_a_value_told_and_then_set_back_later_is_a_statement(hub: World) -> None:
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    assert hub.tell("A") == {"phone": "2", "exists": True}
    assert hub.say("A", phone="1") == "updated"
    assert hub.record().phone == "1"


def test_a_value_set_back_at_once_is_taken_for_an_echo_and_told_again(hub: World) -> None:
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    hub.tell("A")
    assert hub.say("A", phone="1", pause=1) == "unchanged"
    assert hub.record().phone == "2"
    assert hub.tell("A")["phone"] == "2"


def test_an_echoed_row_does_not_undo_what_came_after_it(hub: World) -> None:
    hub.say("A", name="n", phone="1")
    hub.say("B", phone="2")
    hub.tell("A")
    hub.say("B", phone="3")
    hub.say("A", name="new", phone="2")
    assert (hub.record().name, hub.record().phone) == ("new", "3")


@pytest.mark.parametrize("rank", [0, 5])
def test_a_column_always_sent_blank_states_nothing(engine: Engine, rank: int) -> None:
    with world(engine) as hub:
        hub.join("A", rank=rank)
        hub.join("B")
        hub.say("A", name="n", description=None)
        hub.say("B", description="d")
        assert hub.say("A", name="n", description=None) == "unchanged"
        assert hub.record().description == "d"


def test_a_value_told_and_then_blanked_is_a_clearing(engine: Engine) -> None:
    with world(engine) as hub:
        hub.join("A", rank=5)
        hub.join("B")
        hub.say("A", name="n", description=None)
        hub.say("B", description="d")
        hub.tell("A")
        assert hub.say("A", name="n", description=None) == "updated"
        assert hub.record().description is None


def test_an_edit_by_someone_who_was_not_told_does_not_revive(hub: World) -> None:
    hub.say("A", name="n")
    hub.say("B", name="n")
    assert hub.delete("A") == "deleted"
    hub.say("B", phone="2")
    assert not hub.record().exists


def test_a_record_sent_again_by_someone_who_was_told_lives(hub: World) -> None:
    hub.say("A", name="n")
    hub.say("B", name="n")
    hub.delete("A")
    assert hub.tell("B") == {"exists": False}
    assert hub.say("B", name="n") == "created"
    assert hub.record().exists


def test_a_row_of_a_record_out_of_use_does_not_revive_it(hub: World) -> None:
    hub.say("A", name="n")
    hub.say("B", name="n")
    hub.delete("A")
    hub.tell("B")
    hub.say("B", name="n", active=False, revives=False)
    assert not hub.record().exists


def test_one_partners_last_word_is_the_one_that_counts(hub: World) -> None:
    for word in ("A", "B", "A"):
        hub.say("A", phone=word)
    assert hub.record().phone == "A"


def test_a_load_of_467_fields_keeps_those_that_a_narrow_row_leaves_out(hub: World) -> None:
    wide = {f"field_{number}": str(number) for number in range(457)}
    fields = {"status": "OPEN", "origin_city": "MEMPHIS", "weight": "100"}
    hub.write("A", Write("load", "7", Mode.WHOLE, fields, wide))
    narrow = {f"field_{number}": "new" for number in range(20)}
    hub.wait()
    hub.write("A", Write("load", "7", Mode.PARTIAL, {"status": "COVERED", "weight": "100"}, narrow))
    copy = hub.copy("A", "7", "load")
    assert copy.extra == wide | narrow
    assert (hub.record("load", "7").status, hub.record("load", "7").origin_city) == ("COVERED", "MEMPHIS")


def test_a_whole_row_blanks_what_it_leaves_out(hub: World) -> None:
    hub.say("A", Mode.WHOLE, name="n", phone="1")
    hub.say("A", Mode.WHOLE, name="n")
    assert hub.record().phone is None


def test_a_delete_of_an_unknown_key_leaves_a_copy_that_says_gone(hub: World) -> None:
    assert hub.delete("A") == "unchanged"
    assert hub.copy("A").said("exists") is False
    assert not hub.record().exists


def test_a_lower_ranked_delete_does_not_delete(engine: Engine) -> None:
    with world(engine) as hub:
        hub.join("A")
        hub.join("B", rank=5)
        hub.say("A", name="n")
        hub.say("B", name="n")
        assert hub.delete("A") == "superseded"
        assert hub.record().exists
        assert hub.tell("A") == {}


def test_a_delete_that_means_only_the_own_copy_leaves_the_record(engine: Engine) -> None:
    with world(engine) as hub:
        hub.join("A", deletes_record=False)
        hub.join("B")
        hub.say("B", name="n")
        hub.say("A", name="n")
        hub.delete("A")
        assert hub.record().exists


def test_partners_that_match_by_code_share_a_record(hub: World) -> None:
    hub.say("A", name="n")
    hub.say("B", phone="2")
    assert len(hub.records()) == 1


def test_a_partner_that_does_not_match_by_code_founds_its_own_record(engine: Engine) -> None:
    with world(engine) as hub:
        hub.join("A")
        hub.join("B", matches_code=False)
        hub.say("A", name="n")
        hub.say("B", name="other")
        assert [record.label for record in hub.records()] == ["n", "other"]


def test_a_reference_to_a_key_that_nobody_sent_makes_a_placeholder(hub: World) -> None:
    hub.say("A", key="X1", entity="expense", name="Taxi", department_id="D9")
    assert not hub.record("department", "D9").exists
    assert hub.record("expense", "X1").department_id == hub.record("department", "D9").id
    assert hub.say("B", key="D9", entity="department", name="Sales") == "created"
    assert hub.record("expense", "X1").department_id == hub.record("department", "D9").id


def test_a_value_that_is_no_number_leaves_its_column_null_and_its_image_exact(hub: World) -> None:
    hub.say("A", Mode.WHOLE, key="7", entity="load", weight=":", status="OPEN")
    assert hub.record("load", "7").weight is None
    assert hub.copy("A", "7", "load").said("weight") == ":"


def test_a_connection_writes_only_its_entities(engine: Engine) -> None:
    with world(engine) as hub:
        hub.join("A", writes=["item"])
        verdict = hub.write("A", Write("customer", "K", Mode.PARTIAL, {"name": "n"}))[0]
        assert verdict.kind == "rejected"
        assert "may not write customer" in str(verdict.reason)
        assert hub.records() == []


def test_the_same_key_twice_in_one_message_is_two_steps_of_history(hub: World) -> None:
    hub.write("A", *(Write("customer", "K", Mode.PARTIAL, {"name": name}) for name in ("one", "two")))
    assert [change.version for change in hub.history()] == [1, 2]
    assert hub.record().name == "two"


def test_history_shows_what_was_said_and_what_became_of_it(hub: World) -> None:
    hub.say("A", name="n", phone="1")
    hub.say("B", phone="2")
    last = hub.history()[-1]
    assert last.became == {"phone": ["1", "2"]}
    assert last.said["phone"][:2] == [None, "2"]
    assert (last.number, last.version) == (2, 2)
