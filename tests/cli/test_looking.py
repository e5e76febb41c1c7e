"""synchub record …, message … and delivery …"""

import json
import os
import subprocess

import pytest
from sqlalchemy import select
from tests.cli.process import SYNCHUB

from synchub import clock
from synchub.connections import registry
from synchub.db import reading, writing
from synchub.intake import journal
from synchub.intake.submission import Arrival, Kept, Submission, digest_of
from synchub.intake.tables import Message
from synchub.master.convergence import Mode
from synchub.master.tables import Change, CrossReference
from synchub.master.writes import Applied, Write
from synchub.outbox.tables import Delivery, State


def test_records_are_listed_as_an_object_per_line_existing_ones_only(synchub, partners):
    partners.say("erp", key="A", name="Anna")
    partners.say("erp", key="B", name="Bert")
    partners.delete("erp", key="B")
    (row,) = synchub("record", "list", "--json").rows
    assert (row["entity"], row["code"], row["label"], row["version"]) == ("customer", "A", "Anna", 1)
    assert row["id"] >= 1_000_000_000
    assert [each["code"] for each in synchub("record", "list", "--deleted", "--json").rows] == ["A", "B"]
    assert [each["code"] for each in synchub("record", "list", "--deleted", "--code", "B", "--json").rows] == ["B"]
    assert synchub("record", "list", "--entity", "item", "--json").out == ""


def test_records_are_listed_as_a_table_for_people(synchub, partners):
    partners.say("erp", key="A", name="Anna\x1b[31m Zwei")
    head, line = synchub("record", "list").out.splitlines()
    assert head.split() == ["ID", "ENTITY", "CODE", "LABEL", "VERSION", "EXISTS"]
    assert line.split()[1:] == ["customer", "A", "Anna", "[31m", "Zwei", "1", "yes"]


def test_an_unknown_entity_or_record_is_one_line(synchub):
    assert "there is no entity 'kunde': known are " in synchub("record", "list", "--entity", "kunde").err
    for command in ("show", "history"):
        assert "there is no record 7" in synchub("record", command, "7").err


def test_a_record_shows_who_stated_each_field_and_why_it_won(synchub, partners):
    partners.say("erp", name="Anna", phone="1")
    partners.say("crm", name="Anne")
    number = str(partners.record().id)
    (row,) = synchub("record", "show", number, "--json").rows
    assert row["fields"] == {"name": "Anne", "phone": "1"}
    assert [(word["connection"], word["value"], word["lost"]) for word in row["words"]["name"]] == [
        ("crm", "Anne", None),
        ("erp", "Anna", "it is older"),
    ]
    said = synchub("record", "show", number).out
    assert "it is older" in said
    assert "wins" in said


def test_a_record_shows_its_history(synchub, partners):
    partners.say("erp", name="Anna")
    partners.say("crm", phone="2")
    number = str(partners.record().id)
    rows = synchub("record", "history", number, "--json").rows
    assert [(row["connection"], row["verdict"]) for row in rows] == [("erp", "created"), ("crm", "updated")]
    assert rows[1]["became"] == {"phone": {"before": None, "after": "2"}}
    assert "name: → Anna" in " ".join(synchub("record", "history", number).out.split())


def test_fields_stand_in_the_order_of_the_entity_and_others_after_them_by_name(synchub, partners):
    extra = {"Zone": "z", "Area": "a"}
    partners.write("erp", Write("customer", "K", Mode.PARTIAL, {"phone": "2", "name": "Anna"}, extra=extra))
    (row,) = synchub("record", "history", str(partners.record().id), "--json").rows
    assert list(row["became"]) == ["name", "phone", "exists"]
    assert list(row["said"]) == ["name", "phone", "exists", "extra:Area", "extra:Zone"]
    assert "unknown Area: → a" in synchub("record", "history", str(partners.record().id)).out


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_terminal_that_cannot_write_a_sign_gets_another(synchub, partners):
    partners.say("erp", name="Jürgen →")
    number = str(partners.record().id)
    poor = dict(os.environ) | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    def said(*command):
        return subprocess.run([*SYNCHUB, "record", *command], env=poor, check=True, capture_output=True).stdout

    assert b"name: \\u2192 J\\xfcrgen" in said("history", number)
    assert json.loads(said("list", "--json"))["label"] == "Jürgen →"


@pytest.fixture
def row():
    """What a message of 'erp' says."""
    return Write("customer", "K", Mode.PARTIAL, {"phone": "1", "name": "Anna"})


@pytest.fixture
def message(synchub, partners, engine, alone, row):
    """A message of 'erp' that made one record."""
    partners.write("erp", row)
    with writing(engine) as session:
        change = session.scalars(select(Change)).one()
        arrival = Arrival(
            surface="test",
            connection=partners.partners["erp"],
            method="POST",
            path="/in",
            body=b"\x00raw\xff",
            digest=digest_of(b""),
            received_at=clock.now(),
        )
        submission = Submission(arrival, [], dict)
        kept = Kept(journal.zlib.compress(arrival.body), None)
        values = journal.accepted(submission, kept, 0, Applied([], change.number, change.number), {"success": True})
        session.add(Message(**values))
        change.message_id = arrival.id
    return str(arrival.id)


def test_messages_are_listed_the_latest_first(synchub, message):
    (row,) = synchub("message", "list", "--json").rows
    assert (row["id"], row["connection"], row["state"]) == (message, "erp", "accepted")
    assert "body" not in row
    assert message in synchub("message", "list").out
    assert synchub("message", "list", "--state", "refused", "--json").rows == []
    assert synchub("message", "list", "--connection", "crm", "--json").rows == []
    assert "there is no connection 'nobody'" in synchub("message", "list", "--connection", "nobody").err


@pytest.mark.parametrize("spelled", [str, str.upper, lambda number: number.replace("-", "")])
def test_a_message_is_found_by_the_id_that_the_partner_was_told(synchub, message, spelled):
    (row,) = synchub("message", "show", spelled(message), "--json").rows
    assert (row["connection"], row["state"], row["answer"]) == ("erp", "accepted", {"success": True})
    assert [(change["entity"], change["code"], change["verdict"]) for change in row["changes"]] == [
        ("customer", "K", "created")
    ]


def test_the_fields_of_a_change_stand_in_the_order_of_the_entity(synchub, message):
    (row,) = synchub("message", "show", message, "--json").rows
    assert list(row["changes"][0]["became"]) == ["name", "phone", "exists"]


@pytest.mark.parametrize("row", [Write("customer", "K", Mode.PARTIAL, {"name": "Anna"}, extra={"Zone": "z"})])
def test_words_that_the_hub_has_no_column_for_are_shown_with_their_message(synchub, message):
    (found,) = synchub("message", "show", message, "--json").rows
    assert [change["unknown"] for change in found["changes"]] == [{"Zone": "z"}]
    said = " ".join(synchub("message", "show", message).out.split())
    assert "BECAME UNKNOWN" in said
    assert "Zone: z" in said


def test_a_message_is_shown_for_people(synchub, message):
    said = synchub("message", "show", message).out
    assert "UNKNOWN" not in said
    for part in ("erp", "POST /in", "accepted", "success: yes", "created", "name: Anna"):
        assert part in said


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_the_raw_bytes_of_a_message_are_printed_as_they_arrived(message):
    assert subprocess.check_output([*SYNCHUB, "message", "show", message, "--body"]) == b"\x00raw\xff"


@pytest.mark.parametrize("number", ["nonsense", "018f4e5a-0000-7000-8000-000000000000"])
def test_an_unknown_message_is_one_line(synchub, number):
    assert f"there is no message '{number}': see 'synchub message list'" in synchub("message", "show", number).err


@pytest.fixture
def copies(partners, engine):
    """Copies of 'crm' with a delivery each: waiting, parked, a loop, and one that is on its way."""
    made = {}
    with writing(engine) as session:
        session.get_one(registry.Connection, partners.partners["crm"]).backoff_until = clock.now() + 10**9
    for key in ("waiting", "parked", "loop", "claimed"):
        partners.say("crm", Mode.PARTIAL, key=key, name=key)
        made[key] = partners.copy("crm", key).id
        with writing(engine) as session:
            session.add(
                Delivery(
                    copy_id=made[key],
                    connection_id=partners.partners["crm"],
                    entity="customer",
                    wanted=1,
                    state=State.PARKED if key == "claimed" else key,
                    due=clock.now() + 10**9,
                    tries=5,
                    token="t" if key == "claimed" else None,
                    lease_until=clock.now() + 10**9 if key == "claimed" else 0,
                    created_at=clock.now(),
                    last_error="too long",
                )
            )
            session.get_one(CrossReference, made[key]).rounds = [["name", "a", "b", clock.now()]]
    return made


def states(engine):
    with reading(engine) as session:
        return {row.copy_id: row.state for row in session.scalars(select(Delivery))}


def test_deliveries_are_listed_with_what_they_carry_and_why_they_wait(synchub, copies):
    rows = synchub("delivery", "list", "--json").rows
    assert [row["key"] for row in rows] == ["waiting", "parked", "loop", "claimed"]
    assert [row["claimed"] for row in rows] == [False, False, False, True]
    assert [row["key"] for row in synchub("delivery", "list", "--state", "loop", "--json").rows] == ["loop"]
    assert synchub("delivery", "list", "--connection", "erp", "--json").rows == []
    assert "too long" in synchub("delivery", "list").out


@pytest.mark.parametrize("chosen", [["--all"], ["--connection", "crm"]])
def test_a_retry_sends_what_is_in_trouble_again_at_once(synchub, copies, engine, chosen):
    assert synchub("delivery", "retry", *chosen).out == "2 will be sent again.\n"
    with reading(engine) as session:
        for key in ("parked", "loop"):
            row = session.get_one(Delivery, copies[key])
            assert (row.state, row.tries, row.due) == (State.WAITING, 0, clock.now())
            assert session.get_one(CrossReference, copies[key]).rounds is None
        assert session.get_one(Delivery, copies["waiting"]).tries == 5
        assert session.get_one(Delivery, copies["claimed"]).state == State.PARKED
        assert session.get_one(CrossReference, copies["waiting"]).rounds is not None
        assert registry.get(session, "crm").backoff_until == 0


def test_a_delivery_is_given_up_by_its_id(synchub, copies, engine):
    assert synchub("delivery", "discard", str(copies["waiting"]), str(copies["loop"])).out == "2 given up.\n"
    assert states(engine).keys() == {copies["parked"], copies["claimed"]}


def test_a_delivery_that_is_on_its_way_is_left_alone(synchub, copies, engine):
    before = states(engine)
    for command in ("retry", "discard"):
        said = synchub("delivery", command, str(copies["parked"]), str(copies["claimed"]))
        assert f"no delivery has the id {copies['claimed']}, or it is on its way" in said.err
    assert states(engine) == before


@pytest.mark.parametrize("command", ["retry", "discard"])
def test_which_deliveries_are_meant_has_to_be_said(synchub, command):
    assert "say which: " in synchub("delivery", command).err
