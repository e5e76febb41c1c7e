"""Shared blocks: what is brought in is listed, if it is shared."""

from typing import Any

import pytest
from tests.dialects.synchroteam.bringing import bring
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.spoken import FORMS, Spoken
from tests.served import Served

from synchub.dialects.synchroteam.blocks import BLOCK
from synchub.dialects.synchroteam.faults import Declined


def item(number: int, name: str, **more: Any) -> dict[str, Any]:
    """An item as a list shows it, but for its block and its place."""
    usual = {"conditionItem": None, "conditionValue": None, "valueList": None, "mandatory": False, "idTypeItem": 2}
    return {**usual, "idItem": number, "name": name, **more}


def block(number: int, name: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A block as a list shows it."""
    placed = [{**one, "idCategory": number, "positionNumber": place} for place, one in enumerate(items)]
    return {"id": number, "name": name, "flPublished": True, "flShared": True, "items": placed, **more}


OVEN = block(
    411,
    "Oven",
    item(51, "Is it hot?", idTypeItem=0, mandatory=True),
    item(52, "How hot?", conditionItem=51, conditionValue="yes", idTypeItem=5),
    item(53, "Fuel", valueList=["gas", "wood, dry"], idTypeItem=1),
    item(54, "Signed", idTypeItem=7),
)


def listed(field: Field, query: str = "") -> Any:
    answer = field.call("GET", f"/Api/v2/SharedBlocks/List{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("form", FORMS)
def test_a_block_is_listed_as_it_was_brought_in(field, form):
    bring(field, BLOCK, OVEN)
    bring(field, BLOCK, block(412, "Empty", flPublished=False))
    client = Spoken(field, form)
    wanted = [client.like(OVEN), client.like(block(412, "Empty", flPublished=False))]
    shown = client.ask("GET", "SharedBlocks/List")
    assert shown == wanted


def test_only_shared_blocks_are_listed(field):
    bring(field, BLOCK, block(1, "Ours", flShared=False))
    bring(field, BLOCK, block(2, "Nobody said", flShared=""))
    bring(field, BLOCK, block(3, "Shared", flShared=1))
    assert [row["name"] for row in listed(field)] == ["Shared"]
    bring(field, BLOCK, {"id": 3, "flShared": "0"})
    bring(field, BLOCK, {"id": 1, "flShared": "1"})
    assert [row["name"] for row in listed(field)] == ["Ours"]


def test_what_is_said_in_the_words_of_the_table_is_listed_in_those_of_the_example(field):
    said = [
        {"idItem": "9", "name": "Second", "idTypeItem": "3", "positionNumber": 1, "mandatory": 1, "conditionItem": 8},
        {
            "IDITEM": 8,
            "name": "First",
            "idTypeItem": 1,
            "conditionItem": 0,
            "valueList": "gas,wood",
            "positionNumber": 0,
        },
    ]
    bring(field, BLOCK, {"id": 5, "name": "Loose", "flPublished": 0, "flShared": 1, "items": said})
    first = item(8, "First", valueList=["gas", "wood"], idTypeItem=1)
    second = item(9, "Second", conditionItem=8, mandatory=True, idTypeItem=3)
    assert listed(field) == [block(5, "Loose", first, second, flPublished=False)]


def test_another_connection_sees_the_block_by_our_id(hub: Served):
    record = bring(Field(hub), BLOCK, OVEN)
    (row,) = listed(Field(hub, "other"))
    assert row["id"] == record
    assert {one["idCategory"] for one in row["items"]} == {record}
    assert [one["idItem"] for one in row["items"]] == [51, 52, 53, 54]


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([{"name": "x", "idTypeItem": 2}], "items row 1: idItem is required"),
        ([item(1, "x", idTypeItem=6)], "items row 1: idTypeItem must be one of 0, 1, 2, 3, 4, 5, 7, 8"),
        ([item(1, "x"), item(2, "y", idTypeItem="")], "items row 2: idTypeItem must be one of"),
        ([item(1, "x", mandatory="maybe")], "items row 1: mandatory must be true or false"),
        ([item(1, "x"), item(1, "y")], "items row 1: idItem 1 comes twice"),
        ([item(1, "x", conditionItem=2)], "items row 1: conditionItem 2 is no item of this block"),
        ([item(1, "x", idCategory=8)], "items row 1: idCategory must be the id of the block"),
        ([item(1, "x"), 5], "items must be a list of items: row 2 is none"),
        ([item(1, "x", positionNumber="first")], "items row 1: positionNumber must be a whole number"),
    ],
)
def test_an_item_that_cannot_be_kept_is_named(lasting, items, why):
    with pytest.raises(Declined) as declined:
        bring(lasting, BLOCK, {"id": 7, "name": "Bad", "flShared": True, "items": items})
    assert str(declined.value).startswith(why)
    assert "Bad" not in [row["name"] for row in listed(lasting)]


def test_blocks_come_in_pages_and_by_what_changed_since(field):
    for number in (1, 2, 3):
        bring(field, BLOCK, block(number, f"Block {number}"))
    answer = field.call("GET", "/Api/v2/SharedBlocks/List?page=2&pageSize=2")
    assert ([row["id"] for row in answer.json()], answer.headers["x-total-count"]) == ([3], "3")
    assert len(listed(field, "?ChangedFrom=2000-01-01")) == 3
    assert listed(field, "?ChangedFrom=2999-01-01") == []
    answer = field.call("GET", "/Api/v2/SharedBlocks/List?shared=1")
    assert (answer.status_code, "no parameter 'shared'" in answer.json()["message"]) == (400, True)


def test_a_connection_sees_of_blocks_only_what_it_is_told(hub: Served):
    narrow = Field(hub, "narrow", told="block:name+shared")
    blind, silent = Field(hub, "blind", told="block:name"), Field(hub, "silent", told="item")
    bring(Field(hub, "other"), BLOCK, OVEN)
    (row,) = listed(narrow)
    assert (row["name"], row["flPublished"], row["items"]) == ("Oven", False, [])
    assert listed(blind) == []
    assert silent.call("GET", "/Api/v2/SharedBlocks/List").status_code == 403
