"""Scenario 32 from the door to the file: a post outweighs a row of an earlier export, and what was lost is repaired."""

import pytest
from sqlalchemy import select
from tests.dialects.aljex.conftest import Partner

from synchub import clock
from synchub.connections.tables import Connection
from synchub.db import reading, writing
from synchub.dialects.aljex.files import reader
from synchub.files import spool
from synchub.files.places import Entry
from synchub.files.reconciling import differences, reconciliations
from synchub.files.running import advance
from synchub.files.settings import FileSettings
from synchub.files.steady import Sight
from synchub.files.taking import Take, take

HEADER = "ID,Name,Phone 1,Note\n"


@pytest.fixture
def partner(partner: Partner) -> Partner:
    """The partner, which has files in a directory."""
    with writing(partner.engine) as session:
        connection = session.scalars(select(Connection).where(Connection.name == "aljex")).one()
        connection.settings = {"files": "/somewhere", "files_missing": "flag"}
    return partner


def collect(partner: Partner, rows: str, exported: int) -> None:
    """A file of customers that was exported at a moment is read now."""
    content = (HEADER + rows).encode()
    kept = spool.write(partner.settings.data_dir, [content], len(content))
    sight = Sight(Entry("Customers.csv", len(content), clock.now()), clock.now(), clock.now())
    with writing(partner.engine) as session:
        connection = session.scalars(select(Connection).where(Connection.name == "aljex")).one()
        take(session, connection.id, Take("aljex", "customers", sight, kept, exported), FileSettings())
    while advance(partner.engine, partner.settings, {"aljex": reader}):
        pass


def phones(partner: Partner) -> list[str | None]:
    return [partner.record_of("customer", key).phone for key in ("C1", "C2", "C3")]


def test_a_post_outweighs_an_earlier_export_and_what_was_lost_is_repaired(partner: Partner) -> None:
    for key in ("C1", "C2", "C3"):
        partner.sync(id=key, name="n", phone1="1")
    moment = clock.now()  # the posts that made all of them 2 are lost
    partner.sync(id="C1", name="n", phone1="3")
    partner.sync(id="C2", name="n", phone1="1")
    collect(partner, "C1,n,2,\nC2,n,2,\nC3,n,2,\n", moment)
    assert phones(partner) == ["3", "1", "2"]
    with reading(partner.engine) as session:
        (run,) = [each.run for each in reconciliations(session, table="customers")]
        assert [(each.key, each.fields) for each in differences(session, run)] == [("C3", {"phone": ("1", "2")})]
    assert run.counts == {"superseded": 2, "updated": 1}
