"""Parts: what each endpoint does, and which record is meant."""

from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.spoken import FORMS, Spoken

from synchub.master.entities.field_service import StockLevel
from synchub.master.entities.products import Item

FULL: dict[str, Any] = {
    "name": "Hinge",
    "reference": "H-1",
    "price": "7.35",
    "taxId": 5,
    "taxVal": "10",
    "categoryId": 12,
    "categoryName": "Doors",
    "minQuantity": 2,
    "tracked": True,
    "serializable": True,
}


@pytest.fixture(params=FORMS)
def spoken(lasting, request):
    return Spoken(lasting, request.param)


@pytest.fixture
def parts(field):
    return Spoken(field, "json")


def make(parts: Spoken, **fields: Any) -> int:
    """The id of a part that is sent."""
    answer = parts.ask("POST", "Part/Send", {"name": "Hinge"} | fields)
    assert list(answer) == ["code"], answer
    return int(answer["code"])


def price(parts: Spoken, reference: str) -> str:
    shown: str = parts.ask("GET", "Part/Details", reference=reference)["price"]
    return shown


def test_what_is_sent_is_shown(spoken):
    number = make(spoken, **FULL | {"reference": f"full {spoken.form}"})
    shown = spoken.ask("GET", "Part/Details", id=number)
    assert shown == spoken.like({"id": number, **FULL, "reference": f"full {spoken.form}"})


def test_a_part_is_found_by_its_id_or_its_reference_and_keeps_what_a_row_leaves_out(spoken):
    key = f"found {spoken.form}"
    number = make(spoken, reference=key, price=12, taxId=5)
    assert make(spoken, reference=key, price="13") == number
    assert spoken.ask("POST", "Part/Send", {"id": number, "categoryName": "Doors"}) == spoken.like({"code": number})
    shown = spoken.ask("GET", "Part/Details", reference=key)
    kept = {"id": number, "name": "Hinge", "price": "13", "taxId": 5, "categoryName": "Doors", "tracked": False}
    assert {word: shown[word] for word in kept} == spoken.like(kept)


@pytest.mark.parametrize(
    ("said", "shown"),
    [(10, "10"), ("10", "10"), ("10,25", "10.25"), (7.350, "7.35"), ("0", "0"), ("", ""), ("1e3", "1000")],
)
def test_a_price_is_read_in_every_form_and_shown_as_text(lasting, said, shown):
    parts = Spoken(lasting, "json")
    make(parts, reference="forms", price=99)
    make(parts, reference="forms", price=said)
    assert price(parts, "forms") == shown


def test_a_part_has_numbers_that_are_none_where_they_are_blank(spoken):
    number = make(spoken, name="Bare")
    shown = spoken.ask("GET", "Part/Details", id=number)
    blank: dict[str, Any] = {"reference": "", "price": "", "taxVal": "", "categoryName": ""}
    blank |= {"taxId": None, "categoryId": None, "minQuantity": None, "tracked": False, "serializable": False}
    assert shown == spoken.like({"id": number, "name": "Bare", **blank})


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"price": -1}, "price must not be negative"),
        ({"price": "-0,01"}, "price must not be negative"),
        ({"price": "cheap"}, "price must be a number"),
        ({"price": True}, "price must be a number"),
        ({"price": {"value": 1}}, "price must be a number"),
        ({"minQuantity": -1}, "minQuantity must not be negative"),
        ({"taxVal": "-5"}, "taxVal must not be negative"),
        ({"taxId": 1.5}, "taxId must be a whole number"),
        ({"tracked": "perhaps"}, "tracked must be true or false"),
        ({"name": ""}, "name is required"),
        ({"id": "H-1"}, "id must be a whole number"),
        ({"reference": "x" * 256}, "reference max 255"),
    ],
)
def test_what_breaks_a_rule_is_code_0_and_named(lasting, row, why):
    before = lasting.hub.count(Item)
    answer = Spoken(lasting, "json").ask("POST", "Part/Send", {"reference": "new", "name": "Hinge", **row})
    assert answer["code"] == 0
    assert why in answer["message"]
    assert lasting.hub.count(Item) == before


def test_a_new_part_needs_a_name(spoken):
    answer = spoken.ask("POST", "Part/Send", {"reference": "nameless", "price": 1})
    assert answer == spoken.like({"code": 0, "message": "name is required"})


def test_id_and_reference_of_two_parts_are_refused(parts):
    number, other = make(parts, reference="A"), make(parts, reference="B")
    answer = parts.ask("POST", "Part/Send", {"id": number, "reference": "B", "price": 1})
    assert answer["code"] == 0
    assert f" B is that of another part, whose id is {other}" in answer["message"]
    assert price(parts, "B") == ""


def test_a_quantity_on_a_part_is_for_jobs_and_is_no_stock(parts):
    make(parts, reference="A", quantity="3,5")
    assert parts.field.copies()[0].extra == {"quantity": "3,5"}
    assert parts.field.hub.count(StockLevel) == 0


def test_deleting_counts_and_says_when_nothing_was_there(spoken):
    number = make(spoken, reference=f"first {spoken.form}")
    make(spoken, reference=f"second {spoken.form}")
    assert spoken.ask("DELETE", "Part/Delete", id=number) == spoken.like({"code": 1})
    assert spoken.ask("DELETE", "Part/Delete", reference=f"second {spoken.form}") == spoken.like({"code": 1})
    again = spoken.ask("DELETE", "Part/Delete", id=number)
    assert again == spoken.like({"code": 0, "message": "no part has this id"})
    gone = spoken.call("GET", "Part/Details", id=number)
    assert (gone.status_code, spoken.heard(gone)) == (404, spoken.like({"code": 0, "message": "no part has this id"}))


@pytest.mark.parametrize(
    ("method", "path", "query", "why"),
    [
        ("GET", "Details", {}, "exactly one of reference, id"),
        ("GET", "Details", {"reference": "A", "id": 1}, "exactly one of reference, id"),
        ("GET", "Details", {"name": "Hinge"}, "no parameter 'name'"),
        ("GET", "Details", {"id": "A"}, "id must be a whole number"),
        ("DELETE", "Delete", {}, "exactly one of reference, id"),
        ("DELETE", "Delete", {"myId": "A"}, "no parameter 'myId'"),
        ("POST", "Send", {"id": 1}, "no parameter 'id'"),
        ("PUT", "Prices", {"id": 1}, "no parameter 'id'"),
        ("GET", "List", {"ref": "A"}, "no parameter 'ref'"),
    ],
)
def test_what_a_query_may_not_ask_is_400_and_named(lasting, method, path, query, why):
    body = {"POST": {"name": "Hinge"}, "PUT": []}.get(method)
    answer = Spoken(lasting, "json").call(method, f"Part/{path}", body, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, 0)
    assert why in answer.json()["message"]


def test_a_list_has_all_parts_filtered_and_in_pages(parts):
    numbers = [make(parts, reference=f"P-{n}", categoryName="Doors" if n % 2 else "Locks") for n in range(4)]
    assert [row["id"] for row in parts.ask("GET", "Part/List")] == numbers
    assert [row["reference"] for row in parts.ask("GET", "Part/List", categoryName="Doors")] == ["P-1", "P-3"]
    assert [row["id"] for row in parts.ask("GET", "Part/List", reference="P-2", name="Hinge")] == [numbers[2]]
    page = parts.call("GET", "Part/List", page=2, pageSize=3)
    assert ([row["id"] for row in page.json()], page.headers["x-total-count"]) == (numbers[3:], "4")
    assert parts.ask("GET", "Part/List", ChangedFrom="2999-01-01") == []


def test_prices_are_set_row_by_row_and_bad_rows_come_back_as_they_were(spoken):
    keys = [f"{letter} {spoken.form}" for letter in "ABC"]
    numbers = [make(spoken, reference=key, price=1) for key in keys]
    rows = [
        {"reference": keys[0], "price": "10,25"},
        {"id": numbers[1], "price": "70,25"},
        {"id": numbers[2], "price": "-100,25"},
        {"id": 777_777_777, "price": "540,25"},
        {"reference": "nobody's", "price": 5.5},
    ]
    bad = [
        {"id": str(numbers[2]), "price": "-100,25", "reference": None},
        {"id": "777777777", "price": "540,25", "reference": None},
        {"id": None, "price": "5.5", "reference": "nobody's"},
    ]
    assert spoken.ask("PUT", "Part/Prices", rows) == spoken.like({"code": 0, "errors": bad})
    assert [price(spoken, key) for key in keys] == ["10.25", "70.25", "1"]
    why = ["row 3: price must not be negative", "row 4: there is no such part", "row 5: there is no such part"]
    assert spoken.field.hub.messages()[-1].notes == why


def test_prices_that_are_all_good_are_code_1(spoken):
    key = f"good {spoken.form}"
    number = make(spoken, reference=key)
    both = [{"reference": key, "price": 3}, {"ID": str(number), "REFERENCE": key, "PRICE": "4"}]
    assert spoken.ask("PUT", "Part/Prices", both) == spoken.like({"code": 1, "errors": []})
    assert price(spoken, key) == "4"
    assert spoken.ask("PUT", "Part/Prices", [{"id": number, "price": "0"}])["code"] == spoken.like(1)
    assert price(spoken, key) == "0"


@pytest.mark.parametrize(
    ("row", "echo", "why"),
    [
        ({"reference": "A", "price": ""}, ("A", ""), "price is required"),
        ({"reference": "A"}, ("A", None), "price is required"),
        ({"reference": "A", "price": "7,3,5"}, ("A", "7,3,5"), "price must be a number"),
        ({"reference": "A", "price": True}, ("A", "true"), "price must be a number"),
        ({"reference": "A", "price": [1]}, ("A", "[1]"), "price must be a number"),
        ({"price": 1}, (None, "1"), "id or reference is required"),
        ({"reference": "gone", "price": 1}, ("gone", "1"), "there is no such part"),
        ("A=1", (None, None), "must be an object"),
    ],
)
def test_a_price_that_cannot_be_set_changes_nothing(lasting, row, echo, why):
    parts = Spoken(lasting, "json")
    make(parts, reference="A", price="2.5")
    make(parts, reference="gone")
    parts.ask("DELETE", "Part/Delete", reference="gone")
    (reference, text), before = echo, parts.field.hub.count()
    answer = parts.ask("PUT", "Part/Prices", [row])
    assert answer == {"code": 0, "errors": [{"id": None, "price": text, "reference": reference}]}
    assert parts.field.hub.count() == before
    assert price(parts, "A") == "2.5"
    kept = parts.field.hub.messages()[-1]
    assert kept.state == "refused"
    assert kept.error.startswith(f"row 1: {why}")


def test_a_row_that_names_two_parts_is_bad_and_renames_none(parts):
    number = make(parts, reference="A")
    make(parts, reference="B")
    rows = [{"id": number, "reference": "B", "price": 5}, {"id": number, "reference": "new", "price": 6}]
    answer = parts.ask("PUT", "Part/Prices", rows)
    bad = [{"id": str(number), "price": text, "reference": key} for key, text in (("B", "5"), ("new", "6"))]
    assert answer == {"code": 0, "errors": bad}
    assert (price(parts, "A"), price(parts, "B")) == ("", "")
    assert parts.call("GET", "Part/Details", reference="new").status_code == 404


def test_of_a_part_that_comes_twice_the_last_good_price_counts(parts):
    number = make(parts, reference="A")
    rows = [{"reference": "A", "price": 1}, {"id": number, "price": "2"}, {"reference": "A", "price": "-3"}]
    assert parts.ask("PUT", "Part/Prices", rows)["code"] == 0
    assert price(parts, "A") == "2"


def test_prices_are_no_list_of_anything_else(spoken):
    answer = spoken.field.call("PUT", "/Api/v2/Part/Prices", content=b'{"reference":"A","price":1}')
    assert (answer.status_code, answer.json()) == (400, {"code": 0, "message": "the body must be a JSON array"})
    assert spoken.ask("PUT", "Part/Prices", []) == spoken.like({"code": 1, "errors": []})


def test_a_connection_sends_and_sees_parts_only_if_it_may(hub):
    silent = Spoken(Field(hub, "silent", told="customer", writes="customer"), "json")
    calls: list[tuple[str, str, Any]] = [
        ("GET", "Part/Details?reference=A", None),
        ("GET", "Part/List", None),
        ("DELETE", "Part/Delete?reference=A", None),
        ("POST", "Part/Send", {"name": "Hinge"}),
        ("PUT", "Part/Prices", [{"reference": "A", "price": 1}]),
    ]
    for method, path, body in calls:
        assert silent.call(method, path, body).status_code == 403
