"""Types of activities: Send, Search and Delete (facts/synchroteam_endpoints.json, section ActivityType).

They have no key: a row is about the type of its id, else of its name. Answers say 1 or 0 in `code`, or how many were
deleted, and what is wrong in `msg` (ERR-1); `hasConflit` is spelled so.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from fastapi.responses import Response
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import ColumnElement, false, func, or_
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import description, sending
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.ids import Named
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.meaning import records_by_id
from synchub.dialects.synchroteam.names import called, hold
from synchub.dialects.synchroteam.query import whole_number
from synchub.dialects.synchroteam.questions import Question, folded, text_of
from synchub.dialects.synchroteam.sending import Place, Said
from synchub.dialects.synchroteam.verbs import listing
from synchub.dialects.synchroteam.views import conditions, matching, may_read, readable
from synchub.dialects.synchroteam.words import Flag, Text, part_of, read_flag
from synchub.dialects.wire import Also, Wire
from synchub.errors import Unreadable
from synchub.intake.alone import Work
from synchub.intake.submission import Answer, Arrival, Submission
from synchub.master.entities.field_service import ActivityType
from synchub.master.values import storable

_COLOR = re.compile("[0-9a-f]{6}", re.ASCII | re.IGNORECASE)
TYPED = db.table_of(ActivityType)


def read_color(value: Any) -> str | None:
    """A colour: six hexadecimal digits, also with a # before them.

    Raises:
        PydanticCustomError: it is none.
    """
    text = part_of(value, "a color").removeprefix("#")
    if text and not _COLOR.fullmatch(text):
        raise PydanticCustomError("color", "must be six hexadecimal digits")
    return text or None


class ActivityTypeRow(Wire, entity=ActivityType):
    """A type of activities; its words stand in the order in which the vendor shows them."""

    color: Annotated[Text, BeforeValidator(read_color)] = Field(None, alias="color")
    has_conflict: Annotated[Flag, Also("hasConflict")] = Field(None, alias="hasConflit")
    name: Text = Field(None, alias="name")


def _located(session: Session, connection: Connection, said: Said) -> Named:
    """The type of a row's id, else the one of its name that is known longest."""
    number, name = said.named.id, said.fields.get("name")
    if name is None or (number is not None and _found(session, connection, {"id": number})):
        return said.named
    same = matching(session, connection, ACTIVITY_TYPE, [TYPED.c.name == name])
    return Named(None, None, record=same[0]) if same else said.named


def _found(session: Session, connection: Connection, wanted: Mapping[str, Any]) -> list[int]:
    return matching(session, connection, ACTIVITY_TYPE, conditions(session, connection, ACTIVITY_TYPE, wanted))


ACTIVITY_TYPE = Kind(
    ActivityType,
    ActivityTypeRow,
    noun="activity type",
    plural="activity types",
    root="ActivityType",
    key="",
    by_name=True,
    locate=_located,
)


def _unsent(message: str) -> Answer:
    return {"code": 0, "data": None, "msg": storable(message)}


def _undeleted(message: str) -> Answer:
    return {"code": 0, "msg": storable(message)}


def _stored(place: Place) -> Answer:
    """The answer of Send: the type as it is stored, as far as the connection is told of it or has said it."""
    held, told = place.held(), readable(place.connection, ACTIVITY_TYPE) | place.said.fields.keys()
    row = ACTIVITY_TYPE.details({name: getattr(held, name) for name in told})
    return {"code": 1, "data": {"id": place.id, **row}, "msg": ""}


def _send(door: Door, call: Call) -> Response:
    def plan() -> Callable[[Arrival], Work]:
        call.may_write(ACTIVITY_TYPE)
        row = call.row()
        call.parameters()
        said = sending.read(ACTIVITY_TYPE, call.connection, row)
        return lambda arrival: _sent(call.connection, arrival, said)

    return door.write(call, plan, _unsent)


def _sent(connection: Connection, arrival: Arrival, said: Said) -> Work:
    """As `sending.send`, one at a time for each name."""
    send = sending.send(ACTIVITY_TYPE, connection, arrival, said, answer=_stored, refuse=_unsent)

    def work(session: Session) -> Submission:
        if said.fields.get("name"):
            hold(session, ACTIVITY_TYPE.entity, str(said.fields["name"]))
        return send(session)

    return work


def _delete(door: Door, call: Call) -> Response:
    def plan() -> Callable[[Arrival], Work]:
        call.may_write(ACTIVITY_TYPE)
        call.parameters()
        found = folded(call.row(), ("name", "id"), "selector")
        if len(found) != 1:
            raise Unreadable("exactly one of name, id says which activity type is meant")
        ((word, value),) = found.items()
        text = text_of(word, value)
        wanted = {word: whole_number(word, text) if word == "id" else text}
        return lambda arrival: sending.delete(ACTIVITY_TYPE, call.connection, arrival, wanted, _undeleted)

    return door.write(call, plan, _undeleted)


def _search(door: Door, call: Call) -> Response:
    """The types that any of the filters fits (AT-1)."""
    question = Question.of(call, ("id", "color", "name", "hasConflit"))
    fields = readable(call.connection, ACTIVITY_TYPE)
    with door.reading() as session:
        wanted = conditions(session, call.connection, ACTIVITY_TYPE, question.changed)
        if fitting := list(_fitting(session, call.connection, question)):
            wanted.append(or_(*fitting))
        ids = matching(session, call.connection, ACTIVITY_TYPE, wanted)
        return listing(session, call, ACTIVITY_TYPE, ids, question.page, fields)


def _fitting(session: Session, connection: Connection, question: Question) -> Iterator[ColumnElement[bool]]:
    """A condition for each filter that is not blank; nothing is found by what the connection may not see."""
    asked = {
        "color": question.read("color", read_color),
        "name": question.text("name"),
        "has_conflict": question.read("hasConflit", read_flag),
    }
    if number := question.number("id"):
        yield db.among(db.table_of(ACTIVITY_TYPE.made).c.id, records_by_id(session, connection, ACTIVITY_TYPE, number))
    for column, value in asked.items():
        if value is not None:
            told = may_read(connection, ACTIVITY_TYPE, column)
            yield _is(session, column, value) if told else false()


def _is(session: Session, column: str, value: Any) -> ColumnElement[bool]:
    """A column says this, in whatever letters; where nobody said whether there is a conflict there is none."""
    if column == "name":
        return db.among(TYPED.c.id, called(session, ActivityType, value))
    if column == "color":
        same: ColumnElement[bool] = func.lower(TYPED.c.color) == value.lower()
        return same
    return TYPED.c.has_conflict.is_(True) if value else TYPED.c.has_conflict.is_not(True)


_ROW = description.schema(ACTIVITY_TYPE)
_TOLD = {"code": description.NUMBER, "msg": description.TEXT}
_SENT = {"type": "object", "properties": {**_TOLD, "data": {**_ROW, "type": ["object", "null"]}}, "required": ["code"]}
_DELETED = {"type": "object", "properties": _TOLD, "required": ["code"]}
ENDPOINTS = (
    Endpoint(
        "POST",
        "/ActivityType/Send",
        _send,
        "Create or update a type of activities",
        description.sent(
            ACTIVITY_TYPE, description.answer("1 in `code`, with what is stored; or 0, and in `msg` why not.", _SENT)
        ),
        writes=True,
    ),
    Endpoint(
        "POST",
        "/ActivityType/Search",
        _search,
        "The types of activities that any of the filters fits",
        description.searched(
            ACTIVITY_TYPE,
            _ROW["properties"],
            id=description.NUMBER,
            color=description.TEXT,
            name=description.TEXT,
            hasConflit=description.FLAG,
        ),
        asks=True,
    ),
    Endpoint(
        "DELETE",
        "/ActivityType/Delete",
        _delete,
        "Delete types of activities",
        {
            "responses": {
                200: description.answer("How many were deleted; where none was, `msg` says so.", _DELETED),
                **description.WRITE,
                **description.TYPED,
            },
            "openapi_extra": description.body(
                "Exactly one of `id` and `name`: of a name all are deleted.",
                {"type": "object", "properties": {"name": description.TEXT, "id": description.NUMBER}},
            ),
        },
        writes=True,
    ),
)
