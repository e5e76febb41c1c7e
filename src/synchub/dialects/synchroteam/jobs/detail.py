"""Jobs/Detail: all of one job, with the link to its page."""

from collections.abc import Collection
from typing import Any

from fastapi.responses import Response

from synchub.dialects.synchroteam import description, formats
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.jobs.links import public_link
from synchub.dialects.synchroteam.views import Seen, first, readable, shown
from synchub.errors import NotFound

SELECTORS = ("num", "id", "myId")
TYPED = {"num": description.NUMBER, "id": description.TEXT, "myId": description.TEXT}


def _detail(door: Door, call: Call) -> Response:
    fields, wanted = readable(call.connection, JOB), call.selected(SELECTORS, numbers=("num",))
    with door.reading(at_once=True) as session:
        seen = first(session, call.connection, JOB, wanted)
    if seen is None:
        raise NotFound(f"no job has this {next(iter(wanted))}")
    return formats.reading(call.request, whole(door, call, seen, fields), root=JOB.root)


def whole(door: Door, call: Call, seen: Seen, fields: Collection[str]) -> dict[str, Any]:
    """All of a job, with the link to its page."""
    row = shown(call.connection, JOB, seen, fields)
    return row | {"publicLink": public_link(door, call, seen.row.id)}


DETAIL = Endpoint("GET", "/Jobs/Detail", _detail, "One job", description.details(JOB, **TYPED))
