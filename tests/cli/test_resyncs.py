"""synchub resync: what is being told again, and stopping it."""

import pytest

from synchub import db
from synchub.resync import asking
from synchub.resync.asking import Wish


@pytest.fixture
def asked(partners):
    """A resync of everything that the erp asked for, and one of the crm's word that is over."""
    for number in range(3):
        partners.say("erp", key=f"K{number}", name="n")

    def enter(session):
        asking.enter(session, Wish(None), 3, partners.partners["erp"], None, queued=True)
        asking.enter(session, Wish(2, ["customer"], blanks=False), 0, partners.partners["erp"], None, queued=True)

    db.retrying(partners.engine, enter)
    return partners


def test_a_list_shows_what_is_still_being_told(synchub, asked):
    said = synchub("resync", "list", "--json")
    (row,) = said.rows
    assert (row["id"], row["state"], row["scope"], row["total"], row["records"]) == (1, "running", "everything", 3, 0)
    assert (row["asked_by"], row["source"]) == ("erp", None)
    assert "running" in synchub("resync", "list").out


def test_all_shows_also_what_has_ended(synchub, asked):
    _, row = synchub("resync", "list", "--all", "--json").rows
    assert (row["state"], row["source"], row["entities"], row["blanks"]) == ("done", "crm", ["customer"], False)


def test_a_resync_is_cancelled(synchub, asked):
    assert synchub("resync", "cancel", "1").out == "Resync 1 is cancelled.\n"
    assert synchub("resync", "list", "--json").rows == []
    assert synchub("resync", "list", "--all", "--json").rows[0]["state"] == "cancelled"


@pytest.mark.parametrize(
    ("number", "says"),
    [("9", "there is no resync 9: see 'synchub resync list'"), ("2", "resync 2 has ended: it is done")],
)
def test_what_cannot_be_cancelled_is_told_why(synchub, asked, number, says):
    said = synchub("resync", "cancel", number)
    assert (said.code != 0, said.err.strip()) == (True, f"synchub: {says}")


@pytest.mark.parametrize("number", ["0", "9223372036854775808", "one"])
def test_what_cannot_be_an_id_is_told_in_one_line(synchub, asked, number):
    said = synchub("resync", "cancel", number)
    assert said.code != 0
    assert said.err.startswith("synchub: Invalid value for 'ID': ")
    assert len(said.err.splitlines()) == 1
