"""Activities: what users do for a time, other than jobs (facts/synchroteam_endpoints.json, section Activities).

Clients only read them; they are made by import, a line being what Search shows. Its words are kept as the vendor shows
them: `fisrtName`, and `Groups` as one text (ACT-2).
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import ColumnElement, false
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import description
from synchub.dialects.synchroteam.bodies import Row
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.kinds import Kind, Reference
from synchub.dialects.synchroteam.moments import SHORT
from synchub.dialects.synchroteam.names import called
from synchub.dialects.synchroteam.questions import Question
from synchub.dialects.synchroteam.references import by_selector
from synchub.dialects.synchroteam.users import USER, names_of
from synchub.dialects.synchroteam.verbs import listing
from synchub.dialects.synchroteam.views import Seen, conditions, matching, may_read, others, readable
from synchub.dialects.synchroteam.words import Moment, Text
from synchub.dialects.wire import Wire
from synchub.master.entities.field_service import Activity
from synchub.master.values import as_list

NUMBER, LOGIN = "user.id", "user.login"
TYPED = db.table_of(Activity)
FROM, TO, USER_NAME, NAMES = "dateFrom", "dateTo", "loginUser", ("nameActivity", "name")


class ActivityRow(Wire, entity=Activity):
    """An activity; its words stand in the order in which the vendor shows them."""

    ends_at: Moment = Field(None, alias="dtEnd")
    begins_at: Moment = Field(None, alias="dtStart")
    name: Text = Field(None, alias="nmActivity")
    note: Text = Field(None, alias="noteActivity")


def _unfolded(row: Row) -> Row:
    """The row with the words of its user in it; what is shown of the user besides says nothing of the activity."""
    made: Row = {}
    for word, value in row.items():
        made |= _user(value) if word.lower() == "user" else {word: value}
    return made


def _user(value: Any) -> Row:
    if value is None or value == "":
        return {NUMBER: None, LOGIN: None}
    if not isinstance(value, Mapping):
        raise Declined("user must be an object with id, login")
    shown = {word.lower() for word in _names({})}
    return {f"user.{word}": each for word, each in value.items() if word.lower() not in shown}


def _names(user: Mapping[str, Any]) -> dict[str, Any]:
    """What is shown of the user of an activity besides what it is called."""
    first, last = names_of(user)
    return {"fisrtName": first, "lastName": last, "Groups": ", ".join(map(str, as_list(user.get("groups"))))}


def _finished(row: Row, seen: Seen) -> Row:
    number, login = row.pop(NUMBER), row.pop(LOGIN)
    user = seen.referred.get("employee_id") if number is not None else None
    return row | {"user": {"id": number, "login": login, **_names(user.more if user else {})}}


_USER = {
    "type": "object",
    "properties": {
        "id": description.WHOLE,
        **dict.fromkeys(("login", "fisrtName", "lastName", "Groups"), description.TEXT),
    },
}
ACTIVITY = Kind(
    Activity,
    ActivityRow,
    noun="activity",
    plural="activities",
    root="Activity",
    key="",
    id_word="idActivity",
    id_words=frozenset({"idactivity", "id"}),
    moments=SHORT,
    references=(
        Reference("employee_id", USER, id=NUMBER, key=LOGIN, more=("name", "first_name", "last_name", "groups")),
    ),
    required=("name", "begins_at"),
    described={"user": _USER},
    unfold=_unfolded,
    finish=_finished,
)


def _search(door: Door, call: Call) -> Response:
    """The activities that fulfil all filters, in the order of their ids."""
    question = Question.of(call, (FROM, TO, USER_NAME, *NAMES))
    fields = readable(call.connection, ACTIVITY)
    with door.reading() as session:
        wanted = conditions(session, call.connection, ACTIVITY, question.changed)
        wanted += _filters(session, call.connection, question)
        found = others(session, call.connection, ACTIVITY, matching(session, call.connection, ACTIVITY, wanted))
        ids = [each.record for each in sorted(found, key=lambda each: (each.id, each.record))]
        return listing(session, call, ACTIVITY, ids, question.page, fields)


def _filters(session: Session, connection: Connection, question: Question) -> Iterator[ColumnElement[bool]]:
    """A condition for each filter that is not blank; nothing is found by what the connection may not see."""
    since, until = question.moment(FROM, connection.time_zone), question.moment(TO, connection.time_zone, through=True)
    asked: list[tuple[str, ColumnElement[bool]]] = []
    if since:
        asked.append(("begins_at", TYPED.c.begins_at >= since))
    if until:
        asked.append(("begins_at", TYPED.c.begins_at < until))
    if login := question.text(USER_NAME):
        asked.append(("employee_id", _among("employee_id", by_selector(session, connection, USER, USER.key, login))))
    names = filter(None, map(question.text, NAMES))
    asked += [("name", _among("id", called(session, Activity, name))) for name in names]
    yield from (condition if may_read(connection, ACTIVITY, column) else false() for column, condition in asked)


def _among(column: str, records: Collection[int]) -> ColumnElement[bool]:
    return db.among(TYPED.c[column], records)


ENDPOINTS = (
    Endpoint(
        "POST",
        "/Activities/Search",
        _search,
        "The activities that fulfil all filters",
        description.searched(
            ACTIVITY,
            description.schema(ACTIVITY)["properties"],
            **dict.fromkeys((FROM, TO, USER_NAME, *NAMES), description.TEXT),
        ),
        asks=True,
    ),
)
