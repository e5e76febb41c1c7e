"""What is sent to a server of each kind, and what its answers mean; the server is made."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx

from synchub.dialects.synchroteam.client import SynchroteamSender
from synchub.dialects.synchroteam.settings import SynchroteamSettings
from synchub.errors import NotFound, Unavailable
from synchub.master.copies import EXISTS
from synchub.outbox.http import OutboundClient
from synchub.outbox.sender import Other, Outcome, Parcel, Verdict

ROOT = "http://127.0.0.1:9/Api/v2"
OTHERS = {
    11: Other("customer", "C-7", "412", "Bakery"),
    12: Other("customer", "C-8", None, "Mill"),
    13: Other("customer", "C-9", "#1000000009", "Quay"),
    21: Other("item", "p11", "91", "Oven"),
    22: Other("item", "p12", None, "Pipe"),
    31: Other("employee", "bill", "266", "Bill"),
    41: Other("job", "J-1", "#13", "13"),
    42: Other("job", "J-2", "265_16", "14"),
    43: Other("job", "J-3", None, "15"),
    51: Other("warehouse", "d6a71643", None, "Main store"),
    52: Other("warehouse", "VAN", None, None),
    61: Other("site", "S-1", None, "Quay"),
}


def parcel(entity: str, their_id: str | None = None, *, is_new: bool = False, state: Any = None, **sent: Any) -> Parcel:
    referred = {name: value for name, value in sent.items() if name.endswith("_id") and isinstance(value, int)}
    keys = {name: OTHERS[record].key for name, record in referred.items()}
    exists = sent.pop(EXISTS, True)
    row = {**sent, **keys, EXISTS: exists}
    values = (
        entity,
        "K 1",
        their_id,
        1_000_000_000,
        "K 1",
        "invoice 12" if entity == "invoice" else "x",
        1,
        1,
        0,
        exists,
        is_new,
        row,
        {**row, **(state or {})},
    )
    return Parcel(1, *values, referred=referred, others=OTHERS)


@pytest.fixture
def sender() -> Iterator[SynchroteamSender]:
    settings = SynchroteamSettings(url="http://127.0.0.1:9/")
    made = SynchroteamSender(settings, "acme:secret-key", "Europe/Berlin", OutboundClient())
    yield made
    made.close()


def call(
    sender: SynchroteamSender, one: Parcel | list[Parcel], *answers: Any
) -> tuple[Outcome, list[tuple[str, str, Any]]]:
    """How a call ends that is answered so, and what was asked: method, path, body."""
    with respx.mock:
        made = [httpx.Response(200, json=answer) if isinstance(answer, dict) else answer for answer in answers]
        route = respx.route(url__startswith=ROOT).mock(side_effect=made)
        outcome = sender.send(one if isinstance(one, list) else [one], 5.0)
    asked = [each.request for each in route.calls]
    return outcome, [
        (each.method, str(each.url).removeprefix(ROOT), json.loads(each.content) if each.content else None)
        for each in asked
    ]


@pytest.mark.parametrize(
    ("record", "words"),
    [(11, {"customerId": 412}), (12, {"customerMyId": "C-8"}), (13, {"customerId": 1_000_000_009})],
)
def test_another_record_is_named_by_its_id_there_else_by_its_key(sender, record, words):
    outcome, asked = call(sender, parcel("site", name="Quay", customer_id=record), {"code": 31, "message": ""})
    assert (outcome.verdict, outcome.their_ids) == (Verdict.ACCEPTED, {1: "31"})
    assert asked == [("POST", "/Site/Send", {"myId": "K 1", "name": "Quay", **words})]


def test_a_reference_that_is_none_any_more_is_sent_as_blanks(sender):
    _, asked = call(sender, parcel("equipment", "51", name="Oven", site_id=None), {"code": 51})
    assert asked[0][2] == {"id": 51, "myId": "K 1", "name": "Oven", "siteId": "", "siteMyId": ""}


def test_a_place_is_sent_whole_in_the_words_of_its_kind(sender):
    one = parcel("employee", start_latitude="1.5", state={"start_address": "Quay 1", "start_longitude": None})
    _, asked = call(sender, one, {"code": 266, "message": ""})
    place = {"fullAdress": "Quay 1", "latitude": "1.5", "longitude": ""}
    assert asked == [("POST", "/User/Send", {"login": "K 1", "startLocation": place})]


def test_a_part_is_sent_with_its_price_as_a_number(sender):
    _, asked = call(sender, parcel("item", name="Oven", price="10.25"), {"code": 91})
    assert asked == [("POST", "/Part/Send", {"name": "Oven", "reference": "K 1", "price": 10.25})]
    outcome, asked = call(sender, parcel("item", "91", **{EXISTS: False}), {"code": 0}, {"code": 1})
    assert [path for _, path, _ in asked] == ["/Part/Delete?id=91", "/Part/Delete?reference=K%201"]
    assert outcome.verdict is Verdict.ACCEPTED


def test_a_job_is_sent_with_its_lists_in_the_servers_words_and_zone(sender):
    parts = [{"item": 21, "reference": "ours", "quantity": "2.5"}, {"item": 22, "reference": None, "quantity": "1"}]
    activities = [{"employee": 31, "login": "x", "begin": "2016-07-19T12:50:30Z", "end": None}]
    one = parcel(
        "job",
        is_new=True,
        customer_id=11,
        employee_id=31,
        scheduled_begin="2016-07-19T12:43:00Z",
        status=1,
        parts=json.dumps([*parts, {"item": 99, "reference": "gone", "quantity": "1"}]),
        activities=json.dumps(activities),
    )
    outcome, asked = call(sender, one, {"code": 13497, "message": None})
    assert outcome.their_ids == {1: "#13497"}
    assert asked == [
        (
            "POST",
            "/Jobs/Send",
            {
                "myId": "K 1",
                "idCustomer": 412,
                "idUser": 266,
                "scheduledBeginDate": "2016-07-19 14:43",
                "status": 1,
                "parts": [
                    {"id": 91, "quantity": 2.5},
                    {"reference": "p12", "quantity": 1},
                    {"reference": "gone", "quantity": 1},
                ],
                "Activities": [{"idUser": 266, "start": "2016-07-19 14:50:30", "stop": ""}],
            },
        )
    ]


@pytest.mark.parametrize(
    ("their_id", "words", "selector"),
    [
        (None, {}, "myId=K+1"),
        ("#13", {"num": 13}, "num=13"),
        ("265_16", {"idJob": "265_16"}, "id=265_16"),
    ],
)
def test_a_job_is_named_by_what_the_server_calls_it(sender, their_id, words, selector):
    _, asked = call(sender, parcel("job", their_id, description="d"), {"code": 13, "message": None})
    assert asked[0][2] == {**words, "myId": "K 1", "description": "d"}
    outcome, asked = call(sender, parcel("job", their_id, **{EXISTS: False}), {"code": 1})
    assert (asked, outcome.verdict) == ([("PUT", f"/Jobs/Cancel?{selector}", None)], Verdict.ACCEPTED)


def test_an_imported_id_of_a_job_stays_what_it_is(sender):
    outcome, _ = call(sender, parcel("job", "265_16", description="d"), {"code": 13, "message": None})
    assert outcome.their_ids == {}


def test_a_job_is_validated_and_cancelled_by_calls_of_their_own(sender):
    outcome, asked = call(sender, parcel("job", "#13", status=7), {"code": 1})
    assert (outcome.verdict, asked) == (Verdict.ACCEPTED, [("PUT", "/Jobs/Cancel?num=13", None)])
    outcome, asked = call(sender, parcel("job", is_new=True, status=6), {"code": 13}, {"code": 1})
    assert [path for _, path, _ in asked] == ["/Jobs/Send", "/Jobs/Validate?myId=K+1"]
    assert (outcome.their_ids, "status" in asked[0][2]) == ({1: "#13"}, False)


def test_a_job_that_is_not_completed_there_is_that_before_it_is_validated(sender):
    one = parcel("job", "#13", status=6, description="d")
    no = {"code": 0, "message": "not completed"}
    outcome, asked = call(sender, one, {"code": 13}, no, {"code": 13}, {"code": 1})
    assert outcome.verdict is Verdict.ACCEPTED
    assert [(path, body) for _, path, body in asked] == [
        ("/Jobs/Send", {"num": 13, "myId": "K 1", "description": "d"}),
        ("/Jobs/Validate?num=13", None),
        ("/Jobs/Send", {"num": 13, "status": 5}),
        ("/Jobs/Validate?num=13", None),
    ]
    outcome, _ = call(sender, one, {"code": 13}, no, {"code": 0, "message": "cancelled"})
    assert (outcome.verdict, outcome.reason) == (Verdict.REFUSED, "answered code 0: cancelled")
    outcome, asked = call(sender, one, {"code": 0, "message": "no customer"})
    assert (outcome.reason, len(asked)) == ("answered code 0: no customer", 1)
    outcome, asked = call(sender, one, {"code": 13}, httpx.Response(503))
    assert (outcome.verdict, len(asked)) == (Verdict.TROUBLE, 2)


def test_a_type_of_activities_is_found_by_name_until_its_id_is_known(sender):
    stored = {"code": 1, "data": {"id": 84, "name": "Holiday"}, "msg": ""}
    outcome, asked = call(sender, parcel("activity_type", name="Holiday", has_conflict=True), stored)
    assert outcome.their_ids == {1: "84"}
    assert asked == [("POST", "/ActivityType/Send", {"name": "Holiday", "hasConflit": True})]
    _, asked = call(sender, parcel("activity_type", "84", name="Leave"), stored)
    assert asked[0][2] == {"id": 84, "name": "Leave"}
    outcome, _ = call(sender, parcel("activity_type", name="x"), {"code": 0, "data": None, "msg": "no"})
    assert (outcome.verdict, outcome.reason) == (Verdict.REFUSED, "answered code 0: no")
    gone = {"state": {"name": "Holiday"}, EXISTS: False}
    for their_id, body in ((None, {"name": "Holiday"}), ("84", {"id": 84})):
        outcome, asked = call(sender, parcel("activity_type", their_id, **gone), {"code": 0, "msg": "none"})
        assert (outcome.verdict, asked) == (Verdict.ACCEPTED, [("DELETE", "/ActivityType/Delete", body)])


@pytest.mark.parametrize(
    ("referred", "words"),
    [
        ({"job_id": 41}, {"job": {"num": 13}}),
        ({"job_id": 42}, {"job": {"id": "265_16"}}),
        ({"job_id": 43, "customer_id": 11}, {"job": {"myId": "J-3"}, "customer": {"id": 412}}),
        ({"customer_id": 12}, {"customer": {"myId": "C-8"}}),
    ],
)
def test_an_attachment_is_sent_with_its_bytes_and_whom_it_belongs_to(sender, referred, words):
    sender.contents = {"abc": b"\x00\xff"}.__getitem__
    one = parcel("attachment", is_new=True, file_name="a.pdf", content="abc", **referred)
    answer = {"data": {"id": "297", "url": "u"}, "msg": [], "result": "1"}
    outcome, asked = call(sender, one, answer)
    assert (sender.check(one), outcome.their_ids) == (None, {1: "297"})
    assert asked == [("POST", "/Attachments/Send", {"myId": "K 1", "fileName": "a.pdf", **words, "fileData": "AP8="})]
    outcome, _ = call(sender, one, {"data": None, "msg": ["too large", "x"], "result": "0"})
    assert (outcome.verdict, outcome.reason) == (Verdict.REFUSED, 'answered code 0: ["too large", "x"]')


def test_an_attachment_whose_bytes_cannot_be_had_is_not_sent(sender):
    one = parcel("attachment", is_new=True, file_name="a.pdf", content="abc", job_id=41)
    assert (call(sender, one)[0].verdict, call(sender, one)[1]) == (Verdict.REFUSED, [])
    for error, verdict in ((NotFound("gone"), Verdict.REFUSED), (Unavailable("away"), Verdict.TROUBLE)):

        def fail(_digest: str, error: Exception = error) -> bytes:
            raise error

        sender.contents = fail
        assert call(sender, one)[0].verdict is verdict


LINE = {"item": 21, "reference": "ours", "description": "Oven", "price": "10.25", "tax": "20", "quantity": "8.5"}


def line(**more: Any) -> str:
    return json.dumps([LINE | {"discount": "0", "total": "1"} | more])


def test_a_new_document_is_sent_without_our_number_and_with_whose_it_is(sender):
    one = parcel("invoice", is_new=True, kind="quotation", status=0, due_date="2026-08-01", job_id=41, lines=line())
    one.state |= {"customer_id": None, "site_id": None}
    outcome, asked = call(sender, one, {"code": 1, "message": None, "data": {"num": 132, "numberLines": 1}})
    assert (sender.check(one), outcome.verdict, outcome.their_ids) == (None, Verdict.ACCEPTED, {1: "#quotation 132"})
    amounts = {"description": "Oven", "price": "10.25", "tax": "20", "quantity": "8.5", "discount": "0"}
    assert asked == [
        (
            "POST",
            "/Invoices/Send",
            {
                "myId": "K 1",
                "action": "replace",
                "type": "quotation",
                "status": 0,
                "dueDate": "2026-08-01",
                "lines": [{"idPart": 91, **amounts}],
                "customer": None,
                "job": {"num": 13},
                "site": None,
            },
        )
    ]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"lines": line(item=22)}, {"action": "replace"}),
        ({"lines": "[]"}, {"action": "replace", "lines": []}),
        ({"status": 1}, {"action": "add", "status": 1}),
        ({"due_date": None}, {"action": "add", "dueDate": None}),
        ({"customer_id": 11}, {"action": "add", "customer": {"id": 412}}),
        ({"customer_id": None}, {"action": "add", "customer": None}),
        ({"site_id": 61}, {"action": "add", "site": {"myId": "S-1"}}),
    ],
)
def test_a_document_is_changed_by_the_number_that_the_server_gave_it(sender, said, words):
    one = parcel("invoice", "#invoice 7", kind="invoice", **said)
    outcome, asked = call(sender, one, {"code": 1, "message": None, "data": {"num": 7, "numberLines": 1}})
    assert (sender.check(one), outcome.verdict, outcome.their_ids) == (None, Verdict.ACCEPTED, {})
    assert asked[0][2].items() >= {"num": 7, "type": "invoice", **words}.items()
    assert "myId" not in asked[0][2]
    assert ("lines" in asked[0][2]) is ("lines" in said)


def test_a_document_that_was_brought_along_with_its_id_has_its_number_there(sender):
    one = parcel("invoice", "336", kind="invoice", status=1)
    outcome, asked = call(sender, one, {"code": 0, "message": None, "data": {"num": 12}})
    assert (asked[0][2]["num"], outcome.their_ids) == (12, {})


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({}, {"idPart": 91}),
        ({"item": 22}, {"reference": "p12"}),
        ({"item": 99, "reference": "gone"}, {"reference": "gone"}),
        ({"item": None, "reference": ""}, {"reference": ""}),
        ({"price": "0"}, {"reference": ""}),
    ],
)
def test_a_line_names_its_part_by_the_servers_id_or_by_its_reference_unless_it_is_free(sender, more, named):
    one = parcel("invoice", "#invoice 7", kind="invoice", lines=line(**more))
    _, asked = call(sender, one, {"code": 1, "message": None, "data": {"num": 7}})
    (sent,) = asked[0][2]["lines"]
    assert {word: value for word, value in sent.items() if word in {"idPart", "reference"}} == named
    assert sent["price"] == more.get("price", "10.25")


@pytest.mark.parametrize(
    ("answer", "verdict", "their_ids"),
    [
        ({"code": 0, "message": None, "data": {"num": 132, "numberLines": 2}}, Verdict.ACCEPTED, {1: "#invoice 132"}),
        ({"code": 0, "message": "", "data": {"num": 132}}, Verdict.ACCEPTED, {1: "#invoice 132"}),
        ({"code": 1, "message": None, "data": {"num": 7}}, Verdict.ACCEPTED, {1: "#invoice 7"}),
        ({"code": 1}, Verdict.ACCEPTED, {}),
        ({"code": 0, "message": "no customer", "data": {"num": 132}}, Verdict.REFUSED, {}),
        ({"code": 0, "message": None, "data": None}, Verdict.REFUSED, {}),
        ({"message": None, "data": {"num": 132}}, Verdict.UNKNOWN, {}),
    ],
)
def test_a_document_is_taken_if_there_is_a_number_and_no_text(sender, answer, verdict, their_ids):
    outcome, _ = call(sender, parcel("invoice", is_new=True, kind="invoice", lines=line()), answer)
    assert (outcome.verdict, outcome.their_ids) == (verdict, their_ids)


def test_a_depot_is_told_all_that_there_is_of_a_part(sender):
    level = {"warehouse_id": 51, "item_id": 21, "quantity": "2.50", "serials": '["771","772"]'}
    outcome, asked = call(sender, parcel("stock_level", **level), {"code": 1, "errors": ""})
    parts = [{"reference": "p11", "quantity": 2.5, "serials": ["771", "772"]}]
    assert (outcome.verdict, outcome.their_ids) == (Verdict.ACCEPTED, {})
    assert asked == [("PUT", "/Inventory/Quantities", [{"depot": "Main store", "parts": parts}])]
    nameless = parcel("stock_level", warehouse_id=52, item_id=22, quantity="0", serials=None)
    _, asked = call(sender, nameless, {"code": 1})
    assert asked[0][2] == [{"depot": "VAN", "parts": [{"reference": "p12", "quantity": 0, "serials": []}]}]


def test_one_call_tells_of_many_parts_in_many_depots(sender):
    rows = [(51, 21, "1"), (52, 21, "2"), (51, 22, "3")]
    levels = [parcel("stock_level", warehouse_id=depot, item_id=item, quantity=much) for depot, item, much in rows]
    outcome, asked = call(sender, levels, {"code": 1, "errors": ""})
    assert (sender.together("stock_level"), sender.together("site"), sender.together("load")) == (100, 1, 1)
    assert (outcome.verdict, len(asked)) == (Verdict.ACCEPTED, 1)
    assert asked[0][2] == [
        {"depot": "Main store", "parts": [{"reference": "p11", "quantity": 1}, {"reference": "p12", "quantity": 3}]},
        {"depot": "VAN", "parts": [{"reference": "p11", "quantity": 2}]},
    ]


def test_a_count_that_the_server_does_not_take_is_refused_with_its_reason(sender):
    one = parcel("stock_level", warehouse_id=51, item_id=21, quantity="1")
    errors = [{"depot": "Main store", "reference": "p11", "message": "there is no such depot"}]
    outcome, asked = call(sender, one, {"code": 0, "errors": errors})
    assert (outcome.verdict, outcome.reason) == (Verdict.REFUSED, f"answered code 0: {json.dumps(errors)}")
    assert asked[0][2][0]["parts"] == [{"reference": "p11", "quantity": 1}]


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (parcel("invoice", **{EXISTS: False}), "no document can be deleted there: do it by hand"),
        (parcel("invoice", kind="invoice", status=1), "the num that it has there is not known: change it by hand"),
        (parcel("invoice", "336", kind="invoice", status=1), None),
        (parcel("invoice", "336", kind="quotation", status=1), "type cannot be changed: there it is the invoice"),
        (
            parcel("invoice", "#quotation 7", kind="invoice"),
            "type cannot be changed: there it is the quotation with the num 7",
        ),
        (parcel("invoice", is_new=True, lines="[]"), "type is required"),
        (parcel("invoice", is_new=True, kind="invoice", lines=line(quantity="")), "lines row 1: quantity is required"),
        (parcel("stock_level", **{EXISTS: False}), "no stock level can be deleted there: do it by hand"),
        (parcel("stock_level", warehouse_id=51, item_id=21), "quantity: required"),
        (parcel("stock_level", quantity="1"), "depot, reference: required"),
        (parcel("stock_level", warehouse_id=51, item_id=21, quantity="-1"), "quantity must not be negative"),
        (parcel("site", name=None), "name is required"),
        (parcel("site", name="x" * 4001), "name max 4000, got 4001"),
        (parcel("employee", **{EXISTS: False}), "no user can be deleted there: do it by hand"),
        (parcel("employee", profile="king"), "profile must be one of technician, administrator, manager"),
        (
            parcel("job", parts='[{"item":99,"reference":null,"quantity":"1"}]'),
            "parts row 1: each part needs its id or its",
        ),
        (parcel("attachment", file_name="a", content="abc", job_id=41), "no attachment can be changed there"),
        (parcel("attachment", is_new=True, file_name="a", content="abc"), "job or customer is required"),
        (parcel("attachment", is_new=True, content="abc", job_id=41), "fileName and fileData are required"),
        (parcel("attachment", **{EXISTS: False}), "no attachment can be deleted there"),
        (parcel("activity_type", name=None), "name is required"),
        (parcel("activity_type", name="x", color="red"), "color must be six hexadecimal digits"),
        (parcel("job", **{EXISTS: False}), None),
    ],
)
def test_what_a_server_cannot_be_told_is_named_before_anything_is_sent(sender, one, why):
    said = sender.check(one)
    assert (said or "").startswith(why or "")
    assert (said is None) is (why is None)
