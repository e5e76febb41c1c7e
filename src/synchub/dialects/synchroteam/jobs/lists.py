"""The lists within a job: its parts, the activities of technicians, and the answers of its report.

As a row says them they name parts and users in the client's words still; `completing` puts our records in their place,
and so they are kept. What is kept can be read again, for a row that is made of it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from synchub.dialects.synchroteam.moments import LONG, shown_moment
from synchub.dialects.synchroteam.views import Referred
from synchub.dialects.synchroteam.words import (
    Shown,
    listed,
    local_moment,
    number_out,
    part_of,
    read_decimal,
    read_whole,
    text_out,
)
from synchub.master.values import as_decimal, as_list, spell_decimal, spell_list

Member = dict[str, Any]
Found = Mapping[int, Referred]


def _objects(value: Any, what: str) -> Iterator[tuple[int, Member]]:
    """The objects of a list, with the rows that they stand in and their words in small letters."""
    members = [value] if isinstance(value, Mapping) else listed(value, what)
    for row, one in enumerate(members, 1):
        if not isinstance(one, Mapping):
            raise PydanticCustomError("objects", "must be a list of {what}: row {row} is none", _told(row, what=what))
        yield row, {str(name).lower(): each for name, each in one.items()}


def _told(row: int, **more: Any) -> dict[str, Any]:
    return {"row": row, **more}


def _reader(what: str, read: Callable[[Member], Member]) -> BeforeValidator:
    """Reads a list of objects; what is wrong with one of them names its row."""

    def all_of(value: Any) -> str | None:
        made = []
        for row, one in _objects(value, what):
            try:
                made.append(read(one))
            except PydanticCustomError as error:
                raise PydanticCustomError("member", "row {row}: {why}", _told(row, why=error.message())) from None
        return spell_list(made)

    return BeforeValidator(all_of)


def _named(one: Member, *words: str) -> str | None:
    """The first of these words that says something."""
    return next((text for word in words if (text := part_of(one.get(word), word))), None)


def _number(one: Member, word: str) -> int | None:
    """A number that is none where it is blank or below 0, as an id is."""
    try:
        number = read_whole(one.get(word))
    except PydanticCustomError:
        raise PydanticCustomError("number", "{word} must be a whole number", {"word": word}) from None
    return None if number is None or number < 0 else number


def _read_part(one: Member) -> Member:
    reference, number = _named(one, "reference"), _number(one, "id") or None
    if reference is None and number is None:
        raise PydanticCustomError("part", "each part needs its id or its reference")
    quantity = read_decimal(one.get("quantity"))
    if quantity is None or quantity < 0:
        raise PydanticCustomError("quantity", "quantity must be a number of 0 or more")
    return {"id": number, "reference": reference, "quantity": spell_decimal(quantity)}


def _read_activity(one: Member) -> Member:
    begin, end = (local_moment(one.get(word) or one.get(ours)) for word, ours in (("start", "begin"), ("stop", "end")))
    if begin is None:
        raise PydanticCustomError("activity", "start is required")
    return {"id": _number(one, "iduser") or None, "login": _named(one, "login"), "begin": begin, "end": end}


def _read_answer(one: Member) -> Member:
    number, item = _number(one, "id") or None, _named(one, "nmitem", "item")
    if number is None and item is None:
        raise PydanticCustomError("answer", "each item needs its id or its nmItem")
    return {
        "id": number,
        "category_id": _number(one, "idcategory") or _number(one, "category_id"),
        "iteration": _number(one, "iteration"),
        "category": _named(one, "nmcategory", "category"),
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


def answer_shown(one: Member) -> Member:
    """An answer as a job shows it."""
    return {
        "id": one.get("id"),
        "idCategory": one.get("category_id"),
        "iteration": one.get("iteration") or 0,
        "nmCategory": text_out(one.get("category")),
        "nmItem": text_out(one.get("item")),
        "value": text_out(one.get("value")),
    }


def _spelled(show: Callable[[Member], Member]) -> PlainSerializer:
    return PlainSerializer(lambda value: [show(one) for one in as_list(value)])


Parts = Annotated[str | None, _reader("parts", _read_part), Shown(as_list), _spelled(lambda one: part_shown(one, {}))]
Activities = Annotated[
    str | None,
    _reader("activities", _read_activity),
    Shown(as_list),
    _spelled(lambda one: activity_shown(one, {}, "UTC")),
]
Answers = Annotated[str | None, _reader("report items", _read_answer), Shown(as_list), _spelled(answer_shown)]
