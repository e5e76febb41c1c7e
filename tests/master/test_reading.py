"""What an operator can be told about a record."""

import pytest
from sqlalchemy import Engine
from tests.world import world

from synchub import db
from synchub.errors import NotFound
from synchub.master import reading


def test_every_field_can_be_explained(engine: Engine) -> None:
    with world(engine) as hub:
        hub.join("A", rank=5)
        hub.join("B", "C")
        hub.say("C", phone="0")
        hub.say("A", phone="1")
        hub.say("B", phone="2")
        messages = [step.message_id for step in hub.history()]
        with db.reading(engine) as session:
            words = reading.explain(session, hub.record().id)["phone"]
    assert [(word.connection, word.value, word.lost) for word in words] == [
        ("A", "1", None),
        ("B", "2", "its rank 0 is below 5"),
        ("C", "0", "its rank 0 is below 5"),
    ]
    assert [word.message for word in words] == [messages[1], messages[2], messages[0]]


def test_a_record_can_be_shown_as_of_any_time(engine: Engine) -> None:
    with world(engine) as hub:
        hub.join("A")
        hub.say("A", name="n", phone="1")
        before = hub.now
        hub.say("A", name="n", phone=None)
        hub.delete("A")
        with db.reading(engine) as session:
            record = hub.record().id
            assert reading.as_of(session, record, before) == {"exists": True, "name": "n", "phone": "1"}
            assert reading.as_of(session, record, hub.now) == {"name": "n"}


def test_a_list_leaves_out_what_is_gone_unless_asked(engine: Engine) -> None:
    with world(engine) as hub:
        hub.join("A")
        hub.say("A", key="1", name="one")
        hub.say("A", key="2", name="two")
        hub.delete("A", key="1")
        with db.reading(engine) as session:
            assert [row["code"] for row in reading.list_records(session)] == ["2"]
            assert [row["code"] for row in reading.list_records(session, deleted=True)] == ["1", "2"]
            assert [row["label"] for row in reading.list_records(session, entity="customer", code="2")] == ["two"]


def test_a_record_that_is_not_there_is_named(engine: Engine) -> None:
    with db.reading(engine) as session, pytest.raises(NotFound, match="no record 7"):
        reading.get_record(session, 7)
