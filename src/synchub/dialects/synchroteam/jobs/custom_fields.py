"""CustomField/Send: some custom fields of a job that is known; `code` is 1 and `message` blank."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi.responses import Response
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import description
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.jobs.kind import JOB, find
from synchub.dialects.synchroteam.jobs.moves import placed
from synchub.dialects.synchroteam.questions import folded, text_of
from synchub.dialects.synchroteam.sending import kept, read, write_of
from synchub.intake.alone import Work
from synchub.intake.submission import Arrival, Submission
from synchub.master.copies import Row as Fields

FIELDS, WHICH = "CustomFieldValues", "Job"
MEMBERS = ("id", "myId", "num")


def _send(door: Door, call: Call) -> Response:
    def plan() -> Callable[[Arrival], Work]:
        call.may_write(JOB)
        call.parameters()
        said = folded(call.row(), (FIELDS, WHICH), "word")
        which, fields = _which(said.get(WHICH, {})), _fields(call.connection, said.get(FIELDS))
        return lambda arrival: _sent(call.connection, arrival, which, fields)

    return door.write(call, plan)


def _which(job: Any) -> dict[str, str]:
    """What names the job."""
    members = folded(job, MEMBERS, f"member of {WHICH}") if isinstance(job, Mapping) else {}
    if not members:
        raise Declined(f"{WHICH} must be an object with {', '.join(MEMBERS)}")
    return {word: text_of(f"{WHICH}.{word}", value) for word, value in members.items()}


def _fields(connection: Connection, said: Any) -> Fields:
    fields = read(JOB, connection, {FIELDS: said}).fields
    if fields["custom_fields"] is None:
        raise Declined(f"{FIELDS} is required")
    return fields


def _sent(connection: Connection, arrival: Arrival, which: Mapping[str, str], fields: Fields) -> Work:
    def work(session: Session) -> Submission:
        try:
            with session.begin_nested():
                place = placed(session, connection, _job(session, connection, which))
                place.said.fields |= fields
                writes = [write_of(place)]
        except Declined as error:
            return kept(arrival, str(error))
        return Submission(arrival, writes, lambda _: {"code": 1, "message": ""})

    return work


def _job(session: Session, connection: Connection, which: Mapping[str, str]) -> int:
    """The one job that is named, by however many words."""
    records = set()
    for word, text in which.items():
        found = find(session, connection, word, text)
        if not found:
            raise Declined(f"there is no job with {word} {text}")
        records.add(found[0])
    if len(records) > 1:
        raise Declined(f"{' and '.join(which)} name different jobs")
    return records.pop()


_VALUE = {
    "type": "object",
    "properties": {"id": description.TEXT, "name": description.TEXT, "Value": description.TEXT},
}
_JOB = {"type": "object", "properties": dict.fromkeys(MEMBERS, description.TEXT)}
_ROW = {
    "type": "object",
    "properties": {FIELDS: {"type": "array", "items": _VALUE}, WHICH: _JOB},
    "required": [FIELDS, WHICH],
}
SEND = Endpoint(
    "POST",
    "/CustomField/Send",
    _send,
    "Change custom fields of a job",
    {
        "responses": {
            200: description.answer("1 in `code`; or 0, and in `message` why not."),
            **description.WRITE,
            **description.TYPED,
        },
        "openapi_extra": description.body("Custom fields, each by its id or its name, and their job.", _ROW),
    },
    writes=True,
)
