"""Jobs/Detail: all of one job, with the link to its page."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from fastapi.responses import Response
from sqlalchemy.orm import Session

from synchub.dialects.synchroteam import description, formats
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.linking import public_links
from synchub.dialects.synchroteam.views import CHUNK, Seen, first, readable, shown
from synchub.errors import NotFound

SELECTORS = ("num", "id", "myId")
TYPED = {"num": description.NUMBER, "id": description.TEXT, "myId": description.TEXT}
LINK = "publicLink"


def _detail(door: Door, call: Call) -> Response:
    readable(call.connection, JOB)
    wanted = call.selected(SELECTORS, numbers=("num",))
    with door.reading(at_once=True) as session:
        seen = first(session, call.connection, JOB, wanted)
        if seen is None:
            raise NotFound(f"no job has this {next(iter(wanted))}")
        (row,) = whole(session, door, call, [seen])
    return formats.reading(call.request, row, root=JOB.root)


def whole(session: Session, door: Door, call: Call, jobs: Iterable[Seen]) -> Iterator[dict[str, Any]]:
    """All of some jobs, with the links to their pages."""
    rest, fields = iter(jobs), readable(call.connection, JOB)
    while chunk := list(islice(rest, CHUNK)):
        records = [seen.row.id for seen in chunk]
        links = public_links(session, door.hub, call.request, call.connection, records)
        for seen in chunk:
            yield {**shown(call.connection, JOB, seen, fields), LINK: links[seen.row.id]}


DETAIL = Endpoint(
    "GET", "/Jobs/Detail", _detail, "One job", description.details(JOB, {LINK: description.TEXT}, **TYPED)
)
