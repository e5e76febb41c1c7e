"""`POST /api/SyncData` from outside: what is stored, and what is answered."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text, update
from tests.served import Served, serving

from synchub import clock
from synchub.connections.tables import Connection
from synchub.db import writing
from synchub.intake.tables import Message
from synchub.master.tables import MasterRecord

PATH = "/api/SyncData"

# The vendor's example request, from its page on setCustomer (reference 001).
CUSTOMERS = {
    "form": "setCustomer",
    "data": [
        {
            "CustomerCode": "KH001",
            "CustomerName": "ABC Co., Ltd.",
            "Address": "123 XYZ Street, District 1, Ho Chi Minh City",
            "PhoneNumber": "0901234567",
            "TaxCode": "0123456789",
            "Email": "contact@abc.com",
            "status": "1",
        },
        {
            "CustomerCode": "KH002",
            "CustomerName": "XYZ Co., Ltd.",
            "Address": "456 ABC Street, District 2, Ho Chi Minh City",
            "PhoneNumber": "0909876543",
            "TaxCode": "9876543210",
            "Email": "contact@xyz.com",
            "status": "1",
        },
    ],
}


class Erp:
    """A Fast system that posts to the hub."""

    def __init__(self, hub: Served) -> None:
        self.hub = hub
        self.token = hub.connect("erp", "fast")["token"]

    def post(self, document: Any, path: str = PATH, **said: Any) -> httpx.Response:
        """The answer to a document, or to bytes as they are."""
        headers = {"authorization": self.token} | said.pop("headers", {})
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.hub.call(said.pop("method", "POST"), path, content=content, headers=headers, **said)

    def send(self, form: str, *rows: dict[str, Any]) -> httpx.Response:
        """The answer to rows of a form."""
        return self.post({"form": form, "data": list(rows)})


@pytest.fixture
def hub(store_url: str, tmp_path: Path) -> Iterator[Served]:
    with serving(store_url, tmp_path) as served:
        yield served


@pytest.fixture
def erp(hub: Served) -> Erp:
    return Erp(hub)


def site(code: str = "W1", **said: Any) -> dict[str, Any]:
    return {"SiteCode": code, "SiteName": "Main", **said}


def test_the_vendors_example_is_stored_and_answered_as_documented(erp):
    answer = erp.post(CUSTOMERS)
    (message,) = erp.hub.messages()
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "messages": "SUCCESS",
        "records": 2,
        "fkey": str(message.id),
        "code": 200,
    }
    assert answer.headers["x-message-id"] == str(message.id)
    record = erp.hub.record("customer", "KH001")
    assert (record.name, record.phone, record.tax_number, record.active) == (
        "ABC Co., Ltd.",
        "0901234567",
        "0123456789",
        True,
    )
    assert erp.hub.count(MasterRecord) == 2


ROWS = [
    (
        "setItem",
        {"ItemCode": "I1", "ItemName": "Bolt", "ItemType": "HH", "Uom": "PCS", "ItemGroup1": "G", "Status": 1},
        "item",
        "I1",
        {"name": "Bolt", "kind": "HH", "uom": "PCS", "group1": "G", "active": True},
    ),
    (
        "setSite",
        {"SiteCode": "W1", "SiteName": "Main", "GroupCode": "G", "AgentYN": 0, "Note": "n", "Status": "1"},
        "warehouse",
        "W1",
        {"name": "Main", "group1": "G", "is_agent": False, "note": "n", "active": True},
    ),
    (
        "setDepartment",
        {"DeptCode": "D1", "DeptName": "Sales", "PhoneNumber": 84901, "Status": "1"},
        "department",
        "D1",
        {"name": "Sales", "phone": "84901"},
    ),
    (
        "setJob",
        {"JobCode": "J1", "JobName": "Roof", "Status": 1},
        "project",
        "J1",
        {"name": "Roof", "active": True},
    ),
    (
        "setContract",
        {
            "ContractCode": "C1",
            "ContractName": "Roof",
            "ContractNo": "12/2025",
            "SignedDate": "2025-01-15",
            "FromDate": "2025-01-15T00:00:00",
            "TotalAmount": "1500000000",
            "Currency": "VND",
            "Status": "1",
        },
        "contract",
        "C1",
        {"contract_number": "12/2025", "amount": 1500000000, "currency": "VND"},
    ),
]


def test_each_form_fills_the_columns_of_its_entity(erp):
    for form, row, entity, code, typed in ROWS:
        assert erp.send(form, row).json()["code"] == 200
        record = erp.hub.record(entity, code)
        assert {name: getattr(record, name) for name in typed} == typed


def test_an_expense_refers_to_its_department_by_the_partners_key(erp):
    erp.send("setExpense", {"ExpenseCode": "E1", "ExpenseName": "Fuel", "DeptCode": "D1"})
    erp.send("setDepartment", {"DeptCode": "D1", "DeptName": "Sales"})
    department = erp.hub.record("department", "D1")
    assert erp.hub.record("expense", "E1").department_id == department.id
    assert department.name == "Sales"


def test_a_unit_conversion_is_known_by_item_and_unit(erp):
    row = {"ItemCode": "A|B", "Uom": "BOX\\", "Coefficient": 24.00000000}
    for form in ("setUomConversion", "UnitConversion", "unitconversion"):
        assert erp.send(form, row).json()["code"] == 200
    assert erp.hub.copy(r"A\|B|BOX\\").entity == "uom_conversion"


def test_decimals_sent_as_numbers_are_stored_to_the_last_digit(erp):
    body = b'{"form":"UnitConversion","data":[{"ItemCode":"A","Uom":"B","Coefficient":12345678901.12345678}]}'
    assert erp.post(body).json()["code"] == 200
    assert str(erp.hub.record("uom_conversion", "A|B").coefficient) == "12345678901.12345678"


def test_forms_and_attributes_are_matched_in_any_case_and_of_two_spellings_the_later_wins(erp):
    body = b'{"DATA":[{"sitecode":"W1","SITENAME":"old","siteName":"new"}],"Form":"SETSITE"}'
    assert erp.post(body).json()["records"] == 1
    assert erp.hub.record("warehouse", "W1").name == "new"


def test_what_a_row_does_not_name_is_not_stated_and_our_own_spelling_reaches_nothing(erp):
    erp.send("setSite", site(AgentYN=1, Note="keep"))
    erp.send("setSite", {**site(), "name": "x", "deleted": True, "active": False, "exists": False, "id": 7})
    record, copy = erp.hub.record("warehouse", "W1"), erp.hub.copy("W1")
    assert (record.name, record.is_agent, record.note, record.active, record.exists) == (
        "Main",
        True,
        "keep",
        None,
        True,
    )
    assert copy.extra == {"name": "x", "deleted": "true", "active": "false", "exists": "false", "id": "7"}
    assert "active" not in copy.image["v"]


def test_a_value_turned_blank_is_cleared(erp):
    for blank in (None, "", "  "):
        erp.send("setSite", site(Note="n"))
        erp.send("setSite", site(Note=blank))
        assert erp.hub.record("warehouse", "W1").note is None


def test_rows_of_one_key_are_taken_in_their_order(erp):
    assert erp.send("setSite", site(SiteName="a"), site(SiteName="b"), site(SiteName="c")).json()["records"] == 3
    assert erp.hub.record("warehouse", "W1").name == "c"


def test_status_0_takes_a_record_out_of_use_but_not_away(erp):
    erp.send("setSite", site(Status="1"))
    erp.send("setSite", site(Status="0"))
    record = erp.hub.record("warehouse", "W1")
    assert (record.active, record.exists) == (False, True)


def test_the_same_request_twice_is_stored_once_and_answered_alike(erp):
    first, again = erp.post(CUSTOMERS), erp.post(CUSTOMERS)
    assert again.json() == first.json()
    assert again.headers["x-message-id"] != first.headers["x-message-id"]
    assert [message.state for message in erp.hub.messages()] == ["accepted", "repeat"]
    assert erp.hub.record("customer", "KH001").version == 1


def test_a_request_after_another_one_is_no_repeat(erp):
    for name in ("a", "b", "a"):
        erp.send("setSite", site(SiteName=name))
    assert [message.state for message in erp.hub.messages()] == ["accepted"] * 3
    assert erp.hub.record("warehouse", "W1").name == "a"


def test_the_same_request_at_another_spelling_of_the_path_is_a_repeat(erp):
    first = erp.post(CUSTOMERS)
    assert erp.post(CUSTOMERS, path="/ACME_API/API/syncdata/").json() == first.json()


def test_the_token_comes_raw_or_as_a_bearers_in_any_case(erp):
    for spelt in ("{}", "Bearer {}", "bearer {}", "BEARER   {}", "  {}  "):
        headers = {"authorization": spelt.format(erp.token)}
        assert erp.post(CUSTOMERS, headers=headers).json()["code"] == 200, spelt


def refusal(answer: httpx.Response, status: int, code: int) -> str:
    """The messages of an answer that is the vendor's error envelope and nothing else."""
    assert answer.status_code == status
    assert answer.headers["x-message-id"]
    body = answer.json()
    assert set(body) == {"success", "messages", "code"}
    assert (body["success"], body["code"]) == (False, code)
    assert isinstance(body["messages"], str)
    assert body["messages"]
    return body["messages"]


WORST = {"form": "noSuch", "data": []}


def test_who_is_not_known_is_told_so_before_anything_is_read(erp):
    bodies = (b"no json", json.dumps(WORST).encode(), json.dumps(CUSTOMERS).encode())
    refusal(erp.hub.call("POST", PATH, content=bodies[0]), 401, 401)
    for header in ("", "wrong", "Bearer wrong", "Bearer", "[object Object]", "Basic eDp5"):
        for body in bodies:
            refusal(erp.post(body, headers={"authorization": header}), 401, 401)
    assert erp.hub.count(Message) == 0


UNREADABLE = [
    b"",
    b"no json",
    b"[]",
    b'"text"',
    b"{",
    b"{}",
    b'{"form": 5, "data": [{}]}',
    b'{"data": [{}]}',
    b'{"form": "setSite", "data": {}}',
    b'{"form": "setSite", "data": "x"}',
    b'{"form": "setSite", "data": [{}]',
    b'{"form": "setSite", "data": [{}]} x',
    b'{"form": "setSite", "data": [{"AgentYN": NaN}]}',
    b'{"form": "setSite", "data": [{"SiteCode": 1' + b"0" * 5000 + b"}]}",
    b'{"form": "setSite", "data": [' + b"[" * 100_000,
    b'{"form": "\xff", "data": [{}]}',
    b'{"form" "setSite"}',
    b'{5: "setSite"}',
    b'{"form": "setSite" "data": 1}',
    b'{"form": "setSite", "data": [{},]}',
]


def test_what_cannot_be_read_is_400(erp):
    for body in UNREADABLE:
        refusal(erp.post(body), 400, 400)
    messages = erp.hub.messages()
    assert len(messages) == len(UNREADABLE)
    assert {(message.state, message.answer["code"]) for message in messages} == {("refused", 400)}


@pytest.mark.parametrize("value", [["\ud800"], {"\ud800": 1}, [{"a": ["\udfff\x00"]}]])
def test_half_a_surrogate_pair_within_an_unknown_attribute_fails_nothing(erp, value):
    assert erp.send("setSite", site(Foo=value)).json()["code"] == 200
    assert "\\ud" not in erp.hub.copy("W1").extra["Foo"]


@pytest.mark.parametrize("coefficient", ["1_0", "١٢", "1" * 20_000, "1." + "1" * 20_000, "1e-99999999", "0x10", "nan"])
def test_a_number_that_is_not_plain_is_601(erp, coefficient):
    refusal(erp.send("setUomConversion", {"ItemCode": "A", "Uom": "BOX", "Coefficient": coefficient}), 200, 601)


@pytest.mark.parametrize("coefficient", ["24", "+24.0", "2.4e1", " 24 ", "24."])
def test_a_number_may_be_spelt_in_any_plain_way(erp, coefficient):
    row = {"ItemCode": "A", "Uom": "BOX", "Coefficient": coefficient}
    assert erp.send("setUomConversion", row).json()["code"] == 200
    assert erp.hub.record("uom_conversion", "A|BOX").coefficient == 24


def test_more_rows_than_the_hub_takes_are_400_and_name_the_setting(store_url, tmp_path):
    with serving(store_url, tmp_path, max_rows=3) as hub:
        erp = Erp(hub)
        assert erp.send("setSite", *map(site, "123")).json()["code"] == 200
        told = refusal(erp.send("setSite", *map(site, "1234")), 400, 400)
        assert "more than 3 rows" in told
        assert "SYNCHUB_MAX_ROWS" in told
        assert [message.state for message in hub.messages()] == ["accepted", "refused"]


def test_an_unknown_form_is_201_also_with_no_data(erp):
    assert "noSuch" in refusal(erp.post(WORST), 200, 201)
    refusal(erp.post({"form": "\ud800", "data": []}), 200, 201)
    assert {message.state for message in erp.hub.messages()} == {"refused"}


@pytest.mark.parametrize(
    "body", [{"form": "setSite", "data": []}, {"form": "setSite"}, {"form": "setSite", "data": None}]
)
def test_no_rows_is_202(erp, body):
    refusal(erp.post(body), 200, 202)
    assert [message.state for message in erp.hub.messages()] == ["refused"]


def test_one_wrong_row_is_601_and_nothing_is_stored(erp):
    told = refusal(erp.send("setSite", site("W1"), site("W" * 40), site("W3")), 200, 601)
    assert "row 2: SiteCode max 32, got 40" in told
    assert erp.hub.count(MasterRecord) == 0
    (message,) = erp.hub.messages()
    assert (message.state, message.error) == ("refused", told)


def test_601_names_the_first_20_problems_and_the_count_of_all_within_4_kb(erp):
    rows = [{"CustomerCode": "ữ" * 999, "CustomerName": "\x00", "Status": "ữ", "EmployeeYN": "x" * 9999}] * 1200
    told = refusal(erp.send("setCustomer", *rows), 200, 601)
    assert "4800 problems in 1200 rows, the first 20 of them" in told
    assert told.count("row ") == 20
    assert len(told.encode()) < 4096


def test_an_entity_that_the_connection_may_not_write_is_403(hub):
    erp = Erp(hub)
    erp.token = hub.connect("narrow", "fast", writes="customer")["token"]
    assert "setSite" in refusal(erp.send("setSite", site()), 403, 403)
    assert erp.post(CUSTOMERS).json()["code"] == 200


def test_an_entity_withdrawn_a_moment_ago_is_403_and_no_row_is_stored(erp, caplog):
    moment = clock.now()
    with clock.replaced(lambda: moment):
        assert erp.post(CUSTOMERS).json()["code"] == 200
        with writing(erp.hub.engine) as session:
            session.execute(update(Connection).where(Connection.name == "erp").values(writes=["customer"]))
        told = refusal(erp.send("setSite", site()), 403, 403)
    assert "may not write warehouse" in told
    assert erp.hub.count(MasterRecord) == 2
    assert len(erp.hub.messages()) == 1
    assert not [line for line in caplog.records if line.levelname == "ERROR"]


def test_an_address_that_is_not_on_the_list_is_403(hub):
    erp = Erp(hub)
    erp.token = hub.connect("far", "fast", allowed_addresses="192.0.2.0/24")["token"]
    refusal(erp.send("setSite", site()), 403, 403)


def test_more_requests_a_minute_than_a_connection_may_make_are_429(hub):
    erp = Erp(hub)
    erp.token = hub.connect("hasty", "fast", rate_limit="2")["token"]
    moment = clock.now()
    with clock.replaced(lambda: moment):
        answers = [erp.send("setSite", site()) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        refusal(answers[2], 429, 429)
        assert answers[2].headers["retry-after"].isdecimal()
    with clock.replaced(lambda: moment + 30 * clock.SECOND):
        assert [erp.send("setSite", site()).status_code for _ in range(2)] == [200, 429]


def test_another_method_is_405_in_the_envelope(erp):
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        refusal(erp.post(CUSTOMERS, method=method), 405, 405)


def test_content_type_is_not_insisted_on_and_a_byte_order_mark_is_no_fault(erp):
    body = b"\xef\xbb\xbf" + json.dumps(CUSTOMERS).encode()
    for kind in ("text/plain", "application/json; charset=utf-8", "application/x-www-form-urlencoded"):
        assert erp.post(body, headers={"content-type": kind}).json()["code"] == 200


def test_a_packed_body_is_the_same_request(erp):
    first = erp.post(CUSTOMERS)
    packed = gzip.compress(json.dumps(CUSTOMERS).encode())
    assert erp.post(packed, headers={"content-encoding": "gzip"}).json() == first.json()
    refusal(erp.post(packed[:-9], headers={"content-encoding": "gzip"}), 400, 400)


def test_more_bytes_than_the_hub_takes_are_413_with_code_400(store_url, tmp_path):
    with serving(store_url, tmp_path, max_body=2048) as hub:
        erp = Erp(hub)
        refusal(erp.post(b" " * 2049), 413, 400)
        refusal(erp.post(gzip.compress(b" " * 999_999), headers={"content-encoding": "gzip"}), 413, 400)
        assert erp.post(CUSTOMERS).json()["code"] == 200


def test_a_request_of_many_rows_is_read_in_a_thread_and_stored_whole(erp):
    rows = [site(f"W{number}", Note="n" * 60) for number in range(1200)]
    assert erp.send("setSite", *rows).json()["records"] == 1200
    assert erp.hub.count(MasterRecord) == 1200


def test_a_store_that_cannot_be_written_is_503_and_asks_to_come_again(erp):
    erp.send("setSite", site())
    with writing(erp.hub.engine) as session:
        session.execute(text("ALTER TABLE message RENAME TO elsewhere"))
    answer = erp.send("setSite", site(SiteName="x"))
    with writing(erp.hub.engine) as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO message"))
    assert answer.status_code in {500, 503}
    assert erp.send("setSite", site(SiteName="x")).json()["code"] == 200


def test_the_openapi_document_names_every_form_and_attribute(hub):
    document = hub.call("GET", "/openapi/fast.json").json()
    assert document["components"]["securitySchemes"]["token"]["name"] == "Authorization"
    body = document["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]["schema"]
    forms = {each["title"]: each["properties"]["data"]["items"] for each in body["oneOf"]}
    assert len(forms) == 8
    assert forms["setItem"]["required"] == ["ItemCode", "ItemName", "ItemType"]
    assert "$ref" not in json.dumps(body)


def test_no_answer_and_no_log_line_shows_the_token(erp, caplog):
    caplog.set_level("DEBUG")
    answers = [
        erp.post(CUSTOMERS),
        erp.post(b"x"),
        erp.post(CUSTOMERS, method="PUT"),
        erp.post(CUSTOMERS, path="/nowhere"),
    ]
    assert not any(erp.token in answer.text for answer in answers)
    assert erp.token not in caplog.text
    assert [record.connection for record in caplog.records if record.name == "synchub.requests"] == [
        "erp",
        "erp",
        None,
        None,
    ]
