"""Stock: what is in the depots, as it is counted and as it is shown."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Erp, Field
from tests.dialects.synchroteam.spoken import FORMS, Spoken
from tests.dialects.synchroteam.storing import carry_in, carry_out, count, depots, part, stock
from tests.served import Served, serving

from synchub import clock
from synchub.dialects.synchroteam.stock import DEPOT, STOCK_LEVEL
from synchub.dialects.synchroteam.stock.serials import clashes
from synchub.dialects.synchroteam.stock.spots import Spot
from synchub.master.entities.field_service import StockLevel

BOTH = {"MAIN": "Main store", "VAN": "Van"}
GOOD = {"code": 1, "errors": ""}


@pytest.fixture
def stored(field):
    """A field with two depots and two parts, of which one has serial numbers."""
    depots(field, **BOTH)
    part(field, "H-1")
    part(field, "S-1", serializable=True)
    return field


@pytest.fixture(scope="module")
def lasting_stored(lasting):
    depots(lasting, **BOTH)
    part(lasting, "H-1")
    part(lasting, "N-1", serializable=False)
    return lasting


def errors(*rows: tuple[str, str, str]) -> dict[str, Any]:
    return {"code": 0, "errors": [{"depot": d, "reference": r, "message": m} for d, r, m in rows]}


@pytest.mark.parametrize("form", FORMS)
def test_quantities_are_set_and_shown_in_the_same_shape(stored, form):
    spoken = Spoken(stored, form)
    said = [
        {
            "depot": "Main store",
            "parts": [
                {"reference": "H-1", "quantity": 210, "serials": []},
                {"reference": "S-1", "quantity": "3", "serials": ["771", "772"]},
            ],
        },
        {"depot": "Van", "parts": [{"reference": "H-1", "quantity": 2.5, "serials": []}]},
    ]
    assert spoken.ask("PUT", "Inventory/Quantities", said) == spoken.like(GOOD)
    said[0]["parts"][1]["quantity"] = 3  # type: ignore[index]
    told = spoken.ask("GET", "Inventory/Quantities")
    assert told == spoken.like(said)
    before = stored.hub.count()
    assert spoken.ask("PUT", "Inventory/Quantities", told) == spoken.like(GOOD)
    assert stored.hub.count() == before


def test_a_quantity_is_all_that_is_there(stored):
    for quantity, shown in ((7, 7), (7, 7), ("2,5", 2.5), (0, 0)):
        assert count(stored, "Van", "H-1", quantity) == GOOD
        assert stock(stored) == {("Van", "H-1"): shown}
    assert stored.hub.count(StockLevel) == 1


def test_what_one_connection_counted_counts_again_after_another_counted(hub):
    stored, other = Field(hub), Field(hub, "other")
    depots(stored, **BOTH)
    part(stored, "H-1")
    assert count(stored, "Van", "H-1", 7) == GOOD
    assert count(other, "Van", "H-1", 8) == GOOD
    assert count(stored, "Van", "H-1", 7) == GOOD
    assert (stock(stored), stock(other)) == ({("Van", "H-1"): 7}, {("Van", "H-1"): 7})
    assert stored.hub.count(StockLevel) == 1


def test_a_count_that_another_connection_overrules_is_told_so(hub):
    first, second = Field(hub, "first", rank=2), Field(hub, "second", rank=1)
    depots(first, **BOTH)
    part(first, "H-1")
    assert count(first, "Van", "H-1", 8) == GOOD
    overruled = "this connection's counts do not count here: another one has precedence"
    assert count(second, "Van", "H-1", 7) == errors(("Van", "H-1", overruled))
    assert stock(second) == {("Van", "H-1"): 8}


@pytest.mark.parametrize("form", FORMS)
def test_bad_rows_are_named_and_good_rows_count(lasting_stored, form):
    spoken = Spoken(lasting_stored, form)
    parts = [
        {"reference": "H-1", "quantity": 4},
        {"reference": "nothing", "quantity": 4},
        {"reference": "H-1", "quantity": -1},
        {"reference": "H-1", "quantity": "some"},
        {"reference": "H-1"},
        {"quantity": 4},
        {"reference": "H-1", "quantity": 1, "serials": ["1", "2", "1"]},
        {"reference": "N-1", "quantity": 1, "serials": ["1"]},
    ]
    answer = spoken.ask(
        "PUT",
        "Inventory/Quantities",
        [{"depot": "Van", "parts": parts}, {"depot": "Nowhere", "parts": [{"reference": "H-1", "quantity": 1}]}],
    )
    expected = errors(
        ("Van", "nothing", "there is no such part"),
        ("Van", "H-1", "quantity must not be negative"),
        ("Van", "H-1", "quantity must be a number such as 12.5 or 12,5"),
        ("Van", "H-1", "quantity is required"),
        ("Van", "", "reference is required"),
        ("Van", "H-1", "2 serial numbers are too many for a quantity of 1"),
        ("Van", "N-1", "serials: this part has no serial numbers (it is not serializable)"),
        ("Nowhere", "H-1", "there is no such depot"),
    )
    assert answer["errors"] == spoken.like(expected)["errors"]
    assert answer["code"] == spoken.like(0)
    assert stock(lasting_stored) == {("Van", "H-1"): 4}
    kept = lasting_stored.hub.messages()
    assert "Nowhere H-1: there is no such depot" in next(each.notes for each in reversed(kept) if each.method == "PUT")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"parts": []}], ("", "", "row 1: the name of a depot is required")),
        ([{"depot": "Van"}], ("Van", "", "row 1: a list of parts is required")),
        ([{"depot": "Van", "parts": {"reference": "H-1"}}], ("Van", "", "row 1: a list of parts is required")),
        (["Van"], ("", "", "row 1 must be an object with depot and parts")),
        ([{"depot": "Van", "parts": ["H-1"]}], ("Van", "", "must be an object, got text")),
        (
            [{"depot": "Van", "parts": [{"reference": "H-1", "quantity": 2, "serials": 7}]}],
            ("Van", "H-1", "serials must be a list of serial numbers"),
        ),
    ],
)
def test_a_body_in_another_shape_changes_nothing_and_is_told_where(lasting_stored, rows, told):
    before = lasting_stored.hub.count()
    assert Spoken(lasting_stored, "json").ask("PUT", "Inventory/Quantities", rows) == errors(told)
    assert lasting_stored.hub.count() == before
    assert lasting_stored.hub.messages()[-1].state == "refused"


def test_a_body_that_is_no_list_is_400_and_an_empty_one_asks_for_nothing(lasting_stored):
    spoken = Spoken(lasting_stored, "json")
    assert spoken.call("PUT", "Inventory/Quantities", {"depot": "Van"}).status_code == 400
    assert spoken.ask("PUT", "Inventory/Quantities", []) == GOOD
    assert spoken.ask("PUT", "Inventory/Quantities", [{"depot": "Van", "parts": []}]) == GOOD


def test_of_rows_about_the_same_part_in_the_same_depot_the_last_good_one_counts(stored):
    parts = [{"reference": "H-1", "quantity": quantity} for quantity in (1, 2, -3)]
    answer = Spoken(stored, "json").ask("PUT", "Inventory/Quantities", [{"depot": "Van", "parts": parts}])
    assert answer == errors(("Van", "H-1", "quantity must not be negative"))
    assert stock(stored) == {("Van", "H-1"): 2}


def test_a_depot_is_found_by_its_name_before_its_code_and_must_be_one(stored):
    depots(stored, X1="Twin", X2="Twin", X3="VAN")
    assert count(stored, "MAIN", "H-1", 1) == GOOD
    assert count(stored, "VAN", "H-1", 2) == GOOD
    assert count(stored, "X1", "H-1", 3) == GOOD
    several = "several depots have this name: use the code of the one that is meant"
    assert count(stored, "Twin", "H-1", 4) == errors(("Twin", "H-1", several))
    assert stock(stored) == {("Main store", "H-1"): 1, ("VAN", "H-1"): 2, ("X1", "H-1"): 3}


def test_serial_numbers_are_kept_once_each_and_replaced_by_the_next_count(stored):
    assert count(stored, "Van", "S-1", 6, "1", "2", "2", " 3 ", "") == GOOD
    assert stock(stored) == {("Van", "S-1"): (6, "1", "2", "3")}
    assert count(stored, "Van", "S-1", 6, "3", "4") == GOOD
    assert stock(stored) == {("Van", "S-1"): (6, "3", "4")}
    assert count(stored, "Van", "S-1", 6) == GOOD
    assert stock(stored) == {("Van", "S-1"): 6}


def test_a_serial_number_is_in_one_depot(stored):
    part(stored, "S-2", serializable=True)
    assert count(stored, "Main store", "S-1", 2, "1", "2") == GOOD
    taken = "the serial number 2 is in depot Main store"
    assert count(stored, "Van", "S-1", 2, "3", "2") == errors(("Van", "S-1", taken))
    assert count(stored, "Van", "S-2", 1, "2") == GOOD
    assert stock(stored) == {("Main store", "S-1"): (2, "1", "2"), ("Van", "S-2"): (1, "2")}


def test_a_serial_number_goes_to_another_depot_with_a_row_that_takes_it_from_the_first(stored):
    def both(main: list[str], van: list[str]) -> Any:
        rows = [
            {"depot": depot, "parts": [{"reference": "S-1", "quantity": 2, "serials": serials}]}
            for depot, serials in (("Van", van), ("Main store", main))
        ]
        return Spoken(stored, "json").ask("PUT", "Inventory/Quantities", rows)

    assert both(["1", "2"], ["3"]) == GOOD
    assert both(["3", "1"], ["2"]) == GOOD
    assert stock(stored) == {("Main store", "S-1"): (2, "3", "1"), ("Van", "S-1"): (2, "2")}
    assert both(["4"], ["4"]) == errors(("Main store", "S-1", "the serial number 4 is in depot Van"))
    assert stock(stored) == {("Main store", "S-1"): (2, "3", "1"), ("Van", "S-1"): (2, "4")}
    answer = both(["5", "4", "3"], ["1"])  # too many in the main store: so nothing leaves it, nor can anything come
    assert [row["depot"] for row in answer["errors"]] == ["Van", "Main store"]
    assert stock(stored) == {("Main store", "S-1"): (2, "3", "1"), ("Van", "S-1"): (2, "4")}


def test_of_two_that_say_the_same_serial_number_the_first_has_it():
    here, there, else_ = Spot(1, 9), Spot(2, 9), Spot(3, 9)
    assert clashes({here: ("1",)}, {there: ("1",)}) == {there: ("1", here)}
    assert clashes({here: ("1",)}, {here: ("2",), there: ("1",)}) == {}
    assert clashes({}, {here: ("1", "2"), there: ("3", "2"), else_: ("3",)}) == {
        there: ("2", here),
        else_: ("3", there),
    }


def test_stock_is_shown_filtered_and_by_when_it_changed(hub):
    noon = 1_790_000_000 // 86_400 * 86_400 * clock.SECOND + 43_200 * clock.SECOND
    with clock.replaced(lambda: noon):
        field = Field(hub)
        depots(field, **BOTH)
        part(field, "H-1")
        part(field, "S-1")
        count(field, "Main store", "H-1", 5)
        count(field, "Van", "S-1", 2)
    with clock.replaced(lambda: noon + 86_400 * clock.SECOND):
        count(field, "Van", "H-1", 1)
        assert stock(field, ChangedFrom="2026-09-22") == {("Van", "H-1"): 1}
    assert stock(field, depot="Van") == stock(field, depot="VAN") == {("Van", "H-1"): 1, ("Van", "S-1"): 2}
    assert stock(field, reference="H-1") == {("Main store", "H-1"): 5, ("Van", "H-1"): 1}
    assert stock(field, reference="S-1", depot="Main store") == stock(field, depot="Nowhere") == {}
    answer = field.call("GET", "/Api/v2/Inventory/Quantities?part=H-1")
    assert (answer.status_code, "no parameter 'part'" in answer.text) == (400, True)


def test_stock_comes_in_pages_of_parts_and_a_depot_goes_on_on_the_next(stored):
    for reference in ("A-1", "B-1", "C-1", "Gone"):
        part(stored, reference)
        count(stored, "Main store", reference, 1)
    count(stored, "Van", "A-1", 2)
    Spoken(stored, "json").ask("DELETE", "Part/Delete", reference="Gone")
    where: str | None = "/Api/v2/Inventory/Quantities?pageSize=2"
    seen = []
    while where:
        answer = stored.call("GET", where)
        assert answer.headers["x-total-count"] == "4"
        seen.append([(row["depot"], [one["reference"] for one in row["parts"]]) for row in answer.json()])
        where = answer.links.get("next", {}).get("url")
    assert seen == [[("Main store", ["A-1", "B-1"])], [("Main store", ["C-1"]), ("Van", ["A-1"])]]
    assert stored.call("GET", "/Api/v2/Inventory/Quantities?page=9").json() == []
    assert "link" not in stored.call("GET", "/Api/v2/Inventory/Quantities").headers


def test_stock_of_a_part_that_is_deleted_is_there_again_when_the_part_is(stored):
    count(stored, "Van", "H-1", 5)
    spoken = Spoken(stored, "json")
    spoken.ask("DELETE", "Part/Delete", reference="H-1")
    assert stock(stored) == {}
    assert count(stored, "Van", "H-1", 6) == errors(("Van", "H-1", "there is no such part"))
    part(stored, "H-1")
    assert stock(stored) == {("Van", "H-1"): 5}


def test_a_level_is_known_by_its_depot_and_its_part_whatever_they_are_called(hub):
    stored = Field(hub, matches_code="no")
    depots(stored, **BOTH)
    part(stored, "H-1")
    count(stored, "Van", "H-1", 5)
    spoken = Spoken(stored, "json")
    number = spoken.ask("GET", "Part/Details", reference="H-1")["id"]
    spoken.ask("POST", "Part/Send", {"id": number, "reference": "H-9"})
    assert count(stored, "Van", "H-9", 6) == GOOD
    part(stored, "H-1")
    assert count(stored, "Van", "H-1", 7) == GOOD
    assert stock(stored) == {("Van", "H-9"): 6, ("Van", "H-1"): 7}
    assert stored.hub.count(StockLevel) == 2


def test_partners_that_call_depot_and_part_otherwise_have_the_same_level(hub):
    field, other = Field(hub), Field(hub, "other", matches_code="no")
    depots(field, **BOTH)
    part(field, "H-1")
    assert count(field, "Van", "H-1", 5) == GOOD
    depot = next(row["id"] for row in carry_out(other, DEPOT) if row["nmStock"] == "Van")
    number = Spoken(other, "json").ask("GET", "Part/Details", reference="H-1")["id"]
    carry_in(other, DEPOT, id=depot, idStock="their van", nmStock="Van")
    Spoken(other, "json").ask("POST", "Part/Send", {"id": number, "reference": "their hinge"})
    assert count(other, "Van", "their hinge", 6) == GOOD
    assert (stock(field), stock(other)) == ({("Van", "H-1"): 6}, {("Van", "their hinge"): 6})
    assert hub.count(StockLevel) == 1


def test_levels_can_be_carried_over(stored, hub):
    count(stored, "Van", "S-1", "2,5", "1")
    (row,) = carry_out(stored, STOCK_LEVEL)
    told = {word: row[word] for word in ("key", "idStock", "depot", "reference", "quantity", "serials")}
    assert told == {
        "key": "VAN|S-1",
        "idStock": "VAN",
        "depot": "Van",
        "reference": "S-1",
        "quantity": 2.5,
        "serials": ["1"],
    }
    row |= {"quantity": 3, "key": "other"}
    carry_in(stored, STOCK_LEVEL, **row)
    assert stock(stored) == {("Van", "S-1"): (3, "1")}
    assert hub.count(StockLevel) == 1


def test_a_connection_counts_and_sees_stock_only_if_it_may(hub):
    narrow = Field(hub, "narrow", told="stock_level:warehouse_id+item_id,item,warehouse", writes="item,warehouse")
    silent, full = Field(hub, "silent", told="item"), Field(hub)
    depots(full, **BOTH)
    part(full, "H-1")
    count(full, "Van", "H-1", 5)
    assert Spoken(narrow, "json").call("PUT", "Inventory/Quantities", []).status_code == 403
    assert Spoken(silent, "json").call("GET", "Inventory/Quantities").status_code == 403
    assert stock(narrow) == {("Van", "H-1"): None}


def test_many_at_once_make_one_level_and_the_last_count_is_shown(stored):
    rows = [
        [{"depot": depot, "parts": [{"reference": "H-1", "quantity": n}]}]
        for n in (1, 2, 3)
        for depot in ("Van", "MAIN")
    ]
    said = [
        ("PUT", "/v2/Inventory/Quantities", {"content": json.dumps(row), "headers": stored.headers}) for row in rows
    ]
    assert {answer.text for answer in stored.hub.together(*said)} == {json.dumps(GOOD, separators=(",", ":"))}
    assert stock(stored).keys() == {("Main store", "H-1"), ("Van", "H-1")}
    assert stored.hub.count(StockLevel) == 2


def test_processes_that_count_at_once_leave_a_serial_number_in_one_depot(store_url, tmp_path: Path):
    with serving(store_url, tmp_path) as one, serving(store_url, tmp_path) as other:
        field = Field(one)
        depots(field, **BOTH)
        part(field, "S-1", serializable=True)

        def play(hub: Served, depot: str) -> int:
            rows = [
                [{"depot": depot, "parts": [{"reference": "S-1", "quantity": 9, "serials": [serial]}]}]
                for serial in ("1", "2", "3", "1", "2")
            ]
            said = [
                ("PUT", "/v2/Inventory/Quantities", {"content": json.dumps(r), "headers": field.headers}) for r in rows
            ]
            answers = hub.together(*said)
            assert {answer.status_code for answer in answers} == {200}
            return len(answers)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(play, (one, other), ("Van", "Main store")))
        held = stock(field)
        assert len({each[1:] for each in held.values()}) == len(held)
        assert one.count(StockLevel) == len(held)


def test_a_depot_of_another_partner_is_found_by_its_name(field, erp: Erp):
    site = {"form": "setSite", "data": [{"SiteCode": "KHO1", "SiteName": "North depot", "Status": "1"}]}
    headers = {"authorization": erp.token}
    assert field.hub.call("POST", "/api/SyncData", content=json.dumps(site), headers=headers).json()["success"]
    part(field, "H-1")
    assert count(field, "North depot", "H-1", 5) == GOOD
    assert count(field, "KHO1", "H-1", 6) == GOOD
    assert stock(field) == {("North depot", "H-1"): 6}
    assert field.hub.record("stock_level", "KHO1|H-1").quantity == 6
