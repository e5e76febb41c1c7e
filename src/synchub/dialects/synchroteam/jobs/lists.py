"""The lists within a job: its parts, the activities of technicians, and the answers of its report.

As a row says them they name parts and users in the client's words still; `completing` puts our records in their place,
and so they are kept. What is kept can be read again, for a row that is made of it.
"""

from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import PlainSerializer
from pydantic_core import PydanticCustomError

from synchub.dialects.synchroteam.members import Member, id_in, number_in, reader_of, text_in
from synchub.dialects.synchroteam.moments import LONG, shown_moment
from synchub.dialects.synchroteam.views import Referred
from synchub.dialects.synchroteam.words import (
    Shown,
    local_moment,
    number_out,
    part_of,
    read_decimal,
    text_out,
)
from synchub.master.values import as_decimal, as_list, spell_decimal

Found = Mapping[int, Referred]


def _read_part(one: Member) -> Member:
    reference, number = text_in(one, "reference"), id_in(one, "id")
    if reference is None and not number:
        raise PydanticCustomError("part", "each part needs its id or its reference")
    quantity = read_decimal(one.get("quantity"))
    if quantity is None or quantity < 0:
        raise PydanticCustomError("quantity", "quantity must be a number of 0 or more")
    return {"id": number, "reference": reference, "quantity": spell_decimal(quantity)}


def _read_activity(one: Member) -> Member:
    begin, end = (local_moment(one.get(word) or one.get(ours)) for word, ours in (("start", "begin"), ("stop", "end")))
    if begin is None:
        raise PydanticCustomError("activity", "start is required")
    return {"id": id_in(one, "iduser"), "login": text_in(one, "login"), "begin": begin, "end": end}


def _read_answer(one: Member) -> Member:
    number, item = number_in(one, "id") or None, text_in(one, "nmitem", "item")
    if number is None and item is None:
        raise PydanticCustomError("answer", "each item needs its id or its nmItem")
    return {
        "id": number,
        "category_id": number_in(one, "idcategory") or number_in(one, "category_id"),
        "iteration": number_in(one, "iteration"),
        "category": text_in(one, "nmcategory", "category"),
        "item": item,
        "value": part_of(one.get("value"), "a value"),
    }


def part_shown(one: Member, found: Found) -> Member:
    """A part as a job shows it; of one that is gone the reference stays."""
    other = found.get(one.get("item") or 0)
    return {
        "id": other.id if other else None,
        "quantity": number_out(as_decimal(one.get("quantity"))),
        "reference": other.key if other and other.key else text_out(one.get("reference")),
    }


def activity_shown(one: Member, found: Found, zone: str) -> Member:
    """An activity as a job shows it."""
    other = found.get(one.get("employee") or 0)
    return {
        "idUser": other.id if other else None,
        "login": other.key if other and other.key else text_out(one.get("login")),
        "start": shown_moment(one.get("begin"), zone, LONG),
        "stop": shown_moment(one.get("end"), zone, LONG),
    }


def answer_shown(one: Member, found: Found) -> Member:
    """An answer as a job shows it."""
    block = found.get(one.get("block") or 0)
    return {
        "id": one.get("id"),
        "idCategory": block.id if block else one.get("category_id"),
        "iteration": one.get("iteration") or 0,
        "nmCategory": text_out(one.get("category")),
        "nmItem": text_out(one.get("item")),
        "value": text_out(one.get("value")),
    }


def _spelled(show: Callable[[Member], Member]) -> PlainSerializer:
    return PlainSerializer(lambda value: [show(one) for one in as_list(value)])


Parts = Annotated[str | None, reader_of("parts", _read_part), Shown(as_list), _spelled(lambda one: part_shown(one, {}))]
Activities = Annotated[
    str | None,
    reader_of("activities", _read_activity),
    Shown(as_list),
    _spelled(lambda one: activity_shown(one, {}, "UTC")),
]
Answers = Annotated[
    str | None, reader_of("report items", _read_answer), Shown(as_list), _spelled(lambda one: answer_shown(one, {}))
]
