"""Users: whom jobs and activities are given to (facts/synchroteam_endpoints.json, section Users).

The key of a user is the login. A password is read and never kept: the hub logs nobody in. `CustomFieldValues` is
capitalised here (USR-1), and a start location is an object that spells `fullAdress` with one d (POS-1).
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi.responses import Response
from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError
from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import description, names, sending
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.ids import Named
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.meaning import records_by_id, records_by_key
from synchub.dialects.synchroteam.query import whole_number
from synchub.dialects.synchroteam.questions import Question
from synchub.dialects.synchroteam.sending import Place, Said
from synchub.dialects.synchroteam.verbs import detailer, lister, listing
from synchub.dialects.synchroteam.views import (
    CHANGED_FROM,
    Seen,
    conditions,
    matching,
    may_read,
    readable,
)
from synchub.dialects.synchroteam.wire import nested
from synchub.dialects.synchroteam.words import (
    CustomFields,
    Key,
    Latitude,
    Longitude,
    Shown,
    Text,
    field_id,
    part_of,
    text_out,
    texts_of,
)
from synchub.dialects.wire import SECRET, Also, Wire
from synchub.intake.alone import Work
from synchub.intake.submission import Arrival, Submission
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


_PLACE = {
    "type": ["object", "null"],
    "properties": dict.fromkeys(("fullAdress", "latitude", "longitude"), description.TEXT),
}


def names_of(user: Mapping[str, Any]) -> tuple[str, str]:
    """The first and the last name, of columns; a name that a partner says as a whole is the last one."""
    first, last = (text_out(user.get(column)) for column in ("first_name", "last_name"))
    return first, last if first or last else text_out(user.get("name"))


def _finished(row: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """A user with one of the names at least; a start location that says nothing is null."""
    names = {"name": seen.row.name if may_read(seen.connection, USER, "name") else None}
    names |= {"first_name": row["firstName"], "last_name": row["lastName"]}
    return row | {"lastName": names_of(names)[1], START: row[START] if any(row[START].values()) else None}


def _located(session: Session, connection: Connection, said: Said) -> Named:
    """What a row calls its user, in letters that are known; with the id of that user its own letters are meant."""
    number, login = said.named.id, said.named.my_id
    if login is None:
        return said.named
    known = names.known_as(session, connection, USER.entity, login)
    owner = records_by_key(session, connection, USER, known)
    same = number is not None and owner and owner == records_by_id(session, connection, USER, number)
    return Named(number, login if same else known)


USER = Kind(
    Employee,
    UserRow,
    noun="user",
    plural="users",
    root="User",
    key="login",
    any_case=True,
    id_words=frozenset({"id", "userid"}),
    named="login",
    filters={"email": "email"},
    required=("login",),
    described={START: _PLACE},
    finish=_finished,
    locate=_located,
)


def _send(door: Door, call: Call) -> Response:
    def plan() -> Callable[[Arrival], Work]:
        call.conceal(UserRow.secrets)
        call.may_write(USER)
        row = call.row()
        call.parameters()
        said = sending.read(USER, call.connection, row)
        return lambda arrival: _sent(call.connection, arrival, said)

    return door.write(call, plan)


def _sent(connection: Connection, arrival: Arrival, said: Said) -> Work:
    """As `sending.send`, one at a time for each login."""
    send = sending.send(USER, connection, arrival, said, _prepared)

    def work(session: Session) -> Submission:
        if said.named.my_id is not None:
            names.hold(session, USER.entity, said.named.my_id)
        return send(session)

    return work


def _prepared(place: Place) -> None:
    """Let the column say what the key says; a login that was given up is spelled as whoever has it next says."""
    login = place.said.named.my_id
    if login is None:
        return
    if place.copy.external_key != login and place.book.is_vacant(place.copy):
        place.copy = place.book.spell(place.copy, login)
    place.said.fields["login"] = place.copy.external_key


def _search(door: Door, call: Call) -> Response:
    """References to the users of a group who have a skill."""
    question = Question.of(call, ("group", "skilledTrades"))
    group, trade = question.members("group", ("id", "name")), question.text("skilledTrades")
    if "id" in group and whole_number("group.id", group["id"]) == 0:
        del group["id"]  # what a client sends that has only names
    fields = readable(call.connection, USER)
    with door.reading() as session:
        wanted = conditions(session, call.connection, USER, question.changed)
        if group:
            wanted.append(_listing(session, call.connection, "groups", lambda name: _is(name, group)))
        if trade:
            wanted.append(_listing(session, call.connection, "skilled_trades", lambda name: _same(name, trade)))
        ids = matching(session, call.connection, USER, wanted)
        return listing(session, call, USER, ids, question.page, fields, _reference)


def _reference(_kind: Kind, row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"id": row["id"], "login": row["login"]}


def _listing(session: Session, connection: Connection, column: str, fits: Callable[[str], bool]) -> ColumnElement[bool]:
    """Whether one of the texts in a column fits."""
    if not may_read(connection, USER, column):
        return false()
    typed = db.table_of(Employee)
    said = session.execute(select(typed.c.id, typed.c[column]).where(typed.c[column].is_not(None)))
    return db.among(typed.c.id, [id_ for id_, texts in said if any(map(fits, map(str, as_list(texts))))])


def _is(name: str, group: Mapping[str, str]) -> bool:
    """Whether a group is the one that is asked for; its id is made of its name."""
    called = "name" not in group or _same(name, group["name"])
    return called and ("id" not in group or field_id(name) == int(group["id"]))


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


_GROUP = {"type": "object", "properties": {"id": description.NUMBER, "name": description.TEXT}}
ENDPOINTS = (
    Endpoint(
        "POST",
        "/User/Send",
        _send,
        "Create or update a user",
        description.sent(USER),
        writes=True,
    ),
    Endpoint(
        "GET",
        "/User/Details",
        detailer(USER, ("login", "id")),
        "One user",
        description.details(USER, login=description.TEXT, id=description.NUMBER),
    ),
    Endpoint(
        "POST",
        "/User/Search",
        _search,
        "The users of a group, or with a skill",
        description.searched(
            USER,
            {"id": description.NUMBER, "login": description.TEXT},
            group=_GROUP,
            skilledTrades=description.TEXT,
        ),
        asks=True,
    ),
    Endpoint(
        "GET",
        "/User/List",
        lister(USER, (CHANGED_FROM, "id", "login", "email")),
        "All users",
        description.listed(
            USER, ChangedFrom=description.TEXT, id=description.NUMBER, login=description.TEXT, email=description.TEXT
        ),
    ),
)
