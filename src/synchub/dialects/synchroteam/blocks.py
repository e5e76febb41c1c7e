"""Shared blocks: the questions that reports of jobs are made of (facts/synchroteam_endpoints.json, section Blocks).

Clients only read them; they are made by import, a line being what the list shows. Its flags are truth values, and what
there is none of is null (BLK-1). The numbers of items are kept as they came: answers and photos of jobs name them.
"""

from collections import Counter
from typing import Annotated

from pydantic import AfterValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from synchub.dialects.synchroteam import description
from synchub.dialects.synchroteam.bodies import Row
from synchub.dialects.synchroteam.endpoints import Endpoint
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.members import Member, flag_in, number_in, objects, reader_of, text_in
from synchub.dialects.synchroteam.verbs import lister
from synchub.dialects.synchroteam.views import CHANGED_FROM, Seen
from synchub.dialects.synchroteam.words import Flag, Shown, Text, listed, part_of
from synchub.dialects.wire import Wire
from synchub.master.entities.field_service import Block
from synchub.master.values import as_list, spell_list

SIGNATURE = 7
TYPES = {
    0: "compliance",
    1: "list",
    2: "text",
    3: "date",
    4: "time",
    5: "number",
    SIGNATURE: "signature",
    8: "picture",
}
"""What an answer to an item may be, by the vendor's number."""
_NUMBERS = {name: number for number, name in TYPES.items()}


def _read_item(one: Member) -> Member:
    number, kind = number_in(one, "idItem"), number_in(one, "idTypeItem")
    if not number:
        raise PydanticCustomError("item", "idItem is required")
    if kind not in TYPES:
        known = ", ".join(map(str, TYPES))
        raise PydanticCustomError("item", "idTypeItem must be one of {known}", {"known": known})
    values = [part_of(each, "a value") for each in listed(one.get("valuelist"), "values")]
    return {
        "id": number,
        "name": text_in(one, "name"),
        "type": TYPES[kind],
        "position": number_in(one, "positionNumber"),
        "mandatory": flag_in(one, "mandatory"),
        "condition": number_in(one, "conditionItem") or None,
        "value": text_in(one, "conditionValue"),
        "values": values or None,
    }


def _in_order(value: str | None) -> str | None:
    """Items by their positions; one without stands where it came."""
    items: list[Member] = as_list(value)
    for place, one in enumerate(items):
        one["position"] = place if one["position"] is None else one["position"]
    ids = Counter(one["id"] for one in items)
    for row, one in enumerate(items, 1):
        if ids[one["id"]] > 1:
            raise PydanticCustomError("item", "row {row}: idItem {id} comes twice", {"row": row, "id": one["id"]})
        if one["condition"] is not None and one["condition"] not in ids:
            told = {"row": row, "id": one["condition"]}
            raise PydanticCustomError("item", "row {row}: conditionItem {id} is no item of this block", told)
    return spell_list(sorted(items, key=lambda one: int(one["position"])))


def item_shown(one: Member, block: int | str | None) -> Member:
    """An item as its block shows it."""
    return {
        "conditionItem": one.get("condition"),
        "conditionValue": one.get("value"),
        "positionNumber": one.get("position"),
        "valueList": one.get("values"),
        "idCategory": block,
        "idItem": one.get("id"),
        "idTypeItem": _NUMBERS.get(str(one.get("type"))),
        "mandatory": bool(one.get("mandatory")),
        "name": one.get("name") or "",
    }


Items = Annotated[
    str | None,
    AfterValidator(_in_order),
    reader_of("items", _read_item),
    Shown(as_list),
    PlainSerializer(lambda value: [item_shown(one, None) for one in as_list(value)]),
]


class BlockRow(Wire, entity=Block):
    """A block; its words stand in the order in which the vendor shows them."""

    published: Flag = Field(None, alias="flPublished")
    shared: Flag = Field(None, alias="flShared")
    items: Items = Field(None, alias="items")
    name: Text = Field(None, alias="name")


def _unfolded(row: Row) -> Row:
    """See that items do not say that they belong to another block."""
    folded = {name.lower(): value for name, value in row.items()}
    try:
        own = {"", part_of(folded.get("id"), "id")}
        items = objects(folded.get("items"), "items")
        other = next((place for place, one in items if part_of(one.get("idcategory"), "an id") not in own), None)
    except PydanticCustomError:
        return row  # whoever reads the words says what is wrong with them
    if other is not None:
        raise Declined(f"items row {other}: idCategory must be the id of the block")
    return row


def _finished(row: Row, seen: Seen) -> Row:
    return row | {"items": [item_shown(one, seen.id) for one in row["items"]]}


_ITEM = {
    "type": "object",
    "properties": {
        "conditionItem": description.WHOLE,
        "conditionValue": {"type": ["string", "null"]},
        "positionNumber": description.NUMBER,
        "valueList": {"type": ["array", "null"], "items": description.TEXT},
        "idCategory": description.NUMBER,
        "idItem": description.NUMBER,
        "idTypeItem": {"type": "integer", "enum": list(TYPES)},
        "mandatory": description.FLAG,
        "name": description.TEXT,
    },
}
BLOCK = Kind(
    Block,
    BlockRow,
    noun="block",
    plural="blocks",
    root="Block",
    key="",
    filters={"name": "name", "flShared": "shared"},
    described={"items": {"type": "array", "items": _ITEM}},
    unfold=_unfolded,
    finish=_finished,
)
ENDPOINTS = (
    Endpoint(
        "GET",
        "/SharedBlocks/List",
        lister(BLOCK, (CHANGED_FROM,), lambda _call: {"flShared": True}),
        "The blocks that are shared",
        description.listed(BLOCK, ChangedFrom=description.TEXT),
    ),
)
