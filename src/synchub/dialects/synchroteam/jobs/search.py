"""Jobs/Search: references to the jobs that fulfil all filters, the newest first; beyond v2, whole jobs and pages.

A page costs what it shows, however many jobs there are: none are counted, and the next page goes on after the last job
of this one.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from fastapi.responses import Response
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from synchub.dialects.synchroteam import description, formats, query
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.jobs.detail import whole
from synchub.dialects.synchroteam.jobs.filters import FILTERS, JOBS, conditions
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.query import AFTER, PAGE, PAGE_SIZE, Page
from synchub.dialects.synchroteam.questions import Question
from synchub.dialects.synchroteam.views import (
    CHUNK,
    candidates,
    load,
    may_read,
    others,
    readable,
    visible,
)
from synchub.dialects.synchroteam.words import read_flag
from synchub.errors import Unreadable

EXPAND = "expand"


def _search(door: Door, call: Call) -> Response:
    question = Question.of(call, FILTERS, (EXPAND, AFTER))
    readable(call.connection, JOB)
    after = query.whole_number(AFTER, question.more[AFTER]) if AFTER in question.more else None
    with door.reading() as session:
        wanted = conditions(session, call.connection, question)
        ids, headers = _found(session, call, wanted, question.page, after)
        if _expands(question):
            rows = whole(session, door, call, load(session, call.connection, JOB, ids))
        else:
            rows = _brief(session, call, ids)
        return formats.listing(call.request, rows, headers, root=JOB.root)


def _expands(question: Question) -> bool:
    try:
        return bool(read_flag(question.more.get(EXPAND)))
    except ValueError:
        raise Unreadable(f"{EXPAND} must be true or false") from None


def _found(
    session: Session, call: Call, wanted: Sequence[ColumnElement[bool]], page: Page | None, after: int | None
) -> tuple[list[int], dict[str, str] | None]:
    """The jobs of a page, and where the others are; without a page all of them."""
    statement = candidates(call.connection, JOB, wanted).order_by(JOBS.c.id.desc())
    if after is not None:
        statement = statement.where(JOBS.c.id < after)
    elif page is not None:
        statement = statement.offset(page.start)
    if page is None:
        return visible(session, call.connection, JOB, session.execute(statement).all()), None
    rows = session.execute(statement.limit(page.size + 1)).all()
    last = rows[page.size - 1].id if len(rows) > page.size else None
    return visible(session, call.connection, JOB, rows[: page.size]), page.onward(call.request, last)


def _brief(session: Session, call: Call, ids: Iterable[int]) -> Iterator[dict[str, Any]]:
    """What jobs are called: their number is a text here (JOB-2)."""
    rest, numbered = iter(ids), may_read(call.connection, JOB, "number")
    while chunk := list(islice(rest, CHUNK)):
        found = {each.record: each for each in others(session, call.connection, JOB, chunk)}
        for each in (found[id_] for id_ in chunk if id_ in found):
            yield {"id": each.id, "myId": each.key, "num": str(each.name or "") if numbered else ""}


_NAMED = {
    "type": "object",
    "properties": {"id": description.TEXT, "myId": description.TEXT, "name": description.TEXT},
}
_BRIEF = {
    "type": "object",
    "title": JOB.root,
    "properties": {"id": description.TEXT, "myId": description.TEXT, "num": description.TEXT},
}
_ASKED = {
    **dict.fromkeys(("dateFrom", "dateTo", "changedFrom", "reportChangedFrom", "userName", "myId"), description.TEXT),
    **dict.fromkeys(("userId", "status"), description.NUMBER),
    **dict.fromkeys(("customer", "site", "equipment"), _NAMED),
}
SEARCH = Endpoint(
    "POST",
    "/Jobs/Search",
    _search,
    "The jobs that fulfil filters",
    {
        "responses": {
            200: description.answer(
                "References to the jobs, the newest first; whole jobs if `expand` is true.",
                {"type": "array", "items": {"anyOf": [_BRIEF, description.schema(JOB)]}},
            ),
            **description.ASKED,
        },
        "openapi_extra": {
            "parameters": description.query(
                ChangedFrom=description.TEXT,
                expand=description.FLAG,
                after=description.NUMBER,
                **{PAGE: description.NUMBER, PAGE_SIZE: description.NUMBER},
            ),
            **description.body(
                "What jobs must fulfil, all of it; blank filters ask for nothing.",
                {"type": "object", "properties": _ASKED},
            ),
        },
    },
    asks=True,
)
