"""Invoices and quotations: what lines cost, which document is meant, and whose it is."""

import json
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.inventory import ENDPOINTS
from tests.dialects.synchroteam.resource import Resource, told

from synchub import clock, db
from synchub.dialects import xml
from synchub.dialects.synchroteam.invoices.lines import line_total
from synchub.intake.submission import Arrival, Submission, digest_of
from synchub.intake.write import write
from synchub.master.convergence import Mode
from synchub.master.entities.field_service import Invoice
from synchub.master.series import draw_series
from synchub.master.writes import Write

_numbers = count(1000, 100)
"""What a test brings along leaves room for the numbers that are drawn after it."""
LINE = {"description": "Call-out", "price": "40", "quantity": "1"}


class Books:
    """The invoices and quotations of a client."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.parts, self.sites = Resource(field, "Part"), Resource(field, "Site")

    def send(self, row: Any = None, /, **fields: Any) -> Any:
        """The answer to a row, an invoice if it does not say."""
        content = json.dumps({"type": "invoice", **fields} if row is None else row)
        return told(self.field.call("POST", "/Api/v2/Invoices/Send", content=content))

    def make(self, **fields: Any) -> int:
        """The number of a document that is sent."""
        answer = self.send(**{"lines": [LINE], **fields})
        assert (answer["code"], answer["message"]) == (1, None), answer
        return int(answer["data"]["num"])

    def refusal(self, **fields: Any) -> str:
        """Why a row is not taken."""
        answer = self.send(**fields)
        assert (answer["code"], answer["data"]) == (0, None)
        return str(answer["message"])

    def rows(self, query: str = "", **filters: Any) -> Any:
        return told(self.field.call("POST", f"/Api/v2/Invoices/List{query}", content=json.dumps(filters)))

    def shown(self, number: int, type_: str = "Invoice") -> Any:
        """A document as the list shows it."""
        (row,) = (each for each in self.rows() if (each["num"], each["type"]) == (number, type_))
        return row

    def lines(self, number: int, type_: str = "Invoice") -> Any:
        return self.shown(number, type_)["lines"]

    def part(self, reference: str, **fields: Any) -> int:
        row = {"reference": reference, "name": f"Part {reference}"} | fields
        answer = told(self.parts.call("POST", "Send", content=json.dumps(row)))
        return int(answer["code"])

    def job(self, **fields: Any) -> Any:
        """A job as its details show it."""
        answer = told(self.field.call("POST", "/Api/v2/Jobs/Send", content=json.dumps(fields)))
        return told(self.field.call("GET", f"/Api/v2/Jobs/Detail?num={answer['code']}"))


@pytest.fixture
def books(field: Field) -> Books:
    return Books(field)


@pytest.fixture(scope="module")
def shared(lasting: Field) -> Books:
    """The documents of a hub that tests share: each has numbers of its own."""
    return Books(lasting)


@pytest.fixture
def number() -> int:
    return next(_numbers)


def known(row: dict[str, Any], *words: str) -> dict[str, Any]:
    return {word: row[word] for word in words}


def test_the_vendors_request_makes_the_vendors_lines(books):
    """Two parts, one by its reference and one by its id, and a part's price that changes afterwards."""
    example = ENDPOINTS["invoices.send"]["request_example_doc"]
    first, second, later = (each["lines"] for each in ENDPOINTS["invoices.list"]["response_example"])
    other, named = first
    books.part(named["reference"], price=5.5, taxVal=50, name="part1", categoryName="***1")
    third = books.part(other["reference"], price=30, taxVal=20)
    books.field.make(name=example["customer"]["name"])
    job = books.job(description="Repair")
    lines = [example["lines"][0], example["lines"][1] | {"idPart": str(third)}]
    request = {**example, "job": {"id": job["idJob"], "myId": "", "num": str(job["num"])}, "lines": lines}
    assert books.send(request) == {"code": 1, "message": None, "data": {"num": 132, "numberLines": 2}}
    shown = books.shown(132, "Quotation")
    parts = [books.parts.details(reference=each["reference"])["id"] for each in (named, other)]
    assert shown["lines"] == [line | {"idPart": id_} for line, id_ in zip((named, other), parts, strict=True)]
    assert (shown["total"], shown["dueDate"]) == (213.65, "02/05/2018 00:00:00")
    assert [line["total"] for line in second] == [line["total"] for line in first]
    told(books.parts.call("PUT", "Prices", content=json.dumps([{"reference": named["reference"], "price": "10,25"}])))
    books.send({**request, "num": 133})
    assert books.lines(133, "Quotation")[0]["total"] == later[1]["total"]
    assert books.shown(132, "Quotation") == shown


def test_in_xml_a_document_is_sent_and_listed(shared, number):
    shared.part("X-1", price=5.5, taxVal=50)
    as_xml = {"headers": {"content-type": "text/xml", "accept": "text/xml"}}
    body = f"""<Invoice><type>Invoice</type><num>{number}</num><dueDate>2026-05-02</dueDate><status>2</status><lines>
        <line><reference>X-1</reference><price/><quantity>10</quantity><discount>10</discount></line>
        <line><description>Call-out</description><price>40,5</price><quantity>1</quantity></line></lines></Invoice>"""
    root, sent = xml.read(shared.field.call("POST", "/Api/v2/Invoices/Send", content=body, **as_xml).content)
    assert (root, sent["code"], sent["data"]) == ("Result", "1", {"num": str(number), "numberLines": "2"})
    customer = shared.field.make(myId="C-xml", name="In XML")
    shared.send(num=number, customer={"id": customer})
    body = "<Search><customer><myId>C-xml</myId></customer><job/></Search>"
    root, rows = xml.read(shared.field.call("POST", "/Api/v2/Invoices/List", content=body, **as_xml).content)
    (row,) = xml.items(rows)
    assert (root, row["total"], row["type"], row["status"]) == ("ArrayOfInvoice", "114.75", "Invoice", "2")
    assert [line["total"] for line in row["lines"]["line"]] == ["74,2500", "40,5000"]
    assert row["dueDate"] == "02/05/2026 00:00:00"


@pytest.mark.parametrize(
    ("price", "quantity", "discount", "tax", "comes_to"),
    [
        ("30", "8.5", "50.3", "10", "139.40"),
        ("5.5", "10", "10", "50", "74.25"),
        ("10.25", "10", "10", "50", "138.38"),
        ("0.05", "1", "10", "0", "0.04"),  # 0.005 off are a cent
        ("0.15", "1", "10", "0", "0.13"),  # and 0.015 are two: half up, not to even
        ("0.005", "1", "0", "0", "0.01"),
        ("0.025", "1", "0", "0", "0.03"),
        ("-0.025", "1", "0", "0", "-0.03"),
        ("10", "-2", "0", "20", "-24.00"),
        ("10", "1", "100", "20", "0.00"),
        ("999999999999.99", "1", "0", "0", "999999999999.99"),
        ("0.1", "3", "0", "0", "0.30"),
    ],
)
def test_a_line_comes_to_its_price_less_the_rounded_discount_with_tax(price, quantity, discount, tax, comes_to):
    assert str(line_total(Decimal(price), Decimal(quantity), Decimal(discount), Decimal(tax))) == comes_to


amounts = st.decimals(0, 10**6, places=4)


@settings(max_examples=60, deadline=None)
@given(amounts, amounts, st.decimals(0, 100, places=3), st.decimals(0, 100, places=3))
def test_whatever_the_amounts_nothing_is_lost_but_by_the_two_roundings(price, quantity, discount, tax):
    def cents(number: Fraction) -> Fraction:
        return Fraction((number * 100 + Fraction(1, 2)).__floor__(), 100)

    gross = Fraction(price) * Fraction(quantity)
    net = gross - cents(gross * Fraction(discount) / 100)
    expected = cents(net * (1 + Fraction(tax) / 100)) if net >= 0 else -cents(-net * (1 + Fraction(tax) / 100))
    assert Fraction(line_total(price, quantity, discount, tax)) == expected


@pytest.mark.parametrize(
    ("said", "price", "tax", "description"),
    [
        ({}, "5,50", "20,00", "Doors > Hinge"),
        ({"price": "", "tax": " ", "description": None}, "5,50", "20,00", "Doors > Hinge"),
        ({"price": "0"}, "5,50", "20,00", "Doors > Hinge"),
        ({"price": 0, "tax": "0"}, "5,50", "0,00", "Doors > Hinge"),
        ({"price": "7,125", "tax": 5.5}, "7,125", "5,50", "Doors > Hinge"),
        ({"price": 7, "description": "Mine"}, "7,00", "20,00", "Mine"),
    ],
)
def test_what_is_blank_is_filled_from_the_part(shared, number, said, price, tax, description):
    shared.part("H-1", price=5.5, taxVal=20, name="Hinge", categoryName="Doors")
    shared.make(num=number, lines=[{"reference": "H-1", "quantity": 2} | said])
    (line,) = shared.lines(number)
    assert known(line, "price", "tax", "description") == {"price": price, "tax": tax, "description": description}
    assert known(line, "quantity", "discount", "totalLine") == {
        "quantity": "2,00",
        "discount": "0,00",
        "totalLine": None,
    }


def test_a_part_that_has_little_gives_what_it_has(shared, number):
    shared.part("L-1", name="Washer")
    shared.part("L-2", name="Nut", price=1)
    assert shared.refusal(num=number, lines=[{"reference": "L-1", "quantity": 1}]) == (
        "lines row 1: price is required, as the part L-1 has none"
    )
    shared.make(
        num=number, lines=[{"reference": "L-1", "quantity": 1, "price": 0}, {"reference": "L-2", "quantity": 3}]
    )
    free, line = shared.lines(number)
    assert (free["price"], free["total"], free["description"]) == ("0,00", "0,0000", "Washer")
    assert (line["tax"], line["total"], line["description"]) == ("0,00", "3,0000", "Nut")


def test_the_id_of_a_part_counts_before_its_reference(shared, number):
    first, second = shared.part("A-1", price=1), shared.part("A-2", price=2)
    shared.make(
        num=number,
        lines=[
            {"idPart": str(second), "reference": "A-1", "quantity": 1},
            {"idPart": 0, "reference": "A-1", "quantity": 1},
            {"idPart": first, "reference": "nobody's", "quantity": 1},
        ],
    )
    told_lines = [(line["idPart"], line["reference"], line["price"]) for line in shared.lines(number)]
    assert told_lines == [(second, "A-2", "2,00"), (first, "A-1", "1,00"), (first, "A-1", "1,00")]


def test_a_line_without_a_part_is_free_text(shared, number):
    free = {"reference": "nobody's", "description": "Call-out", "price": "40,00", "quantity": "1.5", "tax": 10}
    shared.make(num=number, lines=[free, LINE])
    first, second = shared.lines(number)
    assert known(first, "idPart", "reference", "total") == {
        "idPart": 0,
        "reference": "nobody's",
        "total": "66,0000",
    }
    assert known(second, "idPart", "reference", "tax") == {"idPart": 0, "reference": "", "tax": "0,00"}
    assert isinstance(shared.shown(number)["total"], int | float)


GOOD = {"description": "Call-out", "price": 1, "quantity": 1}


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([GOOD, {"idPart": 5, "quantity": 1}], "lines row 2: there is no part with idPart 5"),
        ([{"idPart": "x", "quantity": 1}], "lines row 1: idPart must be a whole number"),
        ([{"reference": "none", "quantity": 1}], "lines row 1: there is no part with reference none"),
        ([{"reference": "none", "quantity": 1, "price": 1}], "needs a description and a price"),
        ([{"description": "x", "quantity": 1}], "a line without a part needs a description and a price"),
        ([{"price": 1, "quantity": 1}], "a line without a part needs a description and a price"),
        ([GOOD, GOOD | {"quantity": ""}], "lines row 2: quantity is required"),
        ([GOOD | {"price": "1.2,3"}], "lines row 1: price must be a number such as"),
        ([GOOD | {"price": True}], "lines row 1: price must be a number such as"),
        ([GOOD | {"price": "1e13"}], "price must lie between -1000000000000 and 1000000000000"),
        ([GOOD | {"discount": "100,1"}], "discount must lie between 0 and 100"),
        ([GOOD | {"discount": -1}], "discount must lie between 0 and 100"),
        ([GOOD | {"tax": -1}], "tax must lie between 0 and 1000"),
        ([GOOD | {"price": "1e12", "quantity": 2}], "lines come to more than 1000000000000"),
        (["x"], "must be a list of lines: row 1 is none"),
        ("x", "must be a list of lines: row 1 is none"),
        (5, "must be a list of lines"),
        ([GOOD | {"description": ["x"]}], "description must be text"),
    ],
)
def test_what_is_wrong_with_a_line_is_named_with_its_row(shared, number, lines, why):
    before = len(shared.rows())
    assert why in shared.refusal(num=number, lines=lines)
    assert len(shared.rows()) == before


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"type": "offer"}, "type must be invoice or quotation"),
        ({"type": ""}, "type is required"),
        ({"type": None}, "type is required"),
        ({"action": "remove"}, "action must be add or replace"),
        ({"action": ["add"]}, "action must be text"),
        ({"status": 4}, "status of a document of the type invoice must lie between 0 and 3"),
        ({"status": -1}, "must lie between 0 and 3"),
        ({"type": "quotation", "status": 2}, "status of a document of the type quotation must lie between 0 and 1"),
        ({"status": "sent"}, "status must be a whole number"),
        ({"num": 0}, "num must lie between 1 and"),
        ({"num": "x"}, "num must be a whole number"),
        ({"dueDate": "soon"}, "dueDate must be a date"),
        ({"customer": "x"}, "customer must be an object with id, myId, name"),
        ({"customer": {"name": "nobody"}}, "there is no customer with name nobody"),
        ({"customer": {"id": 5}}, "there is no customer with id 5"),
        ({"job": {"num": "5"}}, "there is no job with num 5"),
        ({"job": {"id": "5_150604144935321"}}, "there is no job with id 5_150604144935321"),
        ({"site": {"myId": "nowhere"}}, "there is no site with myId nowhere"),
        ({"lines": [], "job": {"id": ""}}, "a new document needs lines, a customer or a job"),
    ],
)
def test_what_breaks_a_rule_is_code_0_with_no_data(shared, row, why):
    before = len(shared.rows())
    assert why in shared.refusal(**{"lines": [LINE], **row})
    assert len(shared.rows()) == before


@pytest.mark.parametrize(("content", "status"), [(b"no json", 400), (b"[]", 400), (b"", 400)])
def test_what_cannot_be_read_is_400_with_no_data(shared, content, status):
    answer = shared.field.call("POST", "/Api/v2/Invoices/Send", content=content)
    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (status, 0, None)
    assert shared.field.call("POST", "/Api/v2/Invoices/List", content=content).status_code == status


def test_a_document_is_found_by_its_number_within_its_type(shared, number):
    shared.make(num=number, status=1)
    shared.make(num=number, type="Quotation", lines=[LINE, LINE])
    shared.send({"TYPE": "INVOICE", "NUM": str(number), "Status": "3"})
    assert [shared.shown(number, type_)["status"] for type_ in ("Invoice", "Quotation")] == [3, 0]
    assert [len(shared.lines(number, type_)) for type_ in ("Invoice", "Quotation")] == [1, 2]


def test_what_a_row_leaves_out_stays_and_what_is_blank_is_cleared(shared, number):
    customer = shared.field.make(name=f"Customer {number}")
    site = shared.sites.make(name="Quay", customerId=customer)
    job = shared.job(description="Repair")
    full = {"customer": {"id": customer}, "site": {"id": site}, "job": {"num": job["num"]}, "dueDate": "02/05/2026"}
    shared.make(num=number, status=2, **full)
    row = shared.shown(number)
    assert known(row, "idClient", "idSite", "idJob", "status", "dueDate", "total") == {
        "idClient": customer,
        "idSite": site,
        "idJob": job["idJob"],
        "status": 2,
        "dueDate": "02/05/2026 00:00:00",
        "total": 40,
    }
    blank = {"id": "", "myId": "", "name": ""}
    assert shared.send(num=number, status="", action="", customer=blank, site={}, job={"id": 0, "num": ""}) == {
        "code": 1,
        "message": None,
        "data": {"num": number, "numberLines": 1},
    }
    assert shared.shown(number) == row
    shared.send(num=number, customer=None, site="", job=None, dueDate="", lines=[])
    cleared = {"idClient": None, "idSite": None, "idJob": None, "dueDate": "", "lines": [], "total": 0}
    assert shared.shown(number) == row | cleared


def test_a_customer_a_job_and_a_site_are_named_by_each_word(shared, number):
    customer = shared.field.make(myId=f"C-{number}", name=f"Customer {number}")
    other = shared.field.make(name=f"Other {number}")
    site = shared.sites.make(myId=f"S-{number}", name="Gate", customerId=customer)
    shared.sites.make(name="Gate", customerId=other)
    job = shared.job(myId=f"J-{number}", description="Repair")
    words = {
        "id": ({"id": str(customer)}, {"id": site}, {"id": job["idJob"]}),
        "myId": ({"myId": f"C-{number}"}, {"MYID": f"S-{number}"}, {"myId": f"J-{number}"}),
        "name": ({"Name": f"Customer {number}"}, {"name": "Gate"}, {"num": str(job["num"])}),
    }
    for customer_said, site_said, job_said in words.values():
        made = shared.make(customer=customer_said, site=site_said, job=job_said)
        row = shared.shown(made)
        assert (row["idClient"], row["idSite"], row["idJob"]) == (customer, site, job["idJob"])
    assert "several sites with name Gate" in shared.refusal(site={"name": "Gate"}, lines=[LINE])
    row = shared.shown(made)
    again = {word: row[word] for word in ("num", "type", "idClient", "idSite", "idJob")}
    assert shared.send(again)["data"]["num"] == made
    assert shared.shown(made) == row
    assert shared.refusal(idClient=customer, customer={"id": other}, lines=[LINE]) == "customer is named twice"


def test_a_document_of_a_job_is_for_its_customer_and_its_site_unless_it_says_another(shared):
    customer, other = shared.field.make(name="At the job"), shared.field.make(name="Who pays")
    site = shared.sites.make(name="Quay of the job", customerId=customer)
    job = shared.job(idCustomer=customer, idSite=site, description="Repair")
    row = shared.shown(shared.make(job={"id": job["idJob"]}))
    assert (row["idClient"], row["idSite"]) == (customer, site)
    paid = shared.make(job={"id": job["idJob"]}, customer={"id": other}, site=None)
    assert known(shared.shown(paid), "idClient", "idSite") == {"idClient": other, "idSite": None}
    shared.send(num=paid, job={"id": job["idJob"]})
    assert known(shared.shown(paid), "idClient", "idSite") == {"idClient": other, "idSite": site}


def test_add_appends_lines_and_replace_which_is_usual_swaps_them(shared, number):
    def descriptions() -> list[str]:
        return [line["description"] for line in shared.lines(number)]

    first, second, third = (LINE | {"description": each} for each in ("one", "two", "three"))
    assert shared.send(num=number, action="add", lines=[first])["data"]["numberLines"] == 1
    assert shared.send(num=number, action="ADD", lines=[second, third])["data"]["numberLines"] == 3
    assert (descriptions(), shared.shown(number)["total"]) == (["one", "two", "three"], 120)
    assert shared.send(num=number, action="add", status=1)["data"]["numberLines"] == 3
    assert shared.send(num=number, action="replace", lines=[third])["data"]["numberLines"] == 1
    assert (descriptions(), shared.shown(number)["total"]) == (["three"], 40)
    assert shared.send(num=number, lines=[second])["data"]["numberLines"] == 1
    assert descriptions() == ["two"]


def test_a_request_that_comes_again_adds_its_lines_once(shared, number):
    row = {"type": "invoice", "num": number, "action": "add", "lines": [LINE]}
    first = shared.send(row)
    assert first["data"] == {"num": number, "numberLines": 1}
    assert shared.send(row) == first
    shared.send(num=number, status=1)
    assert shared.send(row)["data"]["numberLines"] == 2


def test_a_price_is_frozen_when_it_is_sent(shared, number):
    part = shared.part("F-1", price=5.5, taxVal=20, name="Hinge")
    shared.make(num=number, lines=[{"reference": "F-1", "quantity": 1}])
    shared.part("F-1", price=7, taxVal=10, name="Strong hinge")
    shared.send(num=number, action="add", lines=[{"reference": "F-1", "quantity": 1}])
    told_lines = [known(line, "price", "tax", "description") for line in shared.lines(number)]
    assert told_lines == [
        {"price": "5,50", "tax": "20,00", "description": "Hinge"},
        {"price": "7,00", "tax": "10,00", "description": "Strong hinge"},
    ]
    told(shared.parts.call("DELETE", f"Delete?id={part}"))
    assert [known(line, "idPart", "reference") for line in shared.lines(number)] == [
        {"idPart": 0, "reference": "F-1"},
        {"idPart": 0, "reference": "F-1"},
    ]


def test_a_number_is_drawn_of_the_types_own_series_past_those_that_were_brought_along(books):
    assert [books.make(lines=[LINE | {"description": each}]) for each in "abc"] == [1, 2, 3]
    assert books.make(type="quotation") == 1
    books.make(num=5)
    assert books.make(lines=[LINE | {"description": "d"}]) == 6
    books.make(num=4, lines=[LINE | {"description": "e"}])
    assert books.make(lines=[LINE | {"description": "f"}]) == 7
    assert books.make(type="quotation", lines=[LINE | {"description": "g"}]) == 2
    with db.writing(books.field.hub.engine) as session:
        assert draw_series(session, "invoice", 1)[0] == 8


def test_the_same_body_without_a_number_makes_one_document(shared):
    row = {"type": "quotation", "lines": [LINE | {"description": "Once"}]}
    first = shared.send(row)
    assert shared.send(row) == first
    shared.send(type="quotation", num=first["data"]["num"], status=1)
    shared.make(num=first["data"]["num"])
    assert shared.send(row)["data"] == first["data"]
    assert len([each for each in shared.rows() if each["lines"] and each["lines"][0]["description"] == "Once"]) == 1


def test_a_hub_finds_by_its_key_the_document_that_it_has_no_number_of(shared):
    lines = [LINE | {"description": "Of a hub"}]
    first, second = (shared.make(myId=key, lines=lines) for key in ("H-1", "H-2"))
    again = shared.send(myId="H-1", lines=lines, status=1)
    assert again["data"] == {"num": first, "numberLines": 1}
    assert [shared.shown(number)["status"] for number in (first, second)] == [1, 0]
    assert "myId" not in shared.shown(first)
    refused = shared.refusal(type="quotation", myId="H-1", lines=lines)
    assert refused == f"this document is the invoice with the num {first}"
    assert shared.send(num=second, myId="H-1", status=2)["data"]["num"] == second
    assert [shared.shown(number)["status"] for number in (first, second)] == [1, 2]


def test_what_the_list_shows_can_be_sent_back(shared, number):
    shared.part("B-1", price="5.125", taxVal=5.5)
    customer = shared.field.make(name=f"Customer {number}")
    lines = [{"reference": "B-1", "quantity": "2,5", "discount": "3,3"}, LINE | {"reference": "nobody's"}]
    shared.make(num=number, customer={"id": customer}, dueDate="2026-05-02", lines=lines, status=1)
    row = shared.shown(number)
    assert shared.send(row)["data"] == {"num": number, "numberLines": 2}
    assert shared.shown(number) == row
    other = shared.make()
    assert "name different documents" in shared.refusal(**row | {"num": other})
    assert f"this document is the invoice with the num {number}" in shared.refusal(
        id=row["id"], num=10**8, lines=[LINE]
    )
    assert f"this document is the invoice with the num {number}" in shared.refusal(id=row["id"], type="quotation")


def test_documents_of_deleted_records_stay_and_show_none_until_those_come_back(books):
    customer = books.field.make(myId="C-1", name="Harbour Bakery")
    site = books.sites.make(myId="S-1", name="Quay", customerId=customer)
    number = books.make(customer={"id": customer}, site={"id": site})
    row = books.shown(number)
    books.sites.delete(id=site)
    books.field.delete(id=customer)
    assert books.shown(number) == row | {"idClient": None, "idSite": None}
    assert books.rows(customer={"id": customer}) == books.rows(customer={"name": "Harbour Bakery"}) == []
    books.field.make(myId="C-1", name="Harbour Bakery")
    books.sites.make(myId="S-1", name="Quay")
    assert books.shown(number) == row


def test_a_list_is_filtered_by_all_that_is_asked_and_blanks_ask_for_nothing(books):
    customer, other = books.field.make(myId="C-1", name="One"), books.field.make(myId="C-2", name="Two")
    site = books.sites.make(myId="S-1", name="Quay", customerId=customer)
    job = books.job(myId="J-1", idCustomer=customer, idSite=site, description="Repair")
    one = books.make(num=1, job={"num": job["num"]})
    two = books.make(num=2, customer={"id": customer})
    three = books.make(num=3, customer={"id": other})
    blank = {"id": "", "myId": None, "name": " "}
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [one, two, three]),
        ({"job": {"id": "", "num": ""}, "customer": blank, "site": blank, "changedFrom": ""}, [one, two, three]),
        ({"customer": {"id": customer}}, [one, two]),
        ({"customer": {"name": "Two", "id": "0"}}, [three]),
        ({"Customer": {"MyId": "C-1"}, "site": {"name": "Quay"}}, [one]),
        ({"customer": {"id": str(customer), "name": "Two"}}, []),
        ({"customer": {"name": "one"}}, []),
        ({"job": {"id": job["idJob"]}}, [one]),
        ({"job": {"num": str(job["num"])}}, [one]),
        ({"job": {"myId": "J-1"}, "customer": {"id": other}}, []),
        ({"job": {"num": "x"}}, []),
        ({"site": {"id": site}}, [one]),
        ({"site": {"myId": "nowhere"}}, []),
    ]
    for filters, found in cases:
        assert [row["num"] for row in books.rows(**filters)] == found, filters
    for bad in ({"client": {}}, {"customer": {"email": "x"}}, {"customer": 5}, {"customer": {"id": "x"}}):
        answer = books.field.call("POST", "/Api/v2/Invoices/List", content=json.dumps(bad))
        assert (answer.status_code, answer.json()["code"]) == (400, 0), bad


def test_a_list_leaves_out_what_is_older_and_comes_in_pages(books):
    noon = 1_790_000_000 // 86_400 * 86_400 * clock.SECOND + 43_200 * clock.SECOND  # noon UTC of 21 Sep 2026
    with clock.replaced(lambda: noon):
        for number in (1, 2, 3):
            books.make(num=number)
    with clock.replaced(lambda: noon + 86_400 * clock.SECOND):
        books.send(num=2, status=1)
    assert [row["num"] for row in books.rows(changedFrom="2026-09-22")] == [2]
    assert [row["num"] for row in books.rows("?ChangedFrom=2026-09-22")] == [2]
    answer = books.field.call("POST", "/Api/v2/Invoices/List?page=2&pageSize=2", content="{}")
    assert ([row["num"] for row in answer.json()], answer.headers["x-total-count"]) == ([3], "3")


def test_two_that_add_at_once_keep_both_their_lines(books):
    books.make(num=1)
    rows = [{"type": "invoice", "num": 1, "action": "add", "lines": [LINE | {"description": each}]} for each in "abcd"]
    calls = [
        ("POST", "/Api/v2/Invoices/Send", {"content": json.dumps(row), "headers": books.field.headers}) for row in rows
    ]
    answers = [told(answer) for answer in books.field.hub.together(*calls)]
    assert {answer["code"] for answer in answers} == {1}
    assert sorted(answer["data"]["numberLines"] for answer in answers) == [2, 3, 4, 5]
    assert sorted(line["description"] for line in books.lines(1)) == ["Call-out", "a", "b", "c", "d"]
    assert books.shown(1)["total"] == 200


def test_at_once_each_new_number_is_one_documents(books):
    drawn = [{"type": "invoice", "lines": [LINE | {"description": each}]} for each in "abcd"]
    brought = [{"type": "invoice", "num": 900, "action": "add", "lines": [LINE | {"price": n}]} for n in (1, 2, 3)]
    calls = [
        ("POST", "/Api/v2/Invoices/Send", {"content": json.dumps(row), "headers": books.field.headers})
        for row in (*drawn, *brought)
    ]
    numbers = [told(answer)["data"]["num"] for answer in books.field.hub.together(*calls)]
    assert len(set(numbers)) == 5
    assert numbers[4:] == [900, 900, 900]
    assert books.field.hub.count(Invoice) == 5
    assert books.shown(900)["total"] == 6


def test_a_connection_reads_prices_only_if_it_is_told_of_them(hub):
    whole = Field(hub)
    narrow = Books(Field(hub, "narrow", told="invoice,item:name,customer:phone"))
    silent = Books(Field(hub, "silent", told="customer", writes="customer"))
    books = Books(whole)
    books.part("H-1", price=5.5, taxVal=20, name="Hinge", categoryName="Doors")
    customer = whole.make(name="Harbour Bakery")
    assert "price is required" in narrow.refusal(lines=[{"reference": "H-1", "quantity": 1}])
    narrow.make(num=1, lines=[{"reference": "H-1", "quantity": 1, "price": 9}], customer={"id": customer})
    (line,) = narrow.lines(1)
    assert known(line, "tax", "description") == {"tax": "0,00", "description": "Hinge"}
    assert narrow.rows(customer={"name": "Harbour Bakery"}) == []
    assert len(narrow.rows(customer={"id": customer})) == 1
    assert silent.field.call("POST", "/Api/v2/Invoices/List", content="{}").status_code == 403
    answer = silent.field.call("POST", "/Api/v2/Invoices/Send", content='{"type":"invoice"}')
    assert (answer.status_code, answer.json()["data"]) == (403, None)


def test_a_number_means_the_same_document_to_every_connection(hub):
    one, other = Books(Field(hub)), Books(Field(hub, "other"))
    one.make(num=7, lines=[LINE | {"description": "One's"}])
    other.send(num=7, action="add", lines=[LINE | {"description": "Other's"}])
    assert [line["description"] for line in one.lines(7)] == ["One's", "Other's"]
    assert hub.count(Invoice) == 1


def bring(field: Field, key: str, mode: Mode = Mode.PARTIAL, **fields: Any) -> None:
    """Store a document as one that was brought in from elsewhere, beside the series."""
    body = f"{key} {mode} {fields}".encode()
    arrival = Arrival("synchroteam", field.connection().id, "IMPORT", "invoices.jsonl", body, digest_of(body))
    with db.writing(field.hub.engine) as session:
        submission = Submission(arrival, [Write("invoice", key, mode, fields)], lambda _: {})
        write(session, [submission], field.hub.settings)


def test_of_documents_with_one_number_a_connection_means_its_own(hub):
    one, other = Books(Field(hub)), Books(Field(hub, "other"))
    for books, key in ((one, "one"), (other, "other")):
        bring(books.field, key, kind="invoice", number=1, status=1)
    for books, key in ((one, "One's"), (other, "Other's")):
        books.send(num=1, lines=[LINE | {"description": key}])
        assert [row["lines"][0]["description"] for row in books.rows() if row["lines"]][-1] == key
    assert hub.count(Invoice) == 2
    assert one.make(lines=[LINE | {"description": "Drawn"}]) == 2


def test_a_document_that_was_deleted_is_the_same_one_when_it_is_sent_again(books):
    books.make(num=7)
    (row,) = books.rows()
    (copy,) = books.field.copies()
    bring(books.field, copy.external_key, Mode.DELETE)
    assert books.rows() == []
    assert "needs lines, a customer or a job" in books.refusal(num=7)
    books.send(num=7, lines=[LINE | {"price": 2}])
    assert known(books.shown(7), "id", "total") == {"id": row["id"], "total": 2}
