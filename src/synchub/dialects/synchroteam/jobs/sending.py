"""Jobs/Send: found by `idJob`, `myId` or `num`, else new; `code` is the number, and `message` null."""

from synchub.dialects.synchroteam import description
from synchub.dialects.synchroteam.endpoints import Endpoint
from synchub.dialects.synchroteam.jobs.completing import complete
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.sending import Place
from synchub.dialects.synchroteam.verbs import sender
from synchub.intake.submission import Answer


def _numbered(place: Place) -> Answer:
    number = place.said.fields.get("number") or place.held().number
    return {"code": number, "message": None}


_RESULT = {
    "type": "object",
    "title": "Result",
    "properties": {"code": description.NUMBER, "message": {"type": ["string", "null"]}},
    "required": ["code"],
}
_SENT = description.sent(JOB)
_SENT["responses"][200] = description.answer(
    "The number of the job in `code`, and no message; or 0, and in `message` why not.", _RESULT
)

SEND = Endpoint(
    "POST",
    "/Jobs/Send",
    sender(JOB, complete, answer=_numbered),
    "Create or update a job",
    _SENT,
    writes=True,
)
