"""Equipment: what each endpoint does, whose it is, and where it stands."""

import json
from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.resource import Resource, told

from synchub import clock
from synchub.dialects import xml

FULL: dict[str, Any] = {
    "myId": "E-7",
    "name": "Oven 12",
    "customFieldValues": [{"id": 2, "name": "Serial", "value": "X12"}],
    "tags": ["gas", "early"],
}


class Plant:
    """A customer with a site, and equipment; each has the prefix in its key, and in its name."""

    def __init__(self, field: Field, prefix: str = "P") -> None:
        self.field, self.prefix = field, prefix
        self.sites = Resource(field, "Site")
        self.equipment = Resource(field, "Equipment", name=f"{prefix} oven")
        self.customer, self.site = self.place()

    def place(self, suffix: str = "") -> tuple[int, int]:
        """The ids of a customer and of its site."""
        key = self.prefix + suffix
        customer = self.field.make(myId=key, name=f"{key} bakery")
        return customer, self.sites.make(myId=key, name=f"{key} quay", customerId=customer)

    def whose(self, number: int) -> tuple[Any, Any]:
        """The ids of the customer and of the site that a piece of equipment shows."""
        shown = self.equipment.details(id=number)
        return shown["customerId"], shown["siteId"]


@pytest.fixture
def plant(field: Field) -> Plant:
    return Plant(field)


@pytest.fixture
def shared(lasting: Field, request: pytest.FixtureRequest) -> Plant:
    """A plant of the test's own in a hub that tests share."""
    return Plant(lasting, request.node.name)


def test_what_is_sent_is_shown_with_its_customer_and_its_site(plant):
    number = plant.equipment.make(**FULL, customerId=plant.customer, siteId=plant.site)
    whose = {
        "customerId": plant.customer,
        "customerMyId": "P",
        "customerName": "P bakery",
        "siteId": plant.site,
        "siteMyId": "P",
        "siteName": "P quay",
    }
    assert plant.equipment.details(id=number) == {"id": number, **FULL, **whose}
    (row,) = plant.equipment.rows()
    assert row == {"id": number, "myId": "E-7", "name": "Oven 12", **whose}


def test_in_xml_equipment_is_sent_shown_listed_and_deleted(shared):
    as_xml = {"headers": {"content-type": "text/xml", "accept": "text/xml"}}
    body = f"""<Equipment><myId>E-xml</myId><name>Crane</name><siteId>{shared.site}</siteId>
        <customFieldValues><customFieldValue><id>2</id><value>X</value></customFieldValue></customFieldValues>
        <tags><tag>a</tag><tag>b</tag></tags></Equipment>"""
    root, sent = xml.read(shared.equipment.call("POST", "Send", content=body, **as_xml).content)
    assert (root, sent["message"]) == ("Result", "")
    root, shown = xml.read(shared.equipment.call("GET", "Details?myId=E-xml", **as_xml).content)
    assert (root, shown["id"], shown["tags"]) == ("Equipment", sent["code"], {"tag": ["a", "b"]})
    assert (shown["customerId"], shown["siteId"]) == (str(shared.customer), str(shared.site))
    path = f"List/Customer/{shared.customer}/Site/{shared.site}"
    root, rows = xml.read(shared.equipment.call("GET", path, **as_xml).content)
    assert (root, [row["name"] for row in xml.items(rows)]) == ("ArrayOfEquipment", ["Crane"])
    deleted = shared.equipment.call("DELETE", "Delete?myId=E-xml", **as_xml).content
    assert xml.read(deleted) == ("Result", {"code": "1"})


def test_details_are_found_by_each_selector_and_unknown_ones_are_404(shared):
    number = shared.equipment.make(myId="E-found", name="Found")
    for selector, value in {"id": number, "myId": "E-found", "name": "Found"}.items():
        assert shared.equipment.details(**{selector: value})["id"] == number
    for selector in ("id=5", "myId=nobody", "name=nobody"):
        assert shared.equipment.call("GET", f"Details?{selector}").status_code == 404
    for selector in ("", "id=5&myId=x", "siteId=5"):
        assert shared.equipment.call("GET", f"Details?{selector}").status_code == 400


def test_equipment_is_updated_by_id_or_key_and_keeps_what_is_absent(plant):
    number = plant.equipment.make(**FULL, siteId=plant.site)
    assert plant.equipment.send(myId="E-7", tags=["late"])["code"] == number
    assert plant.equipment.send(id=number, customFieldValues=[{"id": "2", "value": "X13"}])["code"] == number
    shown = plant.equipment.details(id=number)
    assert (shown["name"], shown["tags"], shown["siteId"]) == ("Oven 12", ["late"], plant.site)
    assert shown["customFieldValues"] == [{"id": 2, "name": "Serial", "value": "X13"}]


@pytest.mark.parametrize("words", ["id", "MyId", "Name"])
def test_a_customer_and_a_site_are_named_by_each_word(shared, words):
    key = shared.prefix
    row = {
        "id": {"customerId": str(shared.customer), "siteId": shared.site},
        "MyId": {"customerMyId": key, "siteMyId": key},
        "Name": {"customerName": f"{key} bakery", "siteName": f"{key} quay"},
    }[words]
    assert shared.whose(shared.equipment.make(**row)) == (shared.customer, shared.site)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"siteMyId": "nowhere"}, "there is no site with siteMyId nowhere"),
        ({"siteId": 5}, "there is no site with siteId 5"),
        ({"siteName": "nowhere"}, "there is no site with siteName nowhere"),
        ({"customerMyId": "nobody"}, "there is no customer with customerMyId nobody"),
        ({"name": " "}, "name is required"),
        ({"tags": [["a"]]}, "tags a tag must be text"),
    ],
)
def test_what_breaks_a_rule_is_code_0_and_named(lasting, row, why):
    equipment = Resource(lasting, "Equipment", name="Oven", myId="E-bad")
    assert why in equipment.refusal(**row)
    assert equipment.rows(myId="E-bad") == []


def test_equipment_at_a_site_is_that_of_the_sites_customer(shared):
    assert shared.whose(shared.equipment.make(siteId=shared.site)) == (shared.customer, shared.site)
    number = shared.equipment.make(name="Moved later")
    assert shared.whose(number) == (None, None)
    shared.equipment.send(id=number, siteId=shared.site)
    assert shared.whose(number) == (shared.customer, shared.site)
    shared.equipment.send(id=number, siteId="")
    assert shared.whose(number) == (shared.customer, None)
    nobodys = shared.sites.make(name="Nobody's")
    shared.equipment.send(id=number, siteId=nobodys)
    assert shared.whose(number) == (shared.customer, nobodys)


def test_equipment_at_a_site_of_another_customer_is_an_error_that_names_both(shared):
    other, elsewhere = shared.place("-2")
    number = shared.equipment.make(siteId=shared.site)
    key = shared.prefix
    first, second = f"{key} bakery (id {shared.customer})", f"{key}-2 bakery (id {other})"
    said = f"the site {key} quay (id {shared.site}) belongs to the customer {first}, not to the customer {second}"
    assert shared.equipment.refusal(customerId=other, siteId=shared.site) == said
    assert shared.equipment.refusal(id=number, customerId=other) == said
    for row in ({"siteId": elsewhere}, {"siteId": elsewhere, "customerId": shared.customer}):
        assert f"belongs to the customer {second}, not to the customer {first}" in shared.equipment.refusal(
            id=number, **row
        )
    assert shared.whose(number) == (shared.customer, shared.site)
    shared.equipment.send(id=number, customerId=other, siteId=elsewhere)
    assert shared.whose(number) == (other, elsewhere)


def test_the_name_of_a_site_means_one_of_the_customer(shared):
    name = f"{shared.prefix} main"
    first = shared.sites.make(name=name, customerId=shared.customer)
    other, _ = shared.place("-2")
    second = shared.sites.make(name=name, customerId=other)
    assert shared.whose(shared.equipment.make(customerId=other, siteName=name)) == (other, second)
    assert shared.whose(shared.equipment.make(customerId=shared.customer, siteName=name)) == (shared.customer, first)
    said = shared.equipment.refusal(siteName=name)
    assert said == f"there are several sites with siteName {name}: siteId or siteMyId says which one"
    third, _ = shared.place("-3")
    assert f"there is no site with siteName {name}" in shared.equipment.refusal(customerId=third, siteName=name)


def test_a_site_that_goes_to_another_customer_takes_its_customers_equipment_along(shared):
    first, second = (shared.equipment.make(siteId=shared.site, name=name) for name in ("Oven", "Mixer"))
    at_home = shared.equipment.make(customerId=shared.customer)
    other, _ = shared.place("-2")
    row = {"id": shared.site, "customerId": other}
    assert shared.sites.send(row) == {"code": shared.site, "message": ""}
    assert [shared.whose(number) for number in (first, second)] == [(other, shared.site)] * 2
    assert shared.whose(at_home) == (shared.customer, None)
    assert [one["id"] for one in shared.equipment.rows(f"/Customer/{other}/Site/{shared.site}")] == [first, second]
    assert shared.equipment.rows(f"/Customer/{shared.customer}/Site/{shared.site}") == []
    before = shared.field.hub.count()
    assert shared.sites.send(row)["code"] == shared.site
    assert shared.field.hub.count() == before


def test_a_site_takes_along_nothing_of_a_third_customer_and_nothing_where_it_becomes_nobodys(shared):
    nobodys = shared.sites.make(name="Nobody's")
    number = shared.equipment.make(siteId=nobodys, customerId=shared.customer)
    other, _ = shared.place("-2")
    shared.sites.send(id=nobodys, customerId=other)
    assert shared.whose(number) == (shared.customer, nobodys)
    mine = shared.equipment.make(siteId=shared.site)
    shared.sites.send(id=shared.site, customerId="", customerMyId="")
    assert shared.whose(mine) == (shared.customer, shared.site)


def test_a_site_that_changes_otherwise_says_nothing_of_its_equipment(plant):
    plant.equipment.make(siteId=plant.site)
    before = plant.field.hub.count()
    plant.sites.send(id=plant.site, customerId=plant.customer, contactName="Kim")
    assert plant.field.hub.count() == before + 1


def test_a_site_takes_no_equipment_along_for_a_connection_that_may_not_write_it(hub):
    narrow, plant = Field(hub, "narrow", writes="site,customer"), Plant(Field(hub))
    number = plant.equipment.make(siteId=plant.site)
    other, _ = plant.place("-2")
    assert Resource(narrow, "Site").send(myId="P", customerId=other) == {"code": plant.site, "message": ""}
    assert plant.whose(number) == (plant.customer, plant.site)
    assert "belongs to the customer P-2 bakery" in plant.equipment.refusal(id=number, siteId=plant.site)
    plant.equipment.send(id=number, customerId=other)
    assert plant.whose(number) == (other, plant.site)


def test_equipment_that_another_partner_brought_goes_along_too(hub):
    brought, plant = Field(hub, "brought"), Plant(Field(hub))
    number = Resource(brought, "Equipment", name="Oven").make(myId="E", siteMyId="P")
    other, _ = plant.place("-2")
    plant.sites.send(id=plant.site, customerId=other)
    assert plant.whose(number) == (other, plant.site)


def test_equipment_of_what_is_deleted_stays_and_shows_none_until_it_comes_back(plant):
    number = plant.equipment.make(siteId=plant.site)
    plant.sites.delete(id=plant.site)
    shown = plant.equipment.details(id=number)
    assert (shown["siteId"], shown["siteMyId"], shown["siteName"]) == (None, "", "")
    assert shown["customerId"] == plant.customer
    plant.field.delete(id=plant.customer)
    assert plant.whose(number) == (None, None)
    assert len(plant.equipment.rows()) == 1
    assert plant.equipment.rows(f"/Customer/{plant.customer}/Site/{plant.site}") == []
    plant.sites.send(myId="P", name="P quay")
    plant.field.make(myId="P", name="P bakery")
    assert plant.whose(number) == (plant.customer, plant.site)
    assert plant.sites.details(id=plant.site)["customerId"] == plant.customer


def test_a_site_that_is_gone_ties_its_equipment_to_no_customer(plant):
    number = plant.equipment.make(siteId=plant.site)
    other, elsewhere = plant.place("-2")
    plant.sites.delete(id=plant.site)
    assert plant.equipment.send(id=number, customerId=other)["code"] == number
    plant.field.delete(id=other)
    assert plant.equipment.send(id=number, customerId=plant.customer, siteId=elsewhere)["code"] == number
    assert plant.whose(number) == (plant.customer, elsewhere)


def test_equipment_is_listed_by_the_id_or_the_name_of_customer_and_site(plant):
    number = plant.equipment.make(myId="A", siteId=plant.site)
    plant.equipment.make(myId="B", customerId=plant.customer)
    _, elsewhere = plant.place("-2")
    plant.equipment.make(myId="C", siteId=elsewhere)
    customer, site = plant.customer, plant.site
    for path in (
        f"/Customer/{customer}/Site/{site}",
        f"/Customer/P%20bakery/Site/{site}",
        f"/Customer/{customer}/Site/P%20quay",
        "/Customer/p%20BAKERY/Site/P%20Quay",
        "/customer/%20p%20bakery/SITE/p%20quay/",
    ):
        assert [row["id"] for row in plant.equipment.rows(path)] == [number], path
    for path in (
        f"/Customer/{customer}/Site/{elsewhere}",
        "/Customer/P-2%20bakery/Site/P%20quay",
        f"/Customer/5/Site/{site}",
        "/Customer/%25/Site/%25",
        "/Customer/P_bakery/Site/P_quay",
        f"/Customer/{'9' * 5000}/Site/{site}",
    ):
        assert plant.equipment.rows(path) == [], path
    for path in ("/Customer/P", "/Customer/P/Site", "/Site/P"):
        assert plant.equipment.call("GET", f"List{path}").status_code == 404, path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("A/B 50% _x\\", "a%2fb%2050%25%20_X%5C"),
        ("Ærø Brød", "%C3%A6R%C3%98%20bR%C3%98D"),
        ("Straße", "STRASSE"),
        ("GROSS", "gro%C3%9F"),
        ("Οδός", "%CE%9F%CE%94%CE%8C%CE%A3"),
        ("é", "E%CC%81"),
        ("%2F", "%252f"),
        ("12345", "12345"),
        ("九州", "%E4%B9%9D%E5%B7%9E"),
    ],
    ids=["signs", "latin", "sharp", "sharp-said", "greek", "decomposed", "encoded-twice", "digits", "chinese"],
)
def test_names_in_a_path_are_decoded_once_and_match_in_any_letter_case(lasting, name, said):
    equipment, sites = Resource(lasting, "Equipment"), Resource(lasting, "Site")
    customer = lasting.make(name=name)
    number = equipment.make(name="Oven", siteId=sites.make(name=name, customerId=customer))
    assert [row["id"] for row in equipment.rows(f"/Customer/{said}/Site/{said}")] == [number]
    assert [row["id"] for row in equipment.rows(f"/Customer/{customer}/Site/{said}")] == [number]


def test_digits_are_an_id_before_they_are_a_name(plant):
    number = plant.equipment.make(siteId=plant.site)
    other, elsewhere = plant.place("-2")
    plant.field.send(id=other, name=str(plant.customer))
    plant.equipment.make(siteId=elsewhere)
    path = f"/Customer/{plant.customer}/Site/{elsewhere}"
    assert plant.equipment.rows(path) == []
    assert [row["id"] for row in plant.equipment.rows(f"/Customer/{plant.customer}/Site/{plant.site}")] == [number]
    plant.field.delete(id=plant.customer)
    assert [row["siteId"] for row in plant.equipment.rows(path)] == [elsewhere]


def test_a_setting_nests_the_list_of_a_site_as_the_vendors_example_does(hub):
    plain = Field(hub)
    nesting = Resource(Field(hub, "nesting", nested_equipment="true"), "Equipment")
    plant = Plant(plain)
    for key in "AB":
        plant.equipment.make(myId=key, siteId=plant.site)
    path = f"/Customer/{plant.customer}/Site/{plant.site}"
    flat = plant.equipment.rows(path)
    assert nesting.rows(path) == [flat]
    assert [row["myId"] for row in flat] == ["A", "B"]
    assert nesting.rows("/Customer/nobody/Site/nowhere") == [[]]
    assert nesting.rows() == flat
    answer = nesting.call("GET", f"List{path}", headers={"accept": "text/xml"})
    assert [row["myId"] for row in xml.items(xml.read(answer.content)[1])] == ["A", "B"]


def test_a_list_is_filtered(plant):
    other, elsewhere = plant.place("-2")
    plant.equipment.make(myId="A", siteId=plant.site)
    number = plant.equipment.make(myId="B", name="Mixer", siteId=elsewhere)
    plant.equipment.make(myId="C", customerId=other)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"name": "P oven"}, "AC"),
        ({"id": number}, "B"),
        ({"myId": "C"}, "C"),
        ({"customerId": other}, "BC"),
        ({"customerMyId": "P"}, "A"),
        ({"customerName": "P-2 bakery"}, "BC"),
        ({"siteId": elsewhere}, "B"),
        ({"siteMyId": "P"}, "A"),
        ({"siteName": "P-2 quay", "customerId": other}, "B"),
        ({"siteName": "P-2 quay", "customerId": plant.customer}, ""),
        ({"siteId": 5}, ""),
    ]
    for filters, found in cases:
        assert [row["myId"] for row in plant.equipment.rows(**filters)] == list(found), filters
    path = f"/Customer/{other}/Site/{elsewhere}"
    assert plant.equipment.rows(path, name="P oven") == []
    assert len(plant.equipment.rows(path, name="Mixer")) == 1
    assert plant.equipment.call("GET", "List?siteId=x").status_code == 400
    assert plant.equipment.call("GET", f"List{path}?site=x").status_code == 400


def test_lists_come_in_pages_and_leave_out_what_is_older(plant):
    noon = 1_790_000_000 // 86_400 * 86_400 * clock.SECOND + 43_200 * clock.SECOND  # noon UTC of 21 Sep 2026
    with clock.replaced(lambda: noon):
        for key in "ABC":
            plant.equipment.make(myId=key, siteId=plant.site)
    with clock.replaced(lambda: noon + 86_400 * clock.SECOND):
        plant.equipment.make(myId="B", name="Changed")
    for path in ("", f"/Customer/{plant.customer}/Site/{plant.site}"):
        assert [row["myId"] for row in plant.equipment.rows(path, ChangedFrom="2026-09-22")] == ["B"]
        answer = plant.equipment.call("GET", f"List{path}?page=3&pageSize=1")
        assert ([row["myId"] for row in answer.json()], answer.headers["x-total-count"]) == (["C"], "3")


def test_deleting_counts_by_name_all_of_that_name(plant):
    for key in "AB":
        plant.equipment.make(myId=key, name="Twin", siteId=plant.site)
    number = plant.equipment.make(myId="C")
    assert plant.equipment.delete(name="Twin") == {"code": 2}
    assert plant.equipment.delete(id=number) == {"code": 1}
    assert (plant.equipment.rows(), plant.sites.details(id=plant.site)["equipments"]) == ([], [])
    answer = plant.equipment.delete(id=number)
    assert (answer["code"], answer["message"]) == (0, "no equipment has this id")
    assert plant.equipment.call("DELETE", "Delete?siteId=5").status_code == 400


def test_a_connection_sees_only_what_it_is_told(hub):
    whole = Field(hub)
    nameless = Resource(Field(hub, "nameless", told="equipment,customer:phone,site:city"), "Equipment")
    alone = Resource(Field(hub, "alone", told="equipment:name"), "Equipment")
    sites = Resource(Field(hub, "sites", told="site"), "Site")
    silent = Resource(Field(hub, "silent", told="customer", writes="customer"), "Equipment")
    plant = Plant(whole)
    number = plant.equipment.make(siteId=plant.site)
    by_id, by_name = f"/Customer/{plant.customer}/Site/{plant.site}", "/Customer/P%20bakery/Site/P%20quay"
    (row,) = nameless.rows(by_id)
    assert (row["siteId"], row["siteName"], row["customerName"]) == (plant.site, "", "")
    assert nameless.rows(by_name) == []
    assert alone.rows(by_id) == alone.rows(siteId=plant.site) == []
    assert [row["id"] for row in alone.rows()] == [number]
    assert sites.details(id=plant.site)["equipments"] == []
    for method, path in (("GET", f"List{by_id}"), ("GET", "Details?id=5"), ("DELETE", "Delete?id=5")):
        assert silent.call(method, path).status_code == 403


def test_two_at_once_that_take_a_site_and_a_customer_agree(plant):
    rows = [{"myId": key, "name": "Oven", "siteId": plant.site} for key in "ABAB"]
    calls = [
        ("POST", "/Api/v2/Equipment/Send", {"content": json.dumps(row), "headers": plant.field.headers}) for row in rows
    ]
    codes = [told(answer)["code"] for answer in plant.field.hub.together(*calls)]
    assert codes[:2] == codes[2:]
    assert {plant.whose(code) for code in codes} == {(plant.customer, plant.site)}
