"""Sites: what each endpoint does, and what becomes of the customer of a site."""

import json
from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.resource import Resource, told

from synchub import clock
from synchub.dialects import xml

FULL: dict[str, Any] = {
    "myId": "S-7",
    "name": "North Quay",
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
    "contactEmail": "kim@quay.example",
    "contactFax": "555-0102",
    "customFieldValues": [{"id": 3, "name": "Gate", "value": "west"}],
    "position": {"Latitude": "51.5", "Longitude": "-120.25"},
    "tags": ["quay", "early"],
}
IN_LISTS = FULL.keys() - {"contactFirstName", "customFieldValues", "position", "tags"}


@pytest.fixture
def sites(field: Field) -> Resource:
    return Resource(field, "Site", name="North Quay")


@pytest.fixture(scope="module")
def shared(lasting: Field) -> Resource:
    """The sites of a hub that tests share: each test has keys of its own."""
    lasting.make(myId="shared")
    return Resource(lasting, "Site", name="North Quay", customerMyId="shared")


def test_what_is_sent_is_shown_with_its_customer_and_its_equipment(sites):
    customer = sites.field.make(myId="C-1", name="Harbour Bakery")
    number = sites.make(**FULL, customerId=customer)
    oven = Resource(sites.field, "Equipment").make(myId="E-1", name="Oven", siteId=number)
    whose = {"customerId": customer, "customerMyId": "C-1", "customerName": "Harbour Bakery"}
    stands = {"equipments": [{"id": oven, "myId": "E-1", "name": "Oven"}]}
    assert sites.details(id=number) == {"id": number, **FULL, **whose, **stands}
    in_list = {word: FULL[word] for word in IN_LISTS}
    assert sites.rows() == [{"id": number, **in_list, **whose}]


def test_in_xml_a_site_shows_its_equipment_and_lists_its_rows(shared):
    customer = shared.field.make(myId="xml")
    body = "<Site><name>Pier</name><myId>S-xml</myId><customerMyId>xml</customerMyId><tags><tag>a</tag></tags></Site>"
    as_xml = {"headers": {"content-type": "text/xml", "accept": "text/xml"}}
    sent = xml.read(shared.call("POST", "Send", content=body, **as_xml).content)
    number = sent[1]["code"]
    assert sent == ("Result", {"code": number, "message": ""})
    Resource(shared.field, "Equipment").make(name="Crane", siteMyId="S-xml")
    root, shown = xml.read(shared.call("GET", "Details?myId=S-xml", **as_xml).content)
    assert (root, shown["id"], shown["customerId"], shown["tags"]) == ("Site", number, str(customer), {"tag": "a"})
    assert shown["equipments"]["equipment"]["name"] == "Crane"
    root, rows = xml.read(shared.call("GET", "List/byCustomer/myId/xml", **as_xml).content)
    assert (root, [row["name"] for row in xml.items(rows)]) == ("ArrayOfSite", ["Pier"])
    assert xml.read(shared.call("DELETE", "Delete?myId=S-xml", **as_xml).content) == ("Result", {"code": "1"})


def test_details_are_found_by_each_selector_and_unknown_ones_are_404(shared):
    number = shared.make(myId="S-found", name="Found")
    for selector, value in {"id": number, "myId": "S-found", "name": "Found"}.items():
        assert shared.details(**{selector: value})["id"] == number
    for selector in ("id=5", "myId=nobody", "name=nobody"):
        assert shared.call("GET", f"Details?{selector}").status_code == 404
    for selector in ("", "id=5&myId=x", "email=x"):
        assert shared.call("GET", f"Details?{selector}").status_code == 400


def test_an_unknown_id_creates_and_the_same_body_again_is_stored_once(shared):
    row = {"id": "1454", "name": "Numbered", "contactPhone": "1"}
    first = shared.make(**row)
    assert first >= 1_000_000_000
    assert shared.make(**row) == first
    assert shared.make(id=first, contactFax="2") == first
    shown = shared.details(id=first)
    assert (shown["contactPhone"], shown["contactFax"]) == ("1", "2")


@pytest.mark.parametrize(
    "named",
    [{"customerId": "*"}, {"customerMyId": "C-n"}, {"customerName": "Named"}, {"CUSTOMERNAME": "Named "}],
    ids=["id", "key", "name", "any-case"],
)
def test_a_customer_is_named_by_each_word(shared, named):
    customer = shared.field.make(myId="C-n", name="Named")
    row = {word: customer if value == "*" else value for word, value in named.items()}
    number = shared.send({"name": "North Quay", **row})["code"]
    assert shared.details(id=number)["customerId"] == customer


def test_beside_its_id_the_name_of_a_customer_says_nothing(shared):
    customer = shared.field.make(myId="C-m", name="Renamed since")
    number = shared.send({"name": "North Quay", "customerId": customer, "customerName": "Old name"})["code"]
    assert shared.details(id=number)["customerName"] == "Renamed since"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"customerMyId": "nobody"}, "there is no customer with customerMyId nobody"),
        ({"customerId": 5}, "there is no customer with customerId 5"),
        ({"customerMyId": "", "customerName": "SHARED BAKERY"}, "there is no customer with customerName SHARED BAKERY"),
        ({"customerId": "x"}, "customerId must be a whole number"),
        ({"name": ""}, "name is required"),
        ({"position": {"Latitude": "91"}}, "position.Latitude must be degrees"),
        ({"equipments": "Oven"}, "equipments must be a list"),
    ],
)
def test_what_breaks_a_rule_is_code_0_and_named(shared, row, why):
    shared.field.make(myId="C-s", name="Shared bakery")
    before = len(shared.rows())
    assert why in shared.refusal(**row)
    assert len(shared.rows()) == before


def test_a_blank_customer_is_none_and_an_absent_one_stays(shared):
    customer = shared.field.make(myId="C-b")
    number = shared.make(myId="S-b", customerMyId="C-b")
    shared.send(myId="S-b", contactPhone="1")
    assert shared.details(id=number)["customerId"] == customer
    shared.send({"myId": "S-b", "customerId": "", "customerMyId": "", "customerName": ""})
    shown = shared.details(id=number)
    assert (shown["customerId"], shown["customerMyId"], shown["customerName"]) == (None, "", "")


def test_sites_are_listed_by_customer_and_for_an_unknown_one_there_are_none(sites):
    customer = sites.field.make(myId="C/1", name="Harbour Bakery")
    sites.field.make(myId="C-2", name="Mill Street Garage")
    number = sites.make(myId="A", customerMyId="C/1")
    sites.make(myId="B", customerMyId="C-2")
    sites.make(myId="C", name="Nobody's")
    for path in (f"/byCustomer/id/{customer}", "/byCustomer/myId/C%2F1", "/BYCUSTOMER/MYID/C%2F1/"):
        assert [row["id"] for row in sites.rows(path)] == [number], path
    assert sites.rows("/byCustomer/myId/c%2f1") == []
    for path in ("/byCustomer/id/5", f"/byCustomer/id/{10**17}", "/byCustomer/myId/nobody"):
        assert sites.rows(path) == []
    assert sites.call("GET", "List/byCustomer/id/x").status_code == 400
    assert [row["myId"] for row in sites.rows()] == ["A", "B", "C"]


def test_a_list_is_filtered(sites):
    first, second = sites.field.make(myId="C-1", name="One"), sites.field.make(myId="C-2", name="Two")
    sites.make(myId="A", customerId=first, contactEmail="a@quay.example")
    number = sites.make(myId="B", customerId=second)
    sites.make(myId="C", name="South Quay", customerId=second)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"name": "North Quay"}, "AB"),
        ({"customerId": second}, "BC"),
        ({"customerMyId": "C-1"}, "A"),
        ({"customerName": "Two"}, "BC"),
        ({"customerName": "two"}, ""),
        ({"customerId": second, "name": "North Quay"}, "B"),
        ({"customerId": 5}, ""),
        ({"customerId": ""}, "ABC"),
        ({"id": number}, "B"),
        ({"myId": "C"}, "C"),
        ({"contactEmail": "a@quay.example"}, "A"),
    ]
    for filters, found in cases:
        assert [row["myId"] for row in sites.rows(**filters)] == list(found), filters
    assert [row["myId"] for row in sites.rows("/byCustomer/myId/C-2", name="North Quay")] == ["B"]
    assert sites.call("GET", "List?customerId=x").status_code == 400
    assert sites.call("GET", "List?customer=x").status_code == 400


def test_lists_come_in_pages_and_leave_out_what_is_older(sites):
    noon = 1_790_000_000 // 86_400 * 86_400 * clock.SECOND + 43_200 * clock.SECOND  # noon UTC of 21 Sep 2026
    with clock.replaced(lambda: noon):
        sites.field.make(myId="C-1")
        for key in "ABC":
            sites.make(myId=key, customerMyId="C-1")
    with clock.replaced(lambda: noon + 86_400 * clock.SECOND):
        sites.make(myId="B", name="Changed")
    for path in ("", "/byCustomer/myId/C-1"):
        assert [row["myId"] for row in sites.rows(path, changedFrom="2026-09-22")] == ["B"]
        answer = sites.call("GET", f"List{path}?page=2&pageSize=1")
        assert ([row["myId"] for row in answer.json()], answer.headers["x-total-count"]) == (["B"], "3")
        assert 'rel="next"' in answer.headers["link"]


def test_deleting_counts_by_name_all_of_that_name(sites):
    for key in "AB":
        sites.make(myId=key, name="Twin")
    number = sites.make(myId="C")
    assert sites.delete(name="Twin") == {"code": 2}
    assert sites.delete(id=number) == {"code": 1}
    assert sites.rows() == []
    answer = sites.delete(myId="A")
    assert (answer["code"], "myId" in answer["message"]) == (0, True)
    assert sites.call("DELETE", "Delete?customerId=5").status_code == 400


def test_a_site_of_a_deleted_customer_stays_and_shows_none_until_that_comes_back(sites):
    customer = sites.field.make(myId="C-1", name="Harbour Bakery")
    number = sites.make(myId="S-1", customerMyId="C-1")
    shown = sites.details(id=number)
    sites.field.delete(myId="C-1")
    nobody = {"customerId": None, "customerMyId": "", "customerName": ""}
    assert sites.details(id=number) == {**shown, **nobody}
    assert [row["customerId"] for row in sites.rows()] == [None]
    assert sites.rows(f"/byCustomer/id/{customer}") == sites.rows("/byCustomer/myId/C-1") == []
    assert "no customer with customerId" in sites.refusal(customerId=customer)
    sites.send(myId="S-1", contactPhone="555-0100")
    sites.field.make(myId="C-1", name="Harbour Bakery")
    assert sites.details(id=number) == {**shown, "contactPhone": "555-0100"}
    assert [row["id"] for row in sites.rows("/byCustomer/myId/C-1")] == [number]


def test_what_details_show_can_be_sent_back(sites):
    sites.field.make(myId="C-1")
    number = sites.make(**FULL, customerMyId="C-1")
    Resource(sites.field, "Equipment").make(name="Oven", siteId=number)
    shown = sites.details(id=number)
    assert sites.send(shown) == {"code": number, "message": ""}
    assert sites.details(id=number) == shown
    assert {key for copy in sites.field.copies() for key in copy.extra or {}} == set()


def test_the_equipment_of_a_site_is_not_changed_by_sending_the_site(sites):
    number = sites.make(myId="S-1")
    equipment = Resource(sites.field, "Equipment", name="Oven")
    oven, other = equipment.make(myId="E-1", siteId=number), equipment.make(myId="E-2", name="Mixer")
    for there in ({"id": str(oven)}, {"MYID": "E-1"}, {"name": "Oven", "id": "", "myId": None}):
        assert sites.send(myId="S-1", equipments=[there])["code"] == number
    for nothing in ([], None, "", {}):
        assert sites.send(myId="S-1", equipments=nothing)["code"] == number
    for elsewhere in ({"id": other}, {"id": oven, "myId": "E-2"} | {"id": other}, {"name": "Mixer"}, {}, "Oven", 5):
        why = sites.refusal(myId="S-1", equipments=[{"id": oven}, elsewhere])
        assert "does not stand at this site" in why
    assert "does not stand at this site" in sites.refusal(myId="S-2", equipments=[{"id": oven}])
    assert [each["id"] for each in sites.details(id=number)["equipments"]] == [oven]


def test_a_connection_sees_only_what_it_is_told(hub):
    whole = Resource(Field(hub), "Site", name="North Quay")
    narrow = Resource(Field(hub, "narrow", told="site:name+customer_id"), "Site")
    alone = Resource(Field(hub, "alone", told="site:name"), "Site")
    silent = Resource(Field(hub, "silent", told="customer", writes="customer"), "Site")
    customer = whole.field.make(myId="C-1", name="Harbour Bakery")
    whole.make(**FULL, customerId=customer)
    Resource(whole.field, "Equipment").make(name="Oven", siteMyId="S-7")
    shown = narrow.details(myId="S-7")
    assert {word for word, value in shown.items() if value} == {"id", "myId", "name", "customerId", "customerMyId"}
    assert len(narrow.rows(customerId=customer)) == 1
    assert narrow.rows(customerName="Harbour Bakery") == []
    assert {word for word, value in alone.details(myId="S-7").items() if value} == {"id", "myId", "name"}
    assert alone.rows(customerId=customer) == alone.rows(f"/byCustomer/id/{customer}") == []
    for method, path in (("GET", "Details?myId=S-7"), ("GET", "List"), ("DELETE", "Delete?myId=S-7")):
        assert silent.call(method, path).status_code == 403
    assert silent.call("POST", "Send", content='{"name":"x"}').status_code == 403


def test_a_site_and_its_customer_have_the_numbers_of_each_connection(hub):
    one, other = Field(hub), Field(hub, "other")
    sites, theirs = Resource(one, "Site"), Resource(other, "Site")
    one.carry_in(json.dumps({"id": 17, "myId": "C-1", "name": "Harbour Bakery"}))
    number = sites.make(name="North Quay", customerId=17)
    assert sites.details(id=number)["customerId"] == 17
    ours = other.details(myId="C-1")["id"]
    assert ours != 17
    assert theirs.details(id=number)["customerId"] == ours
    assert [row["id"] for row in theirs.rows(f"/byCustomer/id/{ours}")] == [number]
    assert theirs.rows("/byCustomer/id/17") == []


def test_many_at_once_make_one_site_of_each_key(sites):
    sites.field.make(myId="C-1")
    rows = [{"myId": key, "name": name, "customerMyId": "C-1"} for name in "abc" for key in "AB"]
    calls = [
        ("POST", "/Api/v2/Site/Send", {"content": json.dumps(row), "headers": sites.field.headers}) for row in rows
    ]
    codes = [told(answer)["code"] for answer in sites.field.hub.together(*calls)]
    assert codes[:2] == codes[2:4] == codes[4:]
    assert len(sites.rows()) == 2


@pytest.mark.parametrize("odd", [{"customerMyId": ["C-7"]}, {"customerName": {"a": 1}}, {"customerId": [7]}])
def test_a_customer_that_is_named_by_no_text_is_declined_by_its_word(shared, odd):
    answer = shared.field.call("POST", "/Api/v2/Site/Send", content=json.dumps({"myId": "odd", "name": "Quay", **odd}))
    ((word, _),) = odd.items()
    assert (answer.status_code, answer.json()["code"]) == (200, 0)
    assert answer.json()["message"].startswith(word)
