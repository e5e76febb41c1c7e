"""Scenario 32: rows of files, which speak for a time that is past; each name says the rule (rules.md, C17)."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event
from tests.world import World, world

from synchub import db
from synchub.master.convergence import Mode
from synchub.master.restating import Source, restate
from synchub.master.values import Value
from synchub.master.writes import Write


@pytest.fixture
def hub(engine: Engine) -> Iterator[World]:
    with world(engine) as made:
        made.join("A", "B")
        yield made


def post(
    hub: World, *, key: str = "K", mode: Mode = Mode.WHOLE, extra: dict[str, str] | None = None, **row: Any
) -> str:
    """A live post of A, which has files: the record as it is now."""
    hub.wait()
    return hub.write("A", Write("customer", key, mode, row, extra or {}, confirms=True))[0].kind.value


def drop(hub: World) -> str:
    """A live delete of A."""
    return post(hub, mode=Mode.DELETE)


def export(hub: World) -> int:
    """The time of an export that begins now."""
    hub.wait()
    return hub.now


def line(
    *, at: int, key: str = "K", mode: Mode = Mode.PARTIAL, extra: dict[str, str] | None = None, **row: Value
) -> Write:
    """A row of a file exported at a time."""
    return Write("customer", key, mode, row, extra or {}, as_of=at, confirms=True)


def collect(hub: World, *lines: Write) -> list[str]:
    """The rows of a file arrive; the verdicts."""
    hub.wait()
    return [verdict.kind.value for verdict in hub.write("A", *lines)]


def test_a_row_exported_before_a_live_post_and_collected_after_it_states_nothing(hub: World) -> None:
    post(hub, name="n", phone="1")
    moment = export(hub)
    post(hub, name="n", phone="2")
    assert collect(hub, line(at=moment, name="n", phone="1")) == ["superseded"]
    assert hub.record().phone == "2"


def test_what_live_sync_lost_before_the_export_is_repaired(hub: World) -> None:
    post(hub, name="n", phone="1")
    moment = export(hub)
    assert collect(hub, line(at=moment, name="n", phone="2")) == ["updated"]
    assert hub.record().phone == "2"
    assert hub.copy("A").image["phone"].stamp == moment


def test_the_fields_of_a_row_are_weighed_one_by_one(hub: World) -> None:
    post(hub, name="n", phone="1")
    moment = export(hub)
    hub.wait()
    hub.write("A", Write("customer", "K", Mode.PARTIAL, {"name": "new"}, confirms=False))
    assert collect(hub, line(at=moment, name="n", phone="2")) == ["updated"]
    assert (hub.record().name, hub.record().phone) == ("new", "2")


def test_an_unchanged_live_post_after_the_export_outweighs_its_row(hub: World) -> None:
    post(hub, name="n", phone="2")
    moment = export(hub)  # the phone is 1 now, and the post that says so is lost
    assert post(hub, name="n", phone="2") == "unchanged"
    assert collect(hub, line(at=moment, name="n", phone="1")) == ["superseded"]
    assert hub.record().phone == "2"


def test_a_changed_live_post_confirms_the_fields_that_it_did_not_change(hub: World) -> None:
    post(hub, name="n", phone="2")
    moment = export(hub)
    assert post(hub, name="new", phone="2") == "updated"
    assert collect(hub, line(at=moment, name="n", phone="1")) == ["superseded"]
    assert (hub.record().name, hub.record().phone) == ("new", "2")


@pytest.mark.parametrize("name", ["n", "new"])
def test_a_whole_live_post_confirms_that_a_field_it_never_had_is_blank(hub: World, name: str) -> None:
    post(hub, name="n")
    moment = export(hub)
    post(hub, name=name)
    assert collect(hub, line(at=moment, phone="1")) == ["superseded"]
    assert hub.record().phone is None


def test_a_changed_partial_row_confirms_the_fields_that_it_names(hub: World) -> None:
    hub.say("A", name="n", phone="2", email="e")
    moment = export(hub)
    hub.say("A", name="new", phone="2")
    assert collect(hub, line(at=moment, phone="1", email="f")) == ["updated"]
    assert (hub.record().phone, hub.record().email) == ("2", "f")


def test_what_another_partner_said_since_the_export_is_the_later_word(hub: World) -> None:
    post(hub, name="n", phone="1")
    moment = export(hub)
    hub.say("B", phone="3")
    assert collect(hub, line(at=moment, name="n", phone="2")) == ["superseded"]
    assert hub.record().phone == "3"


def test_what_another_partner_said_before_the_export_is_the_earlier_word(hub: World) -> None:
    post(hub, name="n", phone="1")
    hub.say("B", phone="3")
    moment = export(hub)
    assert collect(hub, line(at=moment, name="n", phone="2")) == ["updated"]
    assert hub.record().phone == "2"


def test_what_was_told_since_the_export_stands(hub: World) -> None:
    post(hub, name="n", phone="1")
    hub.say("B", phone="2")
    moment = export(hub)
    assert hub.tell("A") == {"phone": "2", "exists": True}
    assert collect(hub, line(at=moment, name="n", phone="1")) == ["superseded"]
    assert (hub.record().phone, hub.copy("A").holds("phone")) == ("2", {"2"})


def test_what_was_told_before_the_export_and_set_back_is_stated(hub: World) -> None:
    post(hub, name="n", phone="1")
    hub.say("B", phone="2")
    hub.tell("A")
    moment = export(hub)
    assert collect(hub, line(at=moment, name="n", phone="1")) == ["updated"]
    assert hub.record().phone == "1"


def test_a_record_deleted_since_the_export_is_not_revived(hub: World) -> None:
    post(hub, name="n", phone="1")
    moment = export(hub)
    drop(hub)
    assert collect(hub, line(at=moment, name="n", phone="2")) == ["superseded"]
    assert not hub.record().exists
    assert hub.copy("A").said("phone") == "1"


def test_of_a_record_that_we_had_deleted_since_the_export_nothing_is_stated(hub: World) -> None:
    post(hub, name="n", phone="1")
    moment = export(hub)
    hub.say("B", name="n")
    hub.delete("B")
    assert hub.tell("A") == {"exists": False}
    assert collect(hub, line(at=moment, name="n", phone="2")) == ["superseded"]
    assert hub.copy("A").said("phone") == "1"


def test_a_delete_that_changes_nothing_is_remembered_too(hub: World) -> None:
    post(hub, name="n")
    drop(hub)
    moment = export(hub)  # it was made again, and the post that says so is lost
    assert drop(hub) == "unchanged"
    assert collect(hub, line(at=moment, name="n")) == ["superseded"]
    assert not hub.record().exists


def test_a_record_made_again_before_the_export_lives(hub: World) -> None:
    post(hub, name="n", phone="1")
    drop(hub)
    moment = export(hub)
    assert collect(hub, line(at=moment, name="m")) == ["created"]
    assert hub.record().exists
    assert hub.copy("A").holds("phone") == {"1", None}


def test_a_tombstone_of_a_file_is_outweighed_by_a_later_post(hub: World) -> None:
    post(hub, name="n")
    moment = export(hub)
    post(hub, name="n")
    assert collect(hub, line(at=moment, mode=Mode.DELETE)) == ["superseded"]
    assert hub.record().exists


def test_a_tombstone_of_a_file_deletes_what_was_not_heard_since(hub: World) -> None:
    post(hub, name="n")
    moment = export(hub)
    assert collect(hub, line(at=moment, mode=Mode.DELETE)) == ["deleted"]
    assert not hub.record().exists
    assert hub.copy("A").image["exists"].stamp == moment


def test_a_tombstone_of_a_file_does_not_undo_what_another_said_since(hub: World) -> None:
    post(hub, name="n")
    hub.say("B", name="n")
    hub.delete("B")
    moment = export(hub)
    hub.say("B", name="n")
    assert collect(hub, line(at=moment, mode=Mode.DELETE)) == ["superseded"]
    assert hub.record().exists


@pytest.mark.parametrize("before", ["1", "2"])
def test_of_two_files_in_the_wrong_order_the_later_export_stands(hub: World, before: str) -> None:
    post(hub, name="n", phone=before)
    first, second = export(hub), export(hub)
    collect(hub, line(at=second, name="n", phone="2"))
    assert collect(hub, line(at=first, name="n", phone="1")) == ["superseded"]
    assert hub.record().phone == "2"


def test_a_row_is_known_as_of_its_export_and_not_of_its_arrival(hub: World) -> None:
    post(hub, name="n")
    first, second = export(hub), export(hub)
    collect(hub, line(at=first, name="one", phone="1"))
    assert collect(hub, line(at=second, name="two", phone="1")) == ["updated"]
    assert hub.record().name == "two"


def test_the_same_file_read_twice_changes_nothing_the_second_time(hub: World) -> None:
    post(hub, name="n", phone="1")
    moment = export(hub)
    collect(hub, line(at=moment, phone="2"))
    assert collect(hub, line(at=moment, phone="2")) == ["unchanged"]


def test_a_row_of_a_key_never_heard_makes_the_record_as_of_the_export(hub: World) -> None:
    moment = export(hub)
    assert collect(hub, line(at=moment, name="n")) == ["created"]
    assert hub.record().exists_stamp == moment


def test_a_row_of_a_file_never_lowers_the_last_stamp_of_its_record(hub: World) -> None:
    moment = export(hub)
    hub.say("B", phone="3")
    stamp = hub.record().last_stamp
    collect(hub, line(at=moment, name="n"))
    assert hub.record().last_stamp == stamp


def test_equal_stamps_fall_to_connection_and_key(hub: World) -> None:
    hub.wait()
    hub.write("B", Write("customer", "K", Mode.PARTIAL, {"phone": "b"}))
    moment = hub.copy("B").image["phone"].stamp
    collect(hub, line(at=moment, phone="a"))
    assert hub.record().phone == "b"


def test_fields_without_a_column_are_as_of_the_last_row(hub: World) -> None:
    post(hub, name="n", extra={"x": "1"})
    moment = export(hub)
    assert post(hub, name="n", extra={"x": "1"}) == "unchanged"
    assert collect(hub, line(at=moment, name="n", extra={"x": "0"})) == ["superseded"]
    assert collect(hub, line(at=export(hub), name="n", extra={"x": "2", "y": "3"})) == ["updated"]
    assert hub.copy("A").extra == {"x": "2", "y": "3"}


def test_fields_without_a_column_are_left_out_of_a_row_that_changes_others(hub: World) -> None:
    hub.write("A", Write("customer", "K", Mode.PARTIAL, {"name": "n"}, {"x": "1"}))
    moment = export(hub)
    hub.say("A", phone="1")
    assert collect(hub, line(at=moment, name="m", extra={"x": "0"})) == ["updated"]
    assert (hub.record().name, hub.copy("A").extra) == ("m", {"x": "1"})


def test_a_blank_without_a_column_is_no_field(hub: World) -> None:
    post(hub, name="n", extra={"x": "1"})
    assert collect(hub, line(at=export(hub), name="n", extra={"x": "1", "y": ""})) == ["unchanged"]
    assert collect(hub, line(at=export(hub), name="n", extra={"x": ""})) == ["updated"]
    assert hub.copy("A").extra == {}


def test_a_row_refers_to_records_that_nobody_sent_yet(hub: World) -> None:
    moment = export(hub)
    hub.write("A", Write("expense", "X1", Mode.PARTIAL, {"department_id": "D9"}, as_of=moment))
    assert hub.record("expense", "X1").department_id == hub.record("department", "D9").id
    hub.say("A", key="X1", entity="expense", department_id="D8")
    late = Write("expense", "X1", Mode.PARTIAL, {"department_id": "D7"}, as_of=moment)
    assert hub.write("A", late)[0].kind == "superseded"
    assert hub.record("expense", "X1").department_id == hub.record("department", "D8").id


def test_what_corrects_a_restated_field_is_restated_with_it(engine: Engine) -> None:
    with world(engine) as hub:
        hub.join("A")
        hub.join("B", rank=5)
        hub.say("B", phone="3")
        post(hub, name="n", phone="1")
        moment = export(hub)  # the phone is 2 now, and the post that says so is lost
        hub.wait()
        with db.writing(engine) as session:
            restate(session, [hub.record().id], Source(hub.partners["A"]))
        assert hub.record().phone == "1"
        collect(hub, line(at=moment, phone="2"))
        assert hub.record().phone == "2"


def test_an_unchanged_row_that_confirms_leaves_no_step_in_history(hub: World) -> None:
    post(hub, name="n")
    before = hub.history()
    assert post(hub, name="n") == "unchanged"
    assert [step.number for step in hub.history()] == [step.number for step in before]
    assert hub.copy("A").heard_at == hub.now


def test_a_row_that_is_not_asked_to_confirm_does_not(hub: World) -> None:
    hub.say("A", name="n")
    hub.say("A", name="n")
    assert hub.copy("A").heard_at == 0


def test_rows_of_one_file_are_remembered_in_one_statement(hub: World) -> None:
    for key in "KLM":
        post(hub, key=key, name="n")
    moment = export(hub)
    written: list[str] = []
    event.listen(hub.engine, "before_cursor_execute", lambda _c, _u, statement, *_: written.append(statement))
    lines = [line(at=moment + number, key=key, name="n") for number, key in enumerate("KLM", 2)]
    assert collect(hub, *lines) == ["unchanged"] * 3
    assert sum(statement.startswith("UPDATE") for statement in written) == 1
    assert {hub.copy("A", key).heard_at for key in "KLM"} == {moment + 2}


def test_confirmations_beside_changes_are_kept(hub: World) -> None:
    for key in "KLM":
        post(hub, key=key, name="n")
    hub.wait()
    rows = [Write("customer", key, Mode.WHOLE, {"name": name}, confirms=True) for key, name in ("Kn", "Lm", "Mn", "Ln")]
    assert [verdict.kind.value for verdict in hub.write("A", *rows)] == ["unchanged", "updated", "unchanged", "updated"]
    assert {hub.copy("A", key).heard_at for key in "KLM"} == {hub.now}
