"""Scenarios of convergence with the servers of Fast and Synchroteam: real senders, real receivers."""

import re
from itertools import count, repeat

import pytest
from tests.scenarios.gate import BUSY, Said
from tests.scenarios.partners import App, Crm, Erp

from synchub.master.tables import MasterRecord

WEEKEND = 3 * 24
"""Hours."""

each_server = pytest.mark.parametrize("kind", [Erp, App])


@pytest.fixture
def head(stage):
    """A partner that outranks all others and is never told."""
    return stage.join("head", Erp, rank="9")


def customer(hub, key="K"):
    return hub.record("customer", key)


@each_server
def test_who_loses_is_told_the_winner_once(stage, head, kind):
    """Scenario 13."""
    site = stage.settle("site", kind)
    head.say("K", phone="1")
    stage.tell(site)
    stage.wait()
    for speaker in (site.users, site):
        speaker.say("K", phone="2")
    assert customer(stage.b).phone == "2"
    for _ in range(3):
        stage.tell(site)
        stage.wait()
    assert site.heard("phone") == ["1", "1"]
    assert customer(stage.a).phone == customer(stage.b).phone == "1"
    assert stage.deliveries() == []


@each_server
@pytest.mark.parametrize("emails", [count(), repeat(1)], ids=["other", "same"])
def test_a_server_that_shouts_everything_back_is_parked_after_three_rounds(stage, head, kind, emails):
    """Scenario 13."""
    site = stage.settle("site", kind)
    site.say("K", name="OLD")
    site.shout(email=lambda: f"{next(emails)}@example.com")
    head.say("K", name="new")
    for _ in range(10):
        stage.tell(site)
    assert site.heard("name") == ["new"] * 3
    assert [row.state for row in stage.deliveries()] == ["loop"]
    assert customer(stage.a).name == "new"


@pytest.mark.parametrize(
    ("kind", "only", "words"),
    [
        (Erp, "bank_account", {"CustomerCode", "CustomerName", "Status", "PhoneNumber"}),
        (App, "mobile", {"id", "myId", "name", "contactPhone"}),
    ],
)
def test_of_what_only_the_server_knows_nothing_travels(stage, head, kind, only, words):
    """Scenario 15."""
    site = stage.settle("site", kind)
    head.say("K", phone="1")
    stage.tell(site)
    site.users.say("K", **{only: "12345"})
    head.say("K", phone="2")
    stage.tell(site)
    assert set(site.told[-1]) == words
    assert (customer(stage.b).phone, getattr(customer(stage.b), only)) == ("2", "12345")


def test_of_300_records_only_the_one_that_is_too_long_stays_behind(stage, head):
    """Scenario 18."""
    site, app = stage.settle("site", Erp), stage.join("app", App)
    head.say(*(f"{n:03}" for n in range(299)))
    app.say("LONG", name="x" * 300)
    stage.tell(site)
    assert [len(Erp.rows(came.body)) for came in site.gate.came] == [299]
    assert stage.b.count(MasterRecord) == 299
    (parked,) = stage.deliveries()
    assert (parked.state, parked.last_error) == ("parked", "CustomerName max 256, got 300")


@pytest.mark.parametrize(
    ("kind", "customers"),
    [(Erp, 12), (App, 6), pytest.param(Erp, 50_000, marks=[pytest.mark.e2e, pytest.mark.slow])],
)
def test_after_a_weekend_of_503_all_arrive_by_themselves(stage, head, kind, customers):
    """Scenario 19."""
    site = stage.settle("site", kind)
    for start in range(0, customers, 500):
        head.say(*(f"{n:05}" for n in range(start, min(start + 500, customers))))
    site.gate.mood = lambda _: BUSY
    for _ in range(WEEKEND):
        stage.tell(site)
        stage.wait(3600)
    assert stage.b.count(MasterRecord) == 0
    site.gate.mood = site.gate.pass_on
    stage.tell(site)
    assert stage.b.count(MasterRecord) == customers
    assert stage.deliveries() == []


@each_server
def test_a_create_that_was_stored_but_not_answered_makes_one_record_there(stage, kind):
    """Scenario 20."""
    site, app = stage.settle("site", kind), stage.join("app", App)
    app.say("K")
    site.gate.mood = site.gate.deaf
    stage.tell(site)
    assert stage.b.count(MasterRecord) == 1
    site.gate.mood = site.gate.pass_on
    for _ in range(2):
        stage.wait()
        stage.tell(site)
    assert [row[kind.key] for row in site.told] == ["K", "K"]
    assert stage.b.count(MasterRecord) == 1
    assert stage.deliveries() == []


@each_server
def test_a_customer_without_a_key_is_made_once_under_the_one_that_we_chose(stage, kind):
    """Scenario 20."""
    site, app = stage.settle("site", kind), stage.join("app", App)
    number = app.ask("POST", "/Api/v2/Customer/Send", json={"name": "Keyless"})["code"]
    site.gate.mood = site.gate.deaf
    stage.tell(site)
    site.gate.mood = site.gate.pass_on
    stage.wait()
    stage.tell(site)
    first, again = (row[kind.key] for row in site.told)
    assert re.fullmatch(rf"{number}-[0-9a-f]{{8}}", first)
    assert again == first
    assert stage.b.count(MasterRecord) == 1


@each_server
@pytest.mark.parametrize("is_told", [True, False])
def test_a_resync_from_a_connection_makes_its_word_stand(stage, kind, is_told):
    """Scenario 24: told or not; then the other changes another field, then it changes a restated one."""
    above, site, crm = stage.settle("above", Erp, rank="9"), stage.settle("site", kind), stage.join("crm", Crm)
    above.say("K", phone="1")
    site.say("K", phone="2")
    if is_told:
        stage.tell(above, site)
        assert site.heard("phone") == ["1"]
    stage.wait()
    answer = crm.resync(customer(stage.a).id, source=site.connection)
    assert answer["IsOk"]
    stage.tell(above, site)
    assert (customer(stage.a).phone, above.heard("phone")[-1]) == ("2", "2")
    stage.wait()
    above.say("K", email="mill@example.com")
    stage.tell(above, site)
    assert (customer(stage.a).phone, site.heard("email")) == ("2", ["mill@example.com"])
    stage.wait()
    site.say("K", phone="3")
    stage.tell(above, site)
    assert (customer(stage.a).phone, above.heard("phone")[-1]) == ("3", "3")
    assert stage.deliveries() == []


@each_server
def test_what_a_server_said_long_ago_and_was_told_otherwise_does_not_rise_again(stage, kind):
    """Scenario 24."""
    site, other, crm = stage.settle("site", kind), stage.settle("other", Erp), stage.join("crm", Crm)
    site.say("K", phone="2020")
    stage.wait()
    other.say("K", phone="2024")
    stage.tell(site, other)
    stage.wait()
    crm.resync(customer(stage.a).id, source=site.connection)
    stage.tell(site, other)
    assert customer(stage.a).phone == "2024"
    assert "2020" not in other.heard("phone")[1:]
    assert site.heard("phone") == ["2024"]


def test_who_deletes_what_another_keeps_is_not_given_it_back_and_does_not_see_it(stage):
    """Scenario 28."""
    keeper, site, crm = stage.settle("keeper", Erp, rank="9"), stage.settle("site", App), stage.join("crm", Crm)
    keeper.say("K", phone="1")
    stage.tell(keeper, site)
    assert site.partner.details("K").json()["contactPhone"] == "1"
    stage.wait()
    site.partner.delete("K")
    keeper.say("K", phone="2")
    answer = crm.resync(customer(stage.a).id)
    stage.tell(keeper, site)
    assert site.partner.details("K").status_code == 404
    assert site.heard("phone") == ["1"]
    assert (customer(stage.a).exists, customer(stage.a).phone) == (True, "2")
    assert [row["Status"] for row in keeper.told] == ["1"]
    assert answer["UserExplanation"].endswith("was left out where the connection itself has deleted it.")
    assert stage.deliveries() == []


def test_a_number_that_another_hub_answered_names_nothing_here(stage, head):
    site = stage.settle("site", App)
    number = site.partner.ask("POST", "/Api/v2/Customer/Send", json={"myId": "X", "name": "Mill X"})["code"]
    head.say("Y")
    stage.tell(site)
    assert customer(stage.b, "Y").id == number
    assert site.partner.ask("DELETE", "/Api/v2/Customer/Delete", params={"id": number})["code"] == 1
    assert (customer(stage.a, "X").exists, customer(stage.a, "Y").exists) == (False, True)
    head.say("Y", phone="2")
    stage.tell(site)
    assert site.told[-1]["id"] == number
    assert customer(stage.b, "Y").phone == "2"


@each_server
def test_a_server_is_left_in_peace_for_as_long_as_it_asks(stage, head, kind):
    site = stage.settle("site", kind)
    head.say("K")
    site.gate.mood = lambda _: Said(429, b'{"code": 0, "message": "slowly"}', {"retry-after": "7"})
    stage.tell(site)
    for calls, seconds in ((1, 5), (2, 0)):
        stage.wait(seconds)
        stage.tell(site)
        assert len(site.gate.came) == calls
