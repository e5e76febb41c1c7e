"""Users: whom jobs and activities are given to (facts/synchroteam_endpoints.json, section Users).

The key of a user is the login. A password is read and never kept: the hub logs nobody in. `CustomFieldValues` is
capitalised here (USR-1), and a start location is an object that spells `fullAdress` with one d (POS-1).
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from synchub.dialects.synchroteam.endpoints import Endpoint
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.views import Seen
from synchub.dialects.synchroteam.wire import nested
from synchub.dialects.synchroteam.words import (
    CustomFields,
    Key,
    Latitude,
    Longitude,
    Shown,
    Text,
    part_of,
    text_out,
    texts_of,
)
from synchub.dialects.wire import SECRET, Also, Wire
from synchub.master.entities.parties import Employee
from synchub.master.values import as_list

START = "startLocation"
PROFILES = ("technician", "administrator", "manager")
LANGUAGES = ("EN", "FR", "ES", "RO", "CZ")


def one_of(*known: str) -> BeforeValidator:
    """One of a few words, read in any letter case."""
    spelled = {word.lower(): word for word in known}

    def read(value: Any) -> str | None:
        text = part_of(value, "a word")
        if text and text.lower() not in spelled:
            raise PydanticCustomError("one_of", "must be one of {known}", {"known": ", ".join(known)})
        return spelled.get(text.lower())

    return BeforeValidator(read)


_text_out, _list_out = PlainSerializer(text_out), PlainSerializer(as_list)
Profile = Annotated[str | None, one_of(*PROFILES), _text_out]
Language = Annotated[str | None, one_of(*LANGUAGES), _text_out]
Groups = Annotated[str | None, texts_of("groups", "a group"), _list_out, Shown(as_list)]
Trades = Annotated[str | None, texts_of("skilled trades", "a skilled trade"), _list_out, Shown(as_list)]


class UserRow(Wire, entity=Employee, key=("login",)):
    """A user; its words stand in the order in which the vendor shows them."""

    first_name: Text = Field(None, alias="firstName")
    last_name: Text = Field(None, alias="lastName")
    login: Key = Field(None, alias="login")
    phone: Text = Field(None, alias="phone")
    profile: Profile = Field(None, alias="profile")
    email: Text = Field(None, alias="email")
    language: Language = Field(None, alias="language")
    groups: Groups = Field(None, alias="groups")
    skilled_trades: Trades = Field(None, alias="skilledTrades")
    start_address: Annotated[Text, Also("startLocation.fullAddress")] = Field(None, alias="startLocation.fullAdress")
    start_latitude: Latitude = Field(None, alias="startLocation.latitude")
    start_longitude: Longitude = Field(None, alias="startLocation.longitude")
    custom_fields: CustomFields = Field(None, alias="CustomFieldValues")
    password: Annotated[Any, SECRET] = Field(None, alias="password")

    @classmethod
    def fold(cls, row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """As every wire model, with a start location taken apart; a blank one clears all of its parts."""
        flat: dict[str, Any] = {}
        for spelt, value in row.items():
            if spelt.lower() == START.lower():
                flat |= _start(value)
            else:
                flat[spelt] = value
        return super().fold(flat)

    def dump(self) -> dict[str, Any]:
        """As every wire model, with the start location as an object."""
        return nested(super().dump())


def _start(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {f"{START}.{name}": each for name, each in value.items()}
    given = [value] if str(value or "").strip() else None  # a text alone is no place
    return dict.fromkeys((f"{START}.fullAdress", f"{START}.latitude", f"{START}.longitude"), given)


def _finished(row: dict[str, Any], _seen: Seen) -> dict[str, Any]:
    """A start location that says nothing is null."""
    return row | {START: row[START] if any(row[START].values()) else None}


USER = Kind(
    Employee,
    UserRow,
    noun="user",
    plural="users",
    root="User",
    key="login",
    id_words=frozenset({"id", "userid"}),
    named="login",
    filters={"email": "email"},
    required=("login",),
    finish=_finished,
)

ENDPOINTS: tuple[Endpoint, ...] = ()
