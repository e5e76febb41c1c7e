"""How a Synchroteam server is told. The server is the hub itself where it can be; refusals and faults are made."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from tests.dialects.synchroteam.conftest import Erp, Field
from tests.served import fresh, listening, serving
from tests.waiting import until

from synchub import clock
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.client import SynchroteamSender, make_sender
from synchub.dialects.synchroteam.client.answers import KEPT
from synchub.dialects.synchroteam.settings import SynchroteamSettings
from synchub.errors import Misconfigured
from synchub.master.copies import EXISTS
from synchub.master.entities import ENTITIES
from synchub.outbox.http import OutboundClient
from synchub.outbox.sender import Parcel, Verdict

ROOT = "http://127.0.0.1:9/Api/v2"
URL = f"{ROOT}/Customer"
TOLD = [
    "employee",
    "customer",
    "site",
    "equipment",
    "item",
    "stock_level",
    "activity_type",
    "job",
    "attachment",
    "invoice",
]


def parcel(their_id: str | None = None, key: str = "C 7", **sent: Any) -> Parcel:
    exists = sent.pop(EXISTS, True)
    state = {"latitude": "1.5", "longitude": "2"}
    sent = {"name": "Harbour Bakery", **sent, EXISTS: exists}
    return Parcel(1, "customer", key, their_id, 1_000_000_000, key, "x", 1, 1, 0, exists, True, sent, {**state, **sent})


@pytest.fixture
def sender() -> Iterator[SynchroteamSender]:
    made = SynchroteamSender(SynchroteamSettings(url="http://127.0.0.1:9/"), "acme:secret-key", "UTC", OutboundClient())
    yield made
    made.close()


def test_what_one_hub_is_told_another_one_holds(store_url: str, sqlite_template: Path, tmp_path: Path):
    with serving(fresh(sqlite_template, tmp_path), tmp_path / "b") as b, listening(b) as base:
        there = Field(b, "hub-a")
        with serving(store_url, tmp_path / "a", roles="web,work") as a:
            erp, app = Erp(a), Field(a, "app")
            target = {"target_domain": "hub-a", "target_api_key": there.credentials["api_key"]}
            b_here = Field(a, "hub-b", url=base, **target)
            until(lambda: a.call("GET", "/Api/v2", headers=app.headers).status_code == 200)
            erp.set("KH1", PhoneNumber="555-0100")
            number = app.make(name="Keyless", tags=["a"], position={"Latitude": 1.5, "Longitude": 2})
            until(lambda: len(there.rows()) == 2)
            assert there.details(myId="KH1")["contactPhone"] == "555-0100"
            shown = there.details(name="Keyless")
            assert (shown["tags"], shown["position"]) == (["a"], {"Latitude": "1.5", "Longitude": "2"})
            until(lambda: all(copy.their_id for copy in b_here.copies()))
            assert b_here.details(name="Keyless")["id"] == number
            app.send(id=number, contactFax="1", position={"Latitude": ""}, tags=[])
            until(lambda: there.details(name="Keyless")["contactFax"] == "1")
            shown = there.details(name="Keyless")
            assert (shown["tags"], shown["position"]) == ([], {"Latitude": "", "Longitude": "2"})
            app.delete(myId="KH1")
            until(lambda: len(there.rows()) == 1)
        assert there.details(name="Keyless")["id"] == shown["id"]


def test_a_create_carries_the_reserved_key_and_keeps_the_id_that_is_answered(sender):
    with respx.mock:
        route = respx.post(f"{URL}/Send").mock(httpx.Response(200, json={"code": 35, "message": ""}))
        outcome = sender.send([parcel(fax=None, tags='["a"]', latitude="1.5")], 5.0)
    assert (outcome.verdict, outcome.their_ids) == (Verdict.ACCEPTED, {1: "35"})
    request = route.calls.last.request
    assert json.loads(request.content) == {
        "myId": "C 7",
        "name": "Harbour Bakery",
        "contactFax": "",
        "tags": ["a"],
        "position": {"Latitude": "1.5", "Longitude": "2"},
    }
    assert request.headers["authorization"] == "Basic YWNtZTpzZWNyZXQta2V5"


def test_the_number_of_another_hub_is_kept_with_a_mark_and_said_to_it(sender):
    with respx.mock:
        route = respx.post(f"{URL}/Send").mock(httpx.Response(200, json={"code": 1_000_000_035}))
        assert sender.send([parcel()], 5.0).their_ids == {1: "#1000000035"}
        assert sender.send([parcel("#1000000035")], 5.0).their_ids == {}
        assert sender.send([parcel("1000000035")], 5.0).their_ids == {}
    assert [json.loads(call.request.content).get("id") for call in route.calls] == [None, *[1_000_000_035] * 2]


def test_the_id_is_kept_of_an_answer_that_is_too_long_to_be_kept(sender):
    body = {"message": "a warning \u00e9" * 2000, "code": 35}
    with respx.mock:
        respx.post(f"{URL}/Send").mock(httpx.Response(200, json=body))
        outcome = sender.send([parcel()], 5.0)
    assert (outcome.verdict, outcome.their_ids) == (Verdict.ACCEPTED, {1: "35"})
    assert len(outcome.answer or "") == KEPT


def test_a_known_customer_is_told_and_deleted_by_the_id_that_was_answered(sender):
    with respx.mock:
        sent = respx.post(f"{URL}/Send").mock(httpx.Response(200, json={"code": 35, "message": ""}))
        gone = respx.delete(f"{URL}/Delete").mock(httpx.Response(200, json={"code": 1}))
        assert sender.send([parcel("35", phone="1")], 5.0).verdict is Verdict.ACCEPTED
        assert sender.send([parcel("35", **{EXISTS: False})], 5.0).verdict is Verdict.ACCEPTED
        assert sender.send([parcel(**{EXISTS: False})], 5.0).verdict is Verdict.ACCEPTED
    assert json.loads(sent.calls.last.request.content)["id"] == 35
    assert [str(call.request.url).rpartition("?")[2] for call in gone.calls] == ["id=35", "myId=C%207"]


@pytest.mark.parametrize(
    ("first", "asked", "verdict"),
    [
        (httpx.Response(200, json={"code": 0, "message": "none"}), ["id=35", "myId=C%207"], Verdict.ACCEPTED),
        (httpx.Response(200, json={"code": 1}), ["id=35"], Verdict.ACCEPTED),
        (httpx.Response(429, json={"code": 0, "message": "m"}), ["id=35"], Verdict.TROUBLE),
        (httpx.Response(500, json={"code": 0, "message": "m"}), ["id=35"], Verdict.UNKNOWN),
    ],
)
def test_a_customer_whose_id_is_gone_is_deleted_by_its_key_for_it_may_be_made_again(sender, first, asked, verdict):
    with respx.mock:
        gone = respx.delete(f"{URL}/Delete").mock(side_effect=[first, httpx.Response(200, json={"code": 1})])
        assert sender.send([parcel("35", **{EXISTS: False})], 5.0).verdict is verdict
    assert [str(call.request.url).rpartition("?")[2] for call in gone.calls] == asked


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, {"code": 5, "message": ""}, Verdict.ACCEPTED),
        (200, {"Code": "5"}, Verdict.ACCEPTED),
        (200, {"code": 0, "message": "m"}, Verdict.REFUSED),
        (400, {"code": 0, "message": "m"}, Verdict.REFUSED),
        (413, "<html>", Verdict.REFUSED),
        (401, {"code": 0, "message": "m"}, Verdict.TROUBLE),
        (403, "", Verdict.TROUBLE),
        (404, "<html>", Verdict.TROUBLE),
        (302, "", Verdict.TROUBLE),
        (429, {"code": 0, "message": "m"}, Verdict.TROUBLE),
        (503, "", Verdict.TROUBLE),
        (500, {"code": 0, "message": "m"}, Verdict.UNKNOWN),
        (502, "", Verdict.UNKNOWN),
        (200, "<html>", Verdict.UNKNOWN),
        (200, {"message": ""}, Verdict.UNKNOWN),
        (200, [], Verdict.UNKNOWN),
        (200, "[" * 100_000, Verdict.UNKNOWN),
        (200, {"code": "9" * 19}, Verdict.UNKNOWN),
        (204, "", Verdict.UNKNOWN),
    ],
)
def test_what_an_answer_means(sender, status, body, verdict):
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    with respx.mock:
        respx.post(f"{URL}/Send").mock(httpx.Response(status, content=content))
        outcome = sender.send([parcel()], 5.0)
    assert (outcome.verdict, outcome.status) == (verdict, status)
    assert (outcome.reason is None) == (verdict is Verdict.ACCEPTED)
    assert "secret-key" not in str(outcome)
    assert outcome.request


@pytest.mark.parametrize(
    ("body", "verdict"), [('{"code": 0, "message": "m"}', Verdict.REFUSED), ("<html>", Verdict.TROUBLE)]
)
def test_a_delete_that_is_answered_404_by_the_api_holds_up_no_other_record(sender, body, verdict):
    with respx.mock:
        respx.delete(f"{URL}/Delete?id=77").mock(httpx.Response(404, content=body))
        assert sender.send([parcel("77", **{EXISTS: False})], 5.0).verdict is verdict


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "7", "x-ratelimit-reset": "1"}, 7.0),
        ({"x-ratelimit-reset": "1800000009"}, 9.0),
        ({"x-ratelimit-reset": "1700000000"}, 0.0),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:10 GMT"}, 10.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_how_long_the_server_asks_us_to_wait(sender, headers, wait):
    with respx.mock, clock.replaced(lambda: 1_800_000_000 * clock.SECOND):
        respx.post(f"{URL}/Send").mock(httpx.Response(429, headers=headers))
        outcome = sender.send([parcel()], 5.0)
    assert (outcome.verdict, outcome.retry_after) == (Verdict.TROUBLE, wait)


def test_without_a_connection_certainly_nothing_was_stored_and_without_an_answer_nobody_knows(sender):
    assert sender.send([parcel()], 5.0).verdict is Verdict.TROUBLE  # nobody listens at the discard port
    with respx.mock:
        respx.post(f"{URL}/Send").mock(side_effect=httpx.ReadTimeout("late"))
        assert sender.send([parcel()], 5.0).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (parcel(name=None), "name is required"),
        (parcel(key="x" * 256), "myId max 255, got 256"),
        (parcel(phone="x" * 4001), "contactPhone max 4000, got 4001"),
        (parcel(latitude="north"), "position.Latitude must be degrees between -90 and 90"),
        (parcel(name=None, **{EXISTS: False}), None),
        (parcel(), None),
    ],
)
def test_what_the_wire_cannot_hold_is_named_before_anything_is_sent(sender, bad, why):
    assert sender.check(bad) == why


def test_a_server_is_told_of_what_it_has_a_send_for(sender):
    assert [entity for entity in ENTITIES if sender.told(entity)] == TOLD
    assert {"name", "tags", "custom_fields", "latitude"} <= sender.told("customer")
    assert {"customer_id", "site_id", "employee_id", "parts", "status"} <= sender.told("job")
    assert not {"number", "job_id", "validated_at", "login"} & (sender.told("job") | sender.told("employee"))
    assert not {"number", "total"} & sender.told("invoice")
    assert [sender.required(entity) for entity in ("customer", "job", "employee")] == [{"name": None}, {}, {}]
    assert (sender.gone("customer"), sender.shape(parcel())) == ({}, None)


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://ws.example", "https://ws.example/Api/v2"),
        ("https://ws.example/", "https://ws.example/Api/v2"),
        ("https://ws.example/api/V2/", "https://ws.example/api/V2"),
        ("https://ws.example/v2", "https://ws.example/v2"),
    ],
)
def test_the_root_is_put_after_the_address_unless_it_ends_so(url, root):
    assert SynchroteamSettings(url=url).endpoint == root


def test_a_connection_without_a_log_in_for_its_server_says_what_to_do():
    http = OutboundClient()
    for settings, secrets in (({"target_domain": "a"}, {}), ({}, {"target_api_key": "k"})):
        connection = Connection(name="there", settings={"url": "http://x", **settings})
        with pytest.raises(Misconfigured, match="target_domain or no target_api_key"):
            make_sender(connection, secrets, http)
    made = make_sender(
        Connection(settings={"url": "http://x", "target_domain": "a"}, time_zone="UTC"), {"target_api_key": "n o"}, http
    )
    assert made._headers["authorization"] == "Basic YTpu"
    made.close()
    with pytest.raises(ValueError, match="must start with http"):
        SynchroteamSettings(url="ftp://x")
