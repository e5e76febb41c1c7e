"""What the words of the vendor's rows hold: how each kind of value is read, and how it is shown.

A kind is an annotated type of a wire model's field. What it shows is marked by `Shown`, which makes a wire value of a
typed column's; a field without the mark is text, "" where it is blank.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from synchub.dialects.synchroteam.moments import NotRead, read_moment
from synchub.dialects.wire import SECRET, Wire
from synchub.master.naming import LONGEST_KEY
from synchub.master.values import (
    MAX_DIGITS,
    Value,
    as_flag,
    as_list,
    clean,
    read_number,
    spell_decimal,
    spell_list,
    spell_moment,
    storable,
)

LATITUDE, LONGITUDE = 90, 180
LONGEST_TEXT = 4000
LARGEST_NUMBER = 2**31 - 1
_UNDER_A_BILLION = 10**9


@dataclass(frozen=True, slots=True)
class Shown:
    """A mark on a field: what is shown of a typed column's value."""

    out: Callable[[Any], Any]


def _text(value: Any) -> Any:
    """A number or truth value as the text that it is written with."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return spell_decimal(value) if isinstance(value, Decimal) else value


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def read_decimal(value: Any) -> Decimal | None:
    """An exact number, as number or text with a point or a comma.

    Raises:
        PydanticCustomError: it is none.
    """
    if _blank(value):
        return None
    text = str(value).strip().replace(",", ".")
    number = read_number(text) if text.isascii() and not isinstance(value, bool) else None
    if number is None or not -MAX_DIGITS <= number.adjusted() <= MAX_DIGITS:
        raise PydanticCustomError("decimal", "must be a number such as 12.5 or 12,5")
    return number


def read_whole(value: Any) -> int | None:
    """A whole number of 32 bits, as number or text.

    Raises:
        PydanticCustomError: it is none.
    """
    if _blank(value):
        return None
    try:
        number = Decimal(str(value).strip()) if not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    fits = number is not None and number.is_finite() and -LARGEST_NUMBER <= number <= LARGEST_NUMBER
    if number is None or not fits or number != int(number):
        raise PydanticCustomError("whole", "must be a whole number")
    return int(number)


def read_flag(value: Any) -> bool | None:
    """A truth value, as one, as number or as text.

    Raises:
        PydanticCustomError: it is none.
    """
    if _blank(value):
        return None
    flag = as_flag(value.strip() if isinstance(value, str) else value) if isinstance(value, str | int) else None
    if flag is None:
        raise PydanticCustomError("flag", "must be true or false")
    return flag


def local_moment(value: Any) -> str | None:
    """A moment as text in ISO form; without a Z it is in the connection's zone still (`moments.in_utc`)."""
    if _blank(value):
        return None
    try:
        made = read_moment(str(value).strip())
    except NotRead:
        raise PydanticCustomError("moment", "must be a date such as 2026-07-19 14:43 or 19/07/2026 14:43:00") from None
    return spell_moment(made) if made.tzinfo else made.isoformat(timespec="seconds")


def _day(value: Any) -> date | None:
    if _blank(value):
        return None
    try:
        return read_moment(str(value).strip()).date()
    except NotRead:
        raise PydanticCustomError("day", "must be a date such as 2026-07-19 or 19/07/2026") from None


def _degrees(most: int) -> BeforeValidator:
    def read(value: Any) -> Decimal | None:
        text = str(value).strip().replace(",", ".") if value is not None else ""
        try:
            number = Decimal(text) if text else None
        except InvalidOperation:
            number = Decimal("nan")
        fits = number is None or (number.is_finite() and -most <= number <= most and number.adjusted() > -MAX_DIGITS)
        if not fits:
            raise PydanticCustomError("degrees", "must be degrees between {least} and {most}", _bounds(most))
        return number

    return BeforeValidator(read)


def _bounds(most: int) -> dict[str, Any]:
    return {"least": -most, "most": most}


def texts_of(what: str, one: str) -> BeforeValidator:
    """Texts as one value: each once, in the order given."""

    def read(value: Any) -> str | None:
        texts = [part_of(each, one) for each in listed(value, what)]
        return spell_list(list(dict.fromkeys(filter(None, texts))))

    return BeforeValidator(read)


def listed(value: Any, what: str) -> list[Any]:
    """The members of a list, of a text that spells one, or of a text with commas between.

    Raises:
        PydanticCustomError: it is no list.
    """
    if value is None or value == "":
        return []
    if isinstance(value, str):
        return as_list(value) or [part for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise PydanticCustomError("list", "must be a list of {what}", {"what": what})
    return value


def part_of(value: Any, what: str) -> str:
    """A text within a list; "" where it is blank.

    Raises:
        PydanticCustomError: it is no text.
    """
    value = _text(value)
    if not isinstance(value, str | int | None):
        raise PydanticCustomError("part", "{what} must be text", {"what": what})
    return clean(storable(str(value))) or "" if value is not None else ""


def _custom_fields(value: Any) -> str | None:
    """Custom field values as one value; a field that comes twice has its later value."""
    made = [_custom_field(one) for one in listed(value, "custom field values")]
    return spell_list(list({one["id"]: one for one in made}.values()))


def _custom_field(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PydanticCustomError("custom_field", "must be a list of objects with id or name, and value")
    folded = {str(name).lower(): each for name, each in value.items()}
    name, number = part_of(folded.get("name"), "a name"), part_of(folded.get("id"), "an id")
    if number and not (number.isascii() and number.isdecimal() and int(number) < _UNDER_A_BILLION):
        raise PydanticCustomError("custom_field_id", "an id must be a whole number")
    known = int(number or 0)  # 0 is what a client sends that has only names
    if not known and not name:
        raise PydanticCustomError("custom_field_name", "each value needs the id or the name of its field")
    return {
        "id": known or field_id(name),
        "name": name,
        "value": part_of(folded.get("value"), "a value"),
    }


def field_id(name: str) -> int:
    """The id of a custom field that nobody gave one: a number made of its name, the same for every record."""
    return zlib.crc32(name.casefold().encode()) % _UNDER_A_BILLION


def merged(held: Value, said: Value) -> str | None:
    """Custom fields after some of them were said anew, found by id or by name; nothing said clears them all."""
    if said is None:
        return None
    fields = {one["id"]: one for one in as_list(held)}
    ids = {str(one["name"]).casefold(): one["id"] for one in fields.values() if one["name"]}
    for one in as_list(said):
        known = one["id"] if one["id"] in fields else ids.get(str(one["name"]).casefold(), one["id"])
        name = one["name"] or fields.get(known, one)["name"]
        fields[known] = {"id": known, "name": name, "value": one["value"]}
    return spell_list(list(fields.values()))


def text_out(value: Any) -> str:
    """A text; "" where it is blank."""
    return spell_decimal(value) if isinstance(value, Decimal) else str(value or "")


def number_out(value: Decimal | None) -> int | float | None:
    """An exact number as JSON and XML have it."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


_listed_out = PlainSerializer(as_list)
_text_out = PlainSerializer(lambda value: "" if value is None else str(value), return_type=str)
_degrees_out = PlainSerializer(lambda value: "" if value is None else spell_decimal(value), return_type=str)
_decimal_out = PlainSerializer(lambda value: "" if value is None else spell_decimal(value), return_type=str)

Key = Annotated[Annotated[str, Field(max_length=LONGEST_KEY)] | None, BeforeValidator(_text), _text_out]
Text = Annotated[Annotated[str, Field(max_length=LONGEST_TEXT)] | None, BeforeValidator(_text), _text_out]
Whole = Annotated[int | None, BeforeValidator(read_whole), Shown(lambda value: value)]
"""A whole number, null where it is blank."""
Flag = Annotated[bool | None, BeforeValidator(read_flag), Shown(bool)]
Exact = Annotated[Decimal | None, BeforeValidator(read_decimal), _decimal_out]
"""An exact number, shown as text."""
Moment = Annotated[str | None, BeforeValidator(local_moment), _text_out]
Day = Annotated[date | None, BeforeValidator(_day)]
Tags = Annotated[str | None, texts_of("tags", "a tag"), _listed_out, Shown(as_list)]
CustomFields = Annotated[str | None, BeforeValidator(_custom_fields), _listed_out, Shown(as_list)]
Latitude = Annotated[Decimal | None, _degrees(LATITUDE), _degrees_out]
Longitude = Annotated[Decimal | None, _degrees(LONGITUDE), _degrees_out]


@cache
def shown_words(model: type[Wire]) -> tuple[tuple[str, str, Callable[[Any], Any]], ...]:
    """The attributes of a model in order, each with its word and with what is shown of its value; no secrets."""
    made = []
    for name, info in model.model_fields.items():
        if SECRET in info.metadata:
            continue
        out = next((mark.out for mark in info.metadata if isinstance(mark, Shown)), text_out)
        made.append((name, info.alias or name, out))
    return tuple(made)


def show(model: type[Wire], values: Mapping[str, Any]) -> dict[str, Any]:
    """Every word of a model with what typed columns hold for it; blanks where they hold nothing."""
    return {word: out(values.get(name)) for name, word, out in shown_words(model)}


def utc_now(moment: int) -> str:
    """The image value of a moment in microseconds."""
    return spell_moment(datetime.fromtimestamp(moment / 1_000_000, UTC))
