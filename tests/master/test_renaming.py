"""A record that its partner calls by another key: what refers to it still does."""

import pytest
from sqlalchemy import event, select, update
from tests.world import World, world

from synchub import db, schema
from synchub.connections.tables import Connection
from synchub.master.renaming import follow, rename
from synchub.master.tables import CrossReference, MasterRecord


@pytest.fixture
def made(engine):
    with world(engine) as world_:
        world_.join("app")
        world_.join("erp", rank=9)
        yield world_


def call(made: World, partner: str, old: str, new: str) -> int:
    """Give a partner's customer another key; its record."""
    with db.writing(made.engine) as session:
        theirs = (CrossReference.connection_id == made.partners[partner], CrossReference.external_key == old)
        copy = session.execute(select(CrossReference.__table__).where(*theirs)).one()
        record = session.execute(select(MasterRecord.__table__).where(MasterRecord.id == copy.record_id)).one()
        rename(session, copy, record, new)
        return int(record.id)


def test_what_refers_to_a_record_follows_it_to_its_new_key(made):
    made.say("app", name="Harbour Bakery")
    made.say("app", entity="site", key="S", name="Quay", customer_id="K")
    made.say("app", entity="equipment", key="E", name="Oven", customer_id="K", site_id="S")
    before = len(made.history())
    record = call(made, "app", "K", "K2")
    for entity, key in (("site", "S"), ("equipment", "E")):
        copy = made.copy("app", key, entity)
        assert (copy.said("customer_id"), copy.known["customer_id"].values) == ("K2", {"K2"})
    assert made.copy("app", "E", "equipment").said("site_id") == "S"
    assert made.say("app", entity="site", key="S", name="Quay", customer_id="K2") == "unchanged"
    assert made.say("app", entity="site", key="S", name="North Quay") == "updated"
    assert made.record("site", "S").customer_id == record
    assert len(made.history()) == before + 1


def test_what_another_partner_calls_a_record_stays_as_it_is(made):
    for partner in ("app", "erp"):
        made.say(partner, name="Harbour Bakery")
        made.say(partner, entity="site", key="S", name="Quay", customer_id="K")
    call(made, "app", "K", "K2")
    copy = made.copy("erp", "S", "site")
    assert (copy.said("customer_id"), copy.known["customer_id"].values) == ("K", {"K"})


def test_who_was_overruled_when_the_key_was_changed_still_refers_to_the_record(made):
    made.say("app", name="Harbour Bakery")
    made.say("erp", key="L", name="Mill")
    made.say("erp", entity="site", key="S", name="Quay", customer_id="L")
    made.say("app", entity="site", key="S", customer_id="K")
    record = call(made, "app", "K", "K2")
    made.say("app", name="Another")
    with db.writing(made.engine) as session:
        session.execute(update(Connection).where(Connection.name == "erp").values(rank=-1))
    made.say("app", entity="site", key="S", name="North Quay")
    assert made.record("site", "S").customer_id == record
    assert made.say("app", entity="site", key="S", customer_id="K2") == "unchanged"


@pytest.mark.parametrize("key", ['K"1', "K%", "K\\", "Ké", "K_1"])
def test_a_word_that_was_overruled_is_found_by_any_key_and_by_no_other(made, key):
    made.say("app", key=key, name="Harbour Bakery")
    made.say("app", key=key + "1", name="Harbour Bakery")
    made.say("erp", key="L", name="Mill")
    made.say("erp", entity="site", key="S", name="Quay", customer_id="L")
    made.say("erp", entity="site", key="T", name="Quay", customer_id="L")
    made.say("app", entity="site", key="S", customer_id=key)
    made.say("app", entity="site", key="T", customer_id=key + "1")
    call(made, "app", key, "K2")
    said = [made.copy("app", site, "site").said("customer_id") for site in ("S", "T")]
    assert said == ["K2", key + "1"]


def test_a_copy_says_whether_its_words_for_others_are_overruled(made):
    made.say("app", name="Harbour Bakery")
    made.say("erp", key="L", name="Mill")
    made.say("app", entity="site", key="S", name="Quay", customer_id="K")
    assert not made.copy("app", "S", "site").overruled
    made.say("erp", entity="site", key="S", customer_id="L")
    assert (made.copy("app", "S", "site").overruled, made.copy("erp", "S", "site").overruled) == (True, False)
    made.say("erp", key="K", name="Harbour Bakery")
    made.say("erp", entity="site", key="S", customer_id="K")
    assert not made.copy("app", "S", "site").overruled


def test_a_word_that_was_overruled_later_follows_its_record_too(made):
    made.say("app", name="Harbour Bakery")
    made.say("erp", key="L", name="Mill")
    made.say("app", entity="site", key="S", name="Quay", customer_id="K")
    made.say("erp", entity="site", key="S", customer_id="L")
    call(made, "app", "K", "K2")
    assert made.copy("app", "S", "site").said("customer_id") == "K2"


def test_no_copy_is_read_for_a_new_key_but_those_that_are_overruled_or_refer_to_the_record():
    """What no answer shows: one rename would read all that a partner has, and many of them all of it each time."""
    engine, asked = db.open_engine("sqlite://"), []
    schema.migrate(engine)
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    with db.reading(engine) as session:
        follow(session, 1, "customer", 7, ("K", "K2"))
        plans = [
            session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", said).all() for one, said in [*asked]
        ]
    steps = [step.detail for plan in plans for step in plan]
    assert "SEARCH cross_reference USING INDEX ix_cross_reference_overruled (connection_id=? AND entity=?)" in steps
    assert [step for step in steps if step.startswith("SCAN")] == []
