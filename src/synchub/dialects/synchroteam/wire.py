"""A customer in the vendor's words (facts/synchroteam_endpoints.json, section Customers).

`adress…` is spelled with one d beside `address`; the later spelling with two is read too (CUS-1). A position is an
object of two texts (POS-1); its words here are `position.Latitude` and `position.Longitude`. Tags and custom field
values are lists, each of them one value of ours.
"""

import json
import zlib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from synchub.dialects.wire import Also, Wire
from synchub.master.entities.parties import Customer
from synchub.master.naming import LONGEST_KEY
from synchub.master.values import MAX_DIGITS, Value, as_list, clean, spell_decimal, spell_list, storable

POSITION = "position"
PLACE = f"{POSITION}."
LEFT_OUT = frozenset({"customFieldValues", "tags", "contactMobile"})
"""What a list leaves out (CUS-3)."""
LATITUDE, LONGITUDE = 90, 180
LONGEST_TEXT = 4000
_UNDER_A_BILLION = 10**9


def _text(value: Any) -> Any:
    """A number or truth value as the text that it is written with."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return spell_decimal(value) if isinstance(value, Decimal) else value


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


def _tags(value: Any) -> str | None:
    """Tags as one value: each once, in the order given."""
    given = _listed(value, "tags")
    tags = [_part(tag, "a tag") for tag in given]
    return spell_list(list(dict.fromkeys(filter(None, tags))))


def _listed(value: Any, what: str) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, str):
        return as_list(value) or [part for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise PydanticCustomError("list", "must be a list of {what}", {"what": what})
    return value


def _part(value: Any, what: str) -> str:
    """A text within a list."""
    value = _text(value)
    if not isinstance(value, str | int | None):
        raise PydanticCustomError("part", "{what} must be text", {"what": what})
    return clean(storable(str(value))) or "" if value is not None else ""


def _custom_fields(value: Any) -> str | None:
    """Custom field values as one value; a field that comes twice has its later value."""
    made = [_custom_field(one) for one in _listed(value, "custom field values")]
    return spell_list(list({one["id"]: one for one in made}.values()))


def _custom_field(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PydanticCustomError("custom_field", "must be a list of objects with id or name, and value")
    folded = {str(name).lower(): each for name, each in value.items()}
    name, number = _part(folded.get("name"), "a name"), _part(folded.get("id"), "an id")
    if number and not (number.isascii() and number.isdecimal() and int(number) < _UNDER_A_BILLION):
        raise PydanticCustomError("custom_field_id", "an id must be a whole number")
    known = int(number or 0)  # 0 is what a client sends that has only names
    if not known and not name:
        raise PydanticCustomError("custom_field_name", "each value needs the id or the name of its field")
    return {
        "id": known or field_id(name),
        "name": name,
        "value": _part(folded.get("value"), "a value"),
    }


def field_id(name: str) -> int:
    """The id of a custom field that nobody gave one: a number made of its name, the same for every customer."""
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


_listed_out = PlainSerializer(as_list)
_text_out = PlainSerializer(lambda value: "" if value is None else str(value), return_type=str)
_degrees_out = PlainSerializer(lambda value: "" if value is None else spell_decimal(value), return_type=str)

Key = Annotated[Annotated[str, Field(max_length=LONGEST_KEY)] | None, BeforeValidator(_text), _text_out]
Text = Annotated[Annotated[str, Field(max_length=LONGEST_TEXT)] | None, BeforeValidator(_text), _text_out]
Tags = Annotated[str | None, BeforeValidator(_tags), _listed_out]
CustomFields = Annotated[str | None, BeforeValidator(_custom_fields), _listed_out]
Latitude = Annotated[Decimal | None, _degrees(LATITUDE), _degrees_out]
Longitude = Annotated[Decimal | None, _degrees(LONGITUDE), _degrees_out]


class CustomerRow(Wire, entity=Customer, key=("code",)):
    """A customer; its words stand in the order in which the vendor shows them."""

    address: Text = Field(None, alias="address")
    address_complement: Text = Field(None, alias="addressComplement")
    city: Annotated[Text, Also("addressCity")] = Field(None, alias="adressCity")
    country: Annotated[Text, Also("addressCountry")] = Field(None, alias="adressCountry")
    state: Annotated[Text, Also("addressProvince")] = Field(None, alias="adressProvince")
    street: Annotated[Text, Also("addressStreet")] = Field(None, alias="adressStreet")
    postal_code: Annotated[Text, Also("addressZIP")] = Field(None, alias="adressZIP")
    email: Text = Field(None, alias="contactEmail")
    contact_first_name: Text = Field(None, alias="contactFirstName")
    fax: Text = Field(None, alias="contactFax")
    phone: Text = Field(None, alias="contactPhone")
    mobile: Text = Field(None, alias="contactMobile")
    contact_last_name: Text = Field(None, alias="contactName")
    code: Key = Field(None, alias="myId")
    name: Text = Field(None, alias="name")
    custom_fields: CustomFields = Field(None, alias="customFieldValues")
    latitude: Latitude = Field(None, alias="position.Latitude")
    longitude: Longitude = Field(None, alias="position.Longitude")
    tags: Tags = Field(None, alias="tags")

    @classmethod
    def fold(cls, row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """As every wire model, with a position taken apart; a blank one clears both of its parts."""
        flat: dict[str, Any] = {}
        for spelt, value in row.items():
            if spelt.lower() != POSITION:
                flat[spelt] = value
            elif isinstance(value, Mapping):
                flat |= {f"{PLACE}{name}": each for name, each in value.items()}
            else:
                given = [value] if str(value or "").strip() else None  # a number alone is no place
                flat |= {f"{PLACE}Latitude": given, f"{PLACE}Longitude": given}
        return super().fold(flat)

    def dump(self) -> dict[str, Any]:
        """As every wire model, with a position as an object."""
        return nested(super().dump())


def nested(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its position as one object."""
    made: dict[str, Any] = {}
    for word, value in row.items():
        if word.startswith(PLACE):
            made.setdefault(POSITION, {})[word.removeprefix(PLACE)] = value
        else:
            made[word] = value
    return made


def details(number: int, my_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A customer as it is shown: every word of it, blanks as "", a position that is not known as null."""
    row: dict[str, Any] = {}
    for name, field in CustomerRow.model_fields.items():
        word, value = field.alias or name, values.get(name)
        if word in {"tags", "customFieldValues"}:
            row[word] = as_list(value)
        else:
            row[word] = spell_decimal(value) if isinstance(value, Decimal) else str(value or "")
    shown = {"id": number, **nested(row | {"myId": my_id})}
    if not any(shown[POSITION].values()):
        shown[POSITION] = None
    return shown


def listed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A customer as a list shows it."""
    return {word: value for word, value in row.items() if word not in LEFT_OUT}


def line(row: Mapping[str, Any]) -> str:
    """A customer on one line of a file."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))
