"""Customers: what each endpoint does, and which record is meant."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.served import Served, serving

from synchub import clock
from synchub.dialects import xml
from synchub.master.entities.parties import Customer
from synchub.master.tables import MasterRecord

FULL: dict[str, Any] = {
    "myId": "C-7",
    "name": "Harbour Bakery",
    "address": "1 Quay Road, Port Town",
    "addressComplement": "Back door",
    "adressStreet": "1 Quay Road",
    "adressZIP": "AB1 2CD",
    "adressCity": "Port Town",
    "adressProvince": "North",
    "adressCountry": "Nowhere",
    "contactName": "Baker",
    "contactFirstName": "Kim",
    "contactPhone": "555-0100",
    "contactMobile": "555-0101",
    "contactEmail": "kim@bakery.example",
    "contactFax": "555-0102",
    "customFieldValues": [{"id": 3, "name": "Oven", "value": "gas"}],
    "position": {"Latitude": "51.5", "Longitude": "-120.25"},
    "tags": ["ovens", "early"],
}


def test_what_is_sent_is_shown(field):
    number = field.make(**FULL)
    assert field.details(id=number) == {"id": number, **FULL}


def test_a_new_customer_has_an_id_of_the_server_and_keeps_it(field):
    first, second = field.make(myId="A"), field.make(myId="B")
    assert first != second
    assert min(first, second) >= 1_000_000_000
    assert field.make(myId="A", name="Other") == first


def test_details_are_found_by_each_selector(field):
    field.make(myId="Z", name="Other", contactEmail="other@bakery.example")
    number = field.make(**FULL)
    values = {"id": number, "myId": "C-7", "name": "Harbour Bakery", "email": "kim@bakery.example"}
    for selector, value in values.items():
        assert field.details(**{selector: value})["id"] == number


def test_of_several_of_one_name_details_show_the_one_known_longest(field):
    numbers = [field.make(myId=key) for key in ("B", "A", "C")]
    assert field.details(name="Harbour Bakery")["id"] == min(numbers)


@pytest.mark.parametrize(
    ("method", "path", "query", "why"),
    [
        ("GET", "Details", "", "exactly one of id, name, myId, email"),
        ("GET", "Details", "id=", "exactly one of"),
        ("GET", "Details", "id=1&name=x", "exactly one of"),
        ("GET", "Details", "id=1&ID=2", "id is given twice"),
        ("GET", "Details", "contactEmail=x", "no parameter 'contactEmail'"),
        ("GET", "Details", "id=x", "id must be a whole number"),
        ("GET", "List", "clientEmail=x", "no parameter 'clientEmail'"),
        ("GET", "List", "ChangedFrom=soon", "ChangedFrom must be a date"),
        ("GET", "List", "ChangedFrom=2026-13-01", "ChangedFrom must be a date"),
        ("GET", "List", "page=0", "page begins with 1"),
        ("GET", "List", "pageSize=1001", "pageSize lies between 1 and 1000"),
        ("DELETE", "Delete", "email=x", "no parameter 'email'"),
        ("DELETE", "Delete", "", "exactly one of name, id, myId"),
        ("POST", "Send", "id=1", "no parameter 'id'"),
    ],
)
def test_what_a_query_may_not_ask_is_400_and_named(lasting, method, path, query, why):
    lasting.make(**FULL)
    before = lasting.hub.count(MasterRecord)
    answer = lasting.call(method, f"/Api/v2/Customer/{path}?{query}", content=json.dumps({"name": "x"}))
    assert (answer.status_code, answer.json()["code"]) == (400, 0)
    assert why in answer.json()["message"]
    assert lasting.hub.count(MasterRecord) == before
    assert lasting.sees(myId="C-7")


def test_parameters_that_clients_add_change_nothing(field):
    number = field.make(**FULL)
    for ignored in ("_=1", "Postman-Token=x", "cache-control=no-cache"):
        assert field.call("GET", f"/Api/v2/Customer/Details?myId=C-7&{ignored}").json()["id"] == number
        assert len(field.call("GET", f"/Api/v2/Customer/List?{ignored}").json()) == 1


def test_which_parameters_are_ignored_is_a_setting(hub):
    field = Field(hub, ignored_parameters="trace,Nonce")
    assert field.call("GET", "/Api/v2/Customer/List?NONCE=1").status_code == 200
    assert field.call("GET", "/Api/v2/Customer/List?_=1").status_code == 400


def test_an_unknown_customer_is_404(lasting):
    for selector in ({"id": 5}, {"id": 10**17}, {"myId": "x"}, {"name": "x"}, {"email": "x"}):
        answer = lasting.call("GET", "/Api/v2/Customer/Details", params=selector)
        assert (answer.status_code, answer.json()["code"]) == (404, 0)
        assert next(iter(selector)) in answer.json()["message"]


def test_an_unknown_id_creates_with_an_id_of_the_server(field):
    for body in ({"id": 4711}, {"id": "4711", "myId": "C-1"}):
        number = field.make(**body)
        assert number >= 1_000_000_000
    assert not field.sees(id=4711)


def test_the_same_body_twice_makes_one_customer_with_or_without_a_key(field):
    for body in ({"name": "Keyless"}, {"name": "Keyed", "myId": "K"}, {"name": "Numbered", "id": 77}):
        answers = [field.send(body) for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
    assert field.hub.count(MasterRecord) == 3
    assert [message.state for message in field.hub.messages()].count("repeat") == 6


def test_the_same_body_again_after_a_change_updates_the_customer_that_it_made(field, erp):
    first = field.make(name="Keyless")
    assert field.send(id=first, name="Renamed")["code"] == first
    assert field.send(name="Keyless")["code"] == first
    assert field.details(id=first)["name"] == "Keyless"


def test_what_a_row_leaves_out_stays_and_what_is_blank_is_cleared(field):
    number = field.make(**FULL)
    field.make(myId="C-7", contactPhone="555-0199")
    assert field.details(id=number) == {"id": number, **FULL, "contactPhone": "555-0199"}
    blanks = {"contactPhone": "", "contactFax": None, "tags": [], "customFieldValues": [], "position": None}
    field.send({"myId": "C-7", **blanks})
    cleared = {"contactPhone": "", "contactFax": "", "tags": [], "customFieldValues": [], "position": None}
    assert field.details(id=number) == {"id": number, **FULL, **cleared}


@pytest.mark.parametrize("row", [{}, {"myId": "N"}, {"myId": "N", "name": " "}, {"id": 5}, {"name": None}])
def test_a_new_customer_without_a_name_is_code_0_and_kept_for_the_operator(field, row):
    answer = field.send(row)
    assert answer["code"] == 0
    assert "name is required" in answer["message"]
    assert field.hub.count(MasterRecord) == 0
    (message,) = field.hub.messages()
    assert (message.state, message.error) == ("refused", answer["message"])


def test_a_known_customer_may_be_sent_without_its_name_but_not_with_a_blank_one(field):
    number = field.make(**FULL)
    assert field.send(CustomerId=number, ContactName="Miller")["code"] == number
    assert field.details(id=number) == {"id": number, **FULL, "contactName": "Miller"}
    assert field.send(id=number, name="")["code"] == 0
    assert field.details(id=number)["name"] == "Harbour Bakery"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"position": {"Latitude": "91", "Longitude": "0"}}, "position.Latitude must be degrees between -90 and 90"),
        ({"position": {"Latitude": "0", "Longitude": "-181"}}, "position.Longitude must be degrees"),
        ({"position": {"latitude": "1e-999999999"}}, "position.Latitude must be degrees"),
        ({"position": {"latitude": "north"}}, "position.Latitude must be degrees"),
        ({"position": 5}, "position.Latitude must be degrees"),
        ({"position": " 1.5 "}, "position.Longitude must be degrees"),
        ({"tags": {"a": 1}}, "tags must be a list of tags"),
        ({"tags": [["a"]]}, "tags a tag must be text"),
        ({"customFieldValues": ["x"]}, "customFieldValues must be a list of objects"),
        ({"customFieldValues": [{"value": "x"}]}, "each value needs the id or the name"),
        ({"customFieldValues": [{"id": "0", "value": "x"}]}, "each value needs the id or the name"),
        ({"customFieldValues": [{"id": "x", "value": "x"}]}, "an id must be a whole number"),
        ({"contactName": ["x"]}, "contactName must be text, got an array"),
        ({"myId": "x" * 256}, "myId max 255, got 256"),
        ({"id": "x"}, "id must be a whole number"),
        ({"id": True}, "id must be a whole number"),
        ({"contactName": "\ud800"}, "contactName is not readable as Unicode text"),
    ],
)
def test_what_breaks_a_rule_is_code_0_and_named(lasting, row, why):
    before = lasting.hub.count(MasterRecord)
    answer = lasting.send({"name": "x", **row})
    assert answer["code"] == 0
    assert why in answer["message"]
    assert lasting.hub.count(MasterRecord) == before


def test_numbers_and_truth_values_are_read_as_texts_and_texts_as_numbers(lasting):
    row = {"name": 4711, "myId": 12, "contactPhone": 7.50, "contactName": True, "position": {"LATITUDE": 1.25}}
    number = lasting.make(**row)
    shown = lasting.details(id=str(number))
    told = {word: shown[word] for word in ("name", "myId", "contactPhone", "contactName", "position")}
    assert told == {
        "name": "4711",
        "myId": "12",
        "contactPhone": "7.5",
        "contactName": "true",
        "position": {"Latitude": "1.25", "Longitude": ""},
    }


def test_words_are_read_in_any_case_and_in_the_later_spelling(field):
    row = {"NAME": "Kim ", "MYID": "C-1", "addressStreet": "1 Quay", "AddressZip": "AB1", "Tags": "a, b ,a"}
    shown = field.details(id=field.send(row)["code"])
    assert (shown["name"], shown["myId"], shown["adressStreet"], shown["adressZIP"]) == ("Kim", "C-1", "1 Quay", "AB1")
    assert shown["tags"] == ["a", "b"]


def test_custom_fields_are_said_one_by_one_and_found_by_id_or_by_name(field):
    number = field.make(customFieldValues=[{"name": "Oven", "value": "gas"}, {"id": "3", "Name": "Door", "Value": "x"}])
    oven = next(one for one in field.details(id=number)["customFieldValues"] if one["name"] == "Oven")
    assert isinstance(oven["id"], int)
    field.send(id=number, customFieldValues=[{"name": "oven", "value": "coal"}])
    field.send(id=number, CustomFieldValues=[{"id": 3, "value": ""}, {"id": 9, "value": "new"}])
    assert field.details(id=number)["customFieldValues"] == [
        {"id": oven["id"], "name": "oven", "value": "coal"},
        {"id": 3, "name": "Door", "value": ""},
        {"id": 9, "name": "", "value": "new"},
    ]


def test_a_custom_field_with_the_id_0_has_none(lasting):
    number = lasting.make(customFieldValues=[{"id": 0, "name": "Oven", "value": "gas"}, {"id": "0", "name": "Door"}])
    told = lasting.details(id=number)["customFieldValues"]
    assert [(each["name"], each["value"], each["id"] > 0) for each in told] == [
        ("Oven", "gas", True),
        ("Door", "", True),
    ]


def test_a_list_shows_all_without_custom_fields_tags_and_mobile(field):
    numbers = [field.make(**FULL), field.make(myId="C-8", name="Other")]
    rows = field.rows()
    assert [row["id"] for row in rows] == numbers
    left_out = {"customFieldValues", "tags", "contactMobile"}
    assert rows[0] == {"id": numbers[0], **{word: value for word, value in FULL.items() if word not in left_out}}


def test_a_list_is_filtered(field):
    field.make(**FULL)
    field.make(myId="C-8", name="Other")
    number = field.make(myId="C-9", name="Other")
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"contactEmail": "kim@bakery.example"}, ["C-7"]),
        ({"ContactEmail": "nobody@bakery.example"}, []),
        ({"name": "Other"}, ["C-8", "C-9"]),
        ({"myId": "C-9"}, ["C-9"]),
        ({"myId": "C-9", "name": "Harbour Bakery"}, []),
        ({"name": "", "contactEmail": ""}, ["C-7", "C-8", "C-9"]),
        ({"id": number}, ["C-9"]),
    ]
    for filters, found in cases:
        assert [row["myId"] for row in field.rows(**filters)] == found, filters


def test_a_list_is_filtered_by_text_as_it_is_kept(field):
    decomposed, composed = "e\u0301", "\u00e9"
    field.make(myId=decomposed, name=decomposed)
    for filters in ({"myId": decomposed}, {"myId": composed}, {"name": decomposed}, {"name": composed}):
        assert [row["name"] for row in field.rows(**filters)] == [composed]


def test_changed_from_leaves_out_what_is_older_in_the_time_zone_of_the_connection(hub):
    noon = 1_790_000_000 // 86_400 * 86_400 * clock.SECOND + 43_200 * clock.SECOND  # noon UTC of 21 Sep 2026
    with clock.replaced(lambda: noon):
        field = Field(hub, time_zone="Pacific/Auckland")
        field.make(myId="old")
    with clock.replaced(lambda: noon + 43_199 * clock.SECOND):
        field.make(myId="late")
    assert [row["myId"] for row in field.rows(ChangedFrom="2026-09-22")] == ["old", "late"]
    assert [row["myId"] for row in field.rows(changedFrom="2026-09-22 00:00:01")] == ["late"]
    assert [row["myId"] for row in field.rows(ChangedFrom="22/09/2026 11:59")] == ["late"]
    assert field.rows(ChangedFrom="2026-09-23") == []
    with clock.replaced(lambda: noon + 86_400 * clock.SECOND):
        field.make(myId="old", name="Changed")
    assert [row["myId"] for row in field.rows(ChangedFrom="2026-09-22T12:00:00Z")] == ["old"]


def test_pages_come_with_links_and_the_count_of_all(field):
    numbers = [field.make(myId=f"C-{n}") for n in range(5)]
    answer = field.call("GET", "/Api/v2/Customer/List?page=2&pageSize=2&name=Harbour%20Bakery&_=1")
    assert [row["id"] for row in answer.json()] == numbers[2:4]
    assert answer.headers["x-total-count"] == "5"
    links = {part.split("; rel=")[1].strip('"'): part.split(">")[0][1:] for part in answer.headers["link"].split(", ")}
    assert links.keys() == {"first", "prev", "next", "last"}
    assert [row["id"] for row in field.call("GET", links["next"]).json()] == numbers[4:]
    assert 'rel="next"' not in field.call("GET", links["last"]).headers["link"]
    assert "link" not in field.call("GET", "/Api/v2/Customer/List").headers
    assert field.rows(page=9) == []


def test_deleting_counts_by_name_all_of_that_name(field):
    for key in ("A", "B"):
        field.make(myId=key, name="Twin")
    number = field.make(myId="C", name="Single")
    assert field.delete(name="Twin") == {"code": 2}
    assert field.delete(id=number) == {"code": 1}
    field.make(myId="D")
    assert field.delete(myId="D") == {"code": 1}
    assert field.rows() == []
    for selector in ({"name": "Twin"}, {"id": number}, {"id": 5}, {"myId": "D"}):
        answer = field.delete(**selector)
        assert (answer["code"], next(iter(selector)) in answer["message"]) == (0, True)
    assert not field.hub.record("customer", "A").exists


@pytest.mark.parametrize("type_", ["text/plain", "application/x-www-form-urlencoded"])
def test_what_a_delete_without_a_body_calls_its_body_says_nothing(field, type_):
    field.make(myId="C-7")
    answer = field.call("DELETE", "/v2/Customer/Delete?myId=C-7", headers={"content-type": type_})
    assert (answer.status_code, answer.json()) == (200, {"code": 1})


def test_a_deleted_customer_that_is_sent_again_is_the_same_one(field):
    number = field.make(**FULL)
    field.delete(id=number)
    assert not field.sees(id=number)
    assert field.send(id=number)["code"] == 0
    assert field.send(id=number, name="Again")["code"] == number
    assert field.details(myId="C-7")["name"] == "Again"


def test_what_others_know_is_seen_by_its_code_or_our_id_and_can_be_changed(field, erp):
    erp.set("KH1", PhoneNumber="555-0100")
    (row,) = field.rows()
    assert (row["myId"], row["name"], row["contactPhone"]) == ("KH1", "Mill Street Garage", "555-0100")
    assert field.send(id=row["id"], contactMobile="555-0101")["code"] == row["id"]
    assert field.send(myId="KH1", contactFax="555-0102")["code"] == row["id"]
    record = field.hub.record("customer", "KH1")
    assert (record.id, record.mobile, record.fax, record.phone) == (row["id"], "555-0101", "555-0102", "555-0100")
    assert field.hub.count(MasterRecord) == 1


def test_what_others_know_can_be_deleted(field, erp):
    for code in ("KH1", "KH2"):
        erp.set(code)
    number = field.details(myId="KH1")["id"]
    assert field.delete(id=number) == {"code": 1}
    assert field.delete(myId="KH2") == {"code": 1}
    assert not field.hub.record("customer", "KH1").exists
    assert field.rows() == []


def test_who_said_gone_does_not_see_what_others_keep(hub):
    field, other = Field(hub, deletes="copy"), Field(hub, "other")
    other.make(myId="C-1", name="Kept")
    number = field.details(myId="C-1")["id"]
    assert field.delete(myId="C-1") == {"code": 1}
    assert (field.sees(id=number), field.sees(name="Kept"), field.rows(), field.delete(id=number)["code"]) == (
        False,
        False,
        [],
        0,
    )
    assert other.details(myId="C-1")["id"] == number
    assert field.send(myId="C-1", name="Kept")["code"] == number
    assert field.sees(id=number)


def test_a_customer_without_a_key_shows_none_and_can_be_given_one(field, erp):
    number = field.make(name="Keyless")
    assert field.details(id=number)["myId"] == ""
    assert field.hub.record("customer", str(number)).name == "Keyless"
    assert field.send(id=number, myId="KH9")["code"] == number
    assert field.details(myId="KH9")["id"] == number
    assert field.hub.record("customer", "KH9").id == number
    erp.set("KH9", PhoneNumber="555-0100")
    assert field.details(id=number)["contactPhone"] == "555-0100"
    assert field.hub.count(MasterRecord) == 1


def test_a_key_can_be_changed_but_not_to_that_of_another(field, erp):
    number, other = field.make(myId="A"), field.make(myId="B")
    erp.set("KH1")
    assert field.send(id=number, myId="A2")["code"] == number
    assert (field.details(myId="A2")["id"], field.details(id=number)["myId"]) == (number, "A2")
    for taken, owner in (("B", other), ("KH1", field.details(myId="KH1")["id"])):
        answer = field.send(id=number, myId=taken, name="Wrong")
        assert answer == {"code": 0, "message": f"myId {taken} is that of another customer, whose id is {owner}"}
    assert {row["name"] for row in field.rows()} == {"Harbour Bakery", "Mill Street Garage"}


def test_a_key_of_a_partner_that_has_no_codes_is_nobodys_key_here(field, hub):
    live = hub.connect("live", "aljex")
    form = {"web_sync_table_name": "customers", "web_sync_action": "create", "id": "7", "name": "Mill Street Garage"}
    until_known = {"auth": (live["username"], live["password"]), "data": form}
    assert hub.call("POST", "/aljex/sync", **until_known).status_code == 200
    (row,) = field.rows()
    assert (row["myId"], field.sees(myId="7")) == ("", False)
    assert field.make(myId="7", name="Another") != row["id"]
    assert field.make(id=row["id"], contactFax="1", name="Mill Street Garage") == row["id"]
    assert sorted(shown["name"] for shown in field.rows()) == ["Another", "Mill Street Garage"]


@pytest.mark.parametrize("more", [{}, {"customFieldValues": [{"name": "Oven", "value": "gas"}]}])
def test_a_row_that_made_a_customer_makes_another_once_that_has_another_key(hub, more):
    field = Field(hub, matches_code="no")
    row = {"myId": "A", "name": "Kim", **more}
    first = field.send(row)["code"]
    field.make(id=first, myId="B")
    second = field.send(row)["code"]
    assert (field.details(myId="B")["id"], field.details(myId="A")["id"]) == (first, second)
    assert first != second


def test_a_changed_key_is_noted_in_the_journal(field):
    number = field.make(myId="A")
    field.make(id=number, myId="B")
    assert field.hub.messages()[-1].notes == ["myId A is now B"]


def test_words_that_are_not_known_are_kept_apart(field):
    field.make(myId="C-1", loyalty="gold", exists="false", record_id="5")
    assert field.copies()[0].extra == {"loyalty": "gold", "exists": "false", "record_id": "5"}


def test_a_connection_may_read_and_write_only_what_it_is_told_and_may_write(hub):
    narrow, silent = Field(hub, "narrow", told="customer:name+phone"), Field(hub, "silent", told="item", writes="")
    Field(hub, "other").make(**FULL)
    for method, path in (("GET", "Details?myId=C-7"), ("GET", "List"), ("DELETE", "Delete?myId=C-7")):
        assert silent.call(method, f"/Api/v2/Customer/{path}").status_code == 403
    assert silent.call("POST", "/Api/v2/Customer/Send", content='{"name":"x"}').status_code == 403
    shown = narrow.details(myId="C-7")
    assert {word for word, value in shown.items() if value} == {"id", "myId", "name", "contactPhone"}
    assert hub.count(Customer) == 1


def test_every_write_is_journalled_and_no_read_is(field):
    number = field.make(**FULL)
    field.details(id=number)
    field.rows()
    field.call("DELETE", "/ACME/Api/v2/customer/delete?myId=C-7")
    sent, deleted = field.hub.messages()
    assert (sent.surface, sent.method, sent.path, sent.counts) == (
        "synchroteam",
        "POST",
        "/Api/v2/Customer/Send",
        {"created": 1},
    )
    assert (deleted.method, deleted.path) == ("DELETE", "/Api/v2/Customer/Delete?myId=C-7")
    assert (deleted.counts, deleted.answer) == ({"deleted": 1}, {"code": 1})


def test_many_at_once_make_one_customer_of_each_key(field):
    said = [
        (
            "POST",
            "/Api/v2/Customer/Send",
            {"content": json.dumps({"myId": key, "name": name}), "headers": field.headers},
        )
        for name in "abcd"
        for key in ("A", "B", "C")
    ]
    codes = [answer.json()["code"] for answer in field.hub.together(*said)]
    assert codes[:3] == codes[3:6] == codes[6:9] == codes[9:]
    assert field.hub.count(MasterRecord) == 3


def test_two_processes_that_write_and_delete_at_once_agree(store_url, tmp_path: Path):
    with serving(store_url, tmp_path) as one, serving(store_url, tmp_path) as other:
        field = Field(one)

        def play(hub: Served) -> list[tuple[int, int]]:
            rows = [row for n in range(5) for row in ({"myId": f"K{n}", "name": "Kim"}, {"name": f"Keyless {n}"})]
            sends = [("POST", "/v2/Customer/Send", {"content": json.dumps(row)}) for row in rows]
            deletes = [("DELETE", f"/v2/Customer/Delete?myId=D{n}", {}) for n in range(5)]
            again = [
                ("POST", "/v2/Customer/Send", {"content": json.dumps({"myId": f"D{n}", "name": "Kim"})})
                for n in range(5)
            ]
            calls = [
                (method, path, said | {"headers": field.headers}) for method, path, said in (*sends, *deletes, *again)
            ]
            return [(answer.status_code, answer.json()["code"]) for answer in hub.together(*calls)]

        numbers = [field.make(myId=f"D{n}") for n in range(5)]
        with ThreadPoolExecutor(2) as pool:
            here, there = pool.map(play, (one, other))
        assert {status for status, _ in here + there} == {200}
        assert here[:10] == there[:10]
        assert {code for _, code in here[15:] + there[15:]} == set(numbers)
        assert one.count(MasterRecord) == 15


@pytest.mark.parametrize("accept", ["application/json", "text/xml"])
def test_a_list_of_more_than_a_mebibyte_is_whole(field, accept):
    sent = {f"C-{number}": f"{number} " + "x" * 3990 for number in range(300)}
    field.carry_in(*(json.dumps({"myId": key, "name": "Kim", "address": said}) for key, said in sent.items()))
    answer = field.call("GET", "/Api/v2/Customer/List", headers={"accept": accept})
    rows = answer.json() if accept == "application/json" else xml.items(xml.read(answer.content)[1])
    assert {row["myId"]: row["address"] for row in rows} == sent
    assert int(answer.headers["content-length"]) == len(answer.content) > 2**20


def test_our_number_of_a_customer_without_a_key_is_nobodys_code(field, erp):
    other = Field(field.hub, "other")
    number = field.make(name="Keyless")
    assert not other.sees(myId=str(number))
    content = json.dumps({"name": "Quay", "customerMyId": str(number)})
    answer = other.call("POST", "/Api/v2/Site/Send", content=content).json()
    assert answer == {"code": 0, "message": f"there is no customer with customerMyId {number}"}
    erp.set(str(number))
    another = other.send(myId=str(number), name="Theirs")["code"]
    assert len({number, another, *(row["id"] for row in field.rows())}) == 3
    assert field.details(id=number)["name"] == "Keyless"
    assert field.send(myId=str(number), contactFax="1")["code"] == number
