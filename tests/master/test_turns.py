"""Two who change one record at the same moment do so one after the other."""

from threading import Thread
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from tests.waiting import until
from tests.world import World, world

from synchub import db
from synchub.master import naming, store
from synchub.master.convergence import Mode
from synchub.master.renaming import rename
from synchub.master.writes import Batch, Write

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def until_somebody_waits(engine: Engine) -> None:
    """Return when another session waits for a lock."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        until(lambda: connection.scalar(WAITING))


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_whoever_comes_second_weighs_what_the_first_has_written(engine: Engine) -> None:
    with world(engine) as hub:
        hub.join("A", "B")
        hub.say("A", name="n")
        second = Thread(target=World.say, args=(hub, "B"), kwargs={"email": "e"})
        with db.writing(engine) as session:
            store.apply(
                session, [Batch(hub.partners["A"], uuid4(), [Write("customer", "K", Mode.PARTIAL, {"phone": "1"})])]
            )
            second.start()
            until_somebody_waits(engine)
        second.join()
        record = hub.record()
        assert (record.version, record.phone, record.email) == (3, "1", "e")


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_whoever_meets_a_record_while_it_is_renamed_makes_another_of_the_former_key(engine: Engine) -> None:
    with world(engine) as hub:
        hub.join("A")
        hub.say("A", name="n")
        verdicts: list[str] = []
        second = Thread(target=lambda: verdicts.append(hub.say("A", name="m")))
        with db.writing(engine) as session:
            (copy,) = naming.copies_by(session, hub.partners["A"], "customer", "external_key", {"K"})
            (record,) = naming.records_by_id(session, "customer", {copy.record_id}, lock=True).values()
            second.start()
            until_somebody_waits(engine)
            rename(session, copy, record, "L")
        second.join()
        assert verdicts == ["created"]
        assert (hub.record(code="L").name, hub.record(code="K").name) == ("n", "m")
