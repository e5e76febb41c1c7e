"""How a Fast server is told. The server is the hub itself where it can be; refusals and faults are made."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from tests.served import fresh, listening, serving
from tests.waiting import until

from synchub import clock
from synchub.connections.tables import Connection
from synchub.dialects import named
from synchub.dialects.fast.client import FastSender, FastSettings, make_sender
from synchub.errors import Misconfigured
from synchub.master.copies import EXISTS
from synchub.master.entities.organisation import Warehouse as Site
from synchub.master.tables import MasterRecord
from synchub.outbox.http import OutboundClient
from synchub.outbox.sender import Parcel, Verdict

URL = "http://127.0.0.1:9/ERP_API/api/SyncData"
SUCCESS = {"success": True, "messages": "SUCCESS", "records": 1, "fkey": "key_123", "code": 200}


def parcel(key: str = "W1", entity: str = "warehouse", **sent: Any) -> Parcel:
    exists = sent.pop(EXISTS, True)
    sent = {"name": "Main", "active": True, **sent, EXISTS: exists}
    return Parcel(
        copy=1,
        entity=entity,
        key=key,
        their_id=None,
        record=1_000_000_000,
        code=key,
        label="Main",
        version=1,
        number=1,
        forced=0,
        exists=exists,
        is_new=True,
        sent=sent,
        state=sent,
    )


@pytest.fixture
def sender() -> Iterator[FastSender]:
    made = FastSender(FastSettings(url="http://127.0.0.1:9/ERP_API/"), "secret-token", OutboundClient())
    yield made
    made.close()


def test_300_records_travel_in_one_call_and_a_tombstone_is_a_status_of_0(store_url: str, tmp_path: Path):
    with serving(store_url, tmp_path) as hub:
        token = hub.connect("hub-a", "fast")["token"]
        with listening(hub) as base:
            sender = FastSender(FastSettings(url=base, bearer=True), token, OutboundClient())
            outcome = sender.send([parcel(f"W{number}") for number in range(300)], 20.0)
            gone = parcel("W1", **{EXISTS: False}, **sender.gone("warehouse"))
            last = sender.send([gone], 20.0)
            sender.close()
        assert (outcome.verdict, outcome.status, last.verdict) == (Verdict.ACCEPTED, 200, Verdict.ACCEPTED)
        assert hub.count(MasterRecord) == 300
        assert len(hub.messages()) == 2
        assert (hub.record("warehouse", "W1").active, hub.record("warehouse", "W2").active) == (False, True)


def test_what_one_hub_is_told_another_one_holds(store_url: str, sqlite_template: Path, tmp_path: Path):
    with serving(fresh(sqlite_template, tmp_path), tmp_path / "b") as b, listening(b) as base:
        theirs = b.connect("hub-a", "fast")["token"]
        with serving(store_url, tmp_path / "a", roles="web,work") as a:
            token = a.connect("erp", "fast")["token"]
            a.connect("hub-b", "fast", url=base, target_token=theirs)
            rows = [{"SiteCode": "W1", "SiteName": "Main", "AgentYN": 1}, {"SiteCode": "W2", "SiteName": "Second"}]
            body = json.dumps({"form": "setSite", "data": rows})
            said = {"content": body, "headers": {"authorization": token}}
            # Who may come in is a picture that lasts a second, and the worker took one before the partners were there.
            until(lambda: a.call("POST", "/api/SyncData", **said).is_success)
            until(lambda: b.count(Site) == 2)
        assert (b.record("warehouse", "W1").is_agent, b.record("warehouse", "W2").is_agent) == (True, None)
        assert b.record("warehouse", "W2").active is True


def test_a_call_names_the_form_what_it_requires_and_what_differs(sender):
    with respx.mock:
        route = respx.post(URL).mock(httpx.Response(200, json=SUCCESS))
        assert sender.send([parcel(note=None, is_agent=True)], 5.0).verdict is Verdict.ACCEPTED
    request = route.calls.last.request
    assert json.loads(request.content) == {
        "form": "setSite",
        "data": [{"SiteCode": "W1", "SiteName": "Main", "AgentYN": 1, "Note": "", "Status": "1"}],
    }
    assert request.headers["authorization"] == "secret-token"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("http://erp", "http://erp/api/SyncData"),
        ("http://erp/", "http://erp/api/SyncData"),
        ("https://erp/ACME_API", "https://erp/ACME_API/api/SyncData"),
        ("http://erp/api/syncdata", "http://erp/api/syncdata"),
        ("http://erp/api/SyncData/", "http://erp/api/SyncData"),
    ],
)
def test_the_path_is_put_after_the_address_unless_it_ends_so(url, called):
    assert FastSettings(url=url).endpoint == called


@pytest.mark.parametrize(
    ("status", "body", "verdict", "wait"),
    [
        (200, SUCCESS, Verdict.ACCEPTED, None),
        (200, SUCCESS | {"code": "200"}, Verdict.ACCEPTED, None),
        (200, {"Success": True, "Code": 200}, Verdict.ACCEPTED, None),
        (200, {"success": False, "messages": "m", "code": 601}, Verdict.REFUSED, None),
        (200, {"success": False, "messages": "m", "code": 201}, Verdict.REFUSED, None),
        (200, {"success": False, "messages": "m", "code": 202}, Verdict.REFUSED, None),
        (400, {"success": False, "messages": "m", "code": 400}, Verdict.REFUSED, None),
        (413, {"success": False, "messages": "m", "code": 400}, Verdict.REFUSED, None),
        (400, "<html>", Verdict.REFUSED, None),
        (200, {"success": False, "messages": "m", "code": 401}, Verdict.TROUBLE, None),
        (401, {"success": False, "messages": "m", "code": 401}, Verdict.TROUBLE, None),
        (403, "", Verdict.TROUBLE, None),
        (403, {"success": False, "messages": "m", "code": 403}, Verdict.REFUSED, None),
        (404, "<html>", Verdict.TROUBLE, None),
        (302, "", Verdict.TROUBLE, None),
        (429, {"success": False, "messages": "m", "code": 429}, Verdict.TROUBLE, 7.0),
        (503, {"success": False, "messages": "m", "code": 503}, Verdict.TROUBLE, 7.0),
        (500, {"success": False, "messages": "m", "code": 500}, Verdict.UNKNOWN, None),
        (200, {"success": False, "messages": "m", "code": 500}, Verdict.UNKNOWN, None),
        (500, "<html>", Verdict.UNKNOWN, None),
        (502, "<html>", Verdict.UNKNOWN, None),
        (504, "", Verdict.UNKNOWN, None),
        (200, "<html>", Verdict.UNKNOWN, None),
        (200, "", Verdict.UNKNOWN, None),
        (200, [], Verdict.UNKNOWN, None),
        (200, {"success": False, "code": 200}, Verdict.UNKNOWN, None),
        (200, {"success": True}, Verdict.UNKNOWN, None),
    ],
)
def test_what_an_answer_means(sender, status, body, verdict, wait):
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = {"retry-after": "7"} if wait else {}
    with respx.mock:
        respx.post(URL).mock(httpx.Response(status, content=content, headers=headers))
        outcome = sender.send([parcel()], 5.0)
    assert (outcome.verdict, outcome.status, outcome.retry_after) == (verdict, status, wait)
    assert (outcome.reason is None) == (verdict is Verdict.ACCEPTED)
    assert "secret-token" not in str(outcome)
    assert outcome.request


def test_the_time_to_wait_may_be_a_date(sender):
    headers = {"retry-after": "Fri, 15 Jan 2027 08:00:10 GMT"}
    with respx.mock, clock.replaced(lambda: 1_800_000_000 * clock.SECOND):
        respx.post(URL).mock(httpx.Response(503, headers=headers))
        assert sender.send([parcel()], 5.0).retry_after == 10.0


def test_without_a_connection_certainly_nothing_was_stored_and_without_an_answer_nobody_knows(sender):
    assert sender.send([parcel()], 5.0).verdict is Verdict.TROUBLE  # nobody listens at the discard port
    with respx.mock:
        respx.post(URL).mock(side_effect=httpx.ReadTimeout("late"))
        assert sender.send([parcel()], 5.0).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (parcel(name="x" * 300), "SiteName max 256, got 300"),
        (parcel(name=None), "SiteName is required"),
        (parcel("W" * 33, note="n" * 600), "SiteCode max 32, got 33; Note max 512, got 600"),
        (parcel("I1", "item", kind="HHH"), "ItemType max 2, got 3"),
        (parcel("I1", "item"), "ItemType is required"),
        (
            parcel("A|B", "uom_conversion", coefficient="0.123456789"),
            "Coefficient max 11 digits before and 8 after the point",
        ),
        (parcel("AB", "uom_conversion", coefficient="1"), "the key AB has 1 parts, not 2"),
        (
            parcel("A|B", "uom_conversion", coefficient="1", item_id="Z"),
            "ItemCode is A in the key, but Z in the record",
        ),
        (parcel("C1", "contract", signed_on="soon"), "SignedDate must be a date as YYYY-MM-DD"),
    ],
)
def test_what_the_form_cannot_hold_is_named_before_anything_is_sent(sender, bad, why):
    assert sender.check(bad) == why


def test_what_the_form_can_hold_has_no_fault(sender):
    assert sender.check(parcel()) is None
    assert sender.check(parcel("A|B", "uom_conversion", coefficient="1", item_id="A", uom="B")) is None


def test_the_rows_of_a_call_name_the_same_attributes_unless_the_server_is_said_to_take_others(sender):
    assert sender.shape(parcel("W1")) == sender.shape(parcel("W2"))
    assert sender.shape(parcel("W1")) != sender.shape(parcel("W1", note="n"))
    mixed = FastSender(FastSettings(url=URL, mixed_rows=True), "t", OutboundClient())
    assert mixed.shape(parcel("W1")) == mixed.shape(parcel("W1", note="n"))
    mixed.close()


def test_a_target_is_told_what_its_forms_have(sender):
    assert sender.told("load") == frozenset()
    assert "bank_account" in sender.told("customer")
    assert sender.required("item") == {"name": None, "kind": None, "active": True}
    assert sender.required("uom_conversion") == {"item_id": None, "uom": None, "coefficient": None, "active": True}
    assert sender.gone("item") == {"active": False}
    assert sender.batch == 500


def test_a_connection_without_a_token_for_its_server_says_what_to_do():
    connection = Connection(name="erp", settings={"url": "http://erp"})
    http = OutboundClient()
    with pytest.raises(Misconfigured, match="target_token"):
        make_sender(connection, {}, http)
    made = make_sender(connection, {"target_token": "new old"}, http)
    assert made._headers["authorization"] == "new"
    made.close()


def test_an_address_that_is_none_is_refused():
    with pytest.raises(ValueError, match="must start with http"):
        FastSettings(url="ftp://erp")


def test_the_sample_is_a_call_that_works(store_url: str, tmp_path: Path):
    samples = named("fast").samples
    assert samples is not None
    (line,) = samples("http://hub", {"token": "t0ken"})
    assert line.startswith("curl -sS http://hub/api/SyncData ")
    with serving(store_url, tmp_path) as hub:
        token = hub.connect("demo", "fast")["token"]
        body = line.split(" -d '")[1].removesuffix("'")
        answer = hub.call("POST", "/api/SyncData", content=body, headers={"authorization": token})
        assert answer.json()["success"] is True


@pytest.mark.parametrize(("code", "of_all"), [(201, True), (403, True), (202, False), (601, False)])
def test_only_an_answer_about_the_form_is_about_all_that_was_carried(sender, code, of_all):
    with respx.mock:
        respx.post(URL).mock(httpx.Response(200, json={"success": False, "messages": "m", "code": code}))
        assert sender.send([parcel()], 5.0).of_all is of_all
