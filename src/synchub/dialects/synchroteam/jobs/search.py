"""Jobs/Search: references to the jobs that fulfil all filters; beyond v2, whole jobs and pages.

The newest come first: those that were made last, or, where dates are asked for, those that begin last. A page costs
what it shows, however many jobs there are: none are counted, and the next page goes on after the last job of this one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fastapi.responses import Response
from pydantic_core import PydanticCustomError
from sqlalchemy import Select, null, or_, select, union_all
from sqlalchemy.orm import Session

from synchub.dialects.synchroteam import description, formats, query
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.jobs.detail import whole
from synchub.dialects.synchroteam.jobs.filters import FILTERS, Way, ways
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.jobs.spans import JOBS
from synchub.dialects.synchroteam.query import AFTER, PAGE, PAGE_SIZE
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
from synchub.master.values import as_moment

EXPAND = "expand"


def _search(door: Door, call: Call) -> Response:
    question = Question.of(call, FILTERS, (EXPAND, AFTER))
    readable(call.connection, JOB)
    expands = _expands(question)
    with door.reading() as session:
        ids, headers = _found(session, call, ways(session, call.connection, question), question)
        if expands:
            rows = whole(session, door, call, load(session, call.connection, JOB, ids))
        else:
            rows = _brief(session, call, ids)
        return formats.listing(call.request, rows, headers, root=JOB.root)


def _expands(question: Question) -> bool:
    """Whether whole jobs are asked for."""
    try:
        return bool(read_flag(question.more.get(EXPAND)))
    except PydanticCustomError:
        raise Unreadable(f"{EXPAND} must be true or false") from None


def _found(
    session: Session, call: Call, every: Sequence[Way], question: Question
) -> tuple[list[int], dict[str, str] | None]:
    """The jobs of a page, and where the others are; without a page all of them."""
    page, after = question.page, Place.read(question.more.get(AFTER))
    if page is None:
        rows = session.execute(_following(every, after)).all()
        return visible(session, call.connection, JOB, [row.id for row in rows]), None
    start = 0 if after else page.start
    rows = session.execute(_following(every, after, start + page.size + 1).offset(start)).all()
    last = Place(rows[page.size - 1].id, rows[page.size - 1].moment) if len(rows) > page.size else None
    ids = [row.id for row in rows[: page.size]]
    return visible(session, call.connection, JOB, ids), page.onward(call.request, str(last) if last else None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: with this job, which is at this moment among those that dates were asked of."""

    job: int
    moment: str | None

    def __str__(self) -> str:
        return f"{self.job}~{self.moment}" if self.moment else str(self.job)

    @classmethod
    def read(cls, text: str | None) -> "Place | None":
        """The place that a text names.

        Raises:
            Unreadable: it names none.
        """
        if text is None:
            return None
        job, _, moment = text.partition("~")
        if moment and as_moment(moment) is None:
            raise Unreadable(f"{AFTER} is no place where a page ends")
        return cls(query.whole_number(AFTER, job), moment or None)


def _following(every: Sequence[Way], after: Place | None, most: int | None = None) -> Select[Any]:
    """The jobs of all ways, the newest first: each way is walked along its own index, and no further than `most`."""
    each = [_along(way, after).limit(most).subquery() for way in every]
    rows = union_all(*(select(one) for one in each)).subquery() if len(each) > 1 else each[0]
    return select(rows).order_by(rows.c.moment.desc(), rows.c.id.desc()).limit(most)


def _along(way: Way, after: Place | None) -> Select[Any]:
    key, moment = JOBS.c.id, way.moment
    statement = candidates(JOB, way.conditions)
    if moment is None:
        statement = statement.add_columns(null().label("moment")).order_by(key.desc())
        return statement if after is None else statement.where(key < after.job)
    statement = statement.add_columns(moment.label("moment")).order_by(moment.desc(), key.desc())
    if after is None or after.moment is None:
        return statement
    return statement.where(moment <= after.moment, or_(moment < after.moment, key < after.job))


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
                after=description.TEXT,
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
