"""A job's report as a page that its link opens to whoever has it, without credentials."""

from functools import partial
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from synchub import db
from synchub.connections.tables import Connection
from synchub.contents import links
from synchub.dialects.dialect import Claim, Hub
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.linking import PAGE
from synchub.dialects.synchroteam.reporting import letterhead, sheet_of
from synchub.errors import NotAllowed, NotFound, Unavailable
from synchub.printing import web
from synchub.printing.pictures import printable
from synchub.printing.sheet import Sheet

PICTURE = PAGE + "/{place:int}"
CLAIMS = tuple(Claim(path, frozenset({"GET", "HEAD"}), is_page=True) for path in (PAGE, PAGE + "/{place}"))
UNPRINTED = "(a link)"
NOTHING = "<!doctype html><html lang=en><title>Nothing here</title><p>There is nothing at this link (any more).</html>"
"""What a wrong link and a withdrawn one show alike."""


def routes() -> list[BaseRoute]:
    """The routes of the page and its pictures; they find the hub by the request."""
    return [Route(PAGE, partial(_answer, _page)), Route(PICTURE, partial(_answer, _picture))]


async def _answer(make: Any, request: Request) -> Response:
    request.state.path = PAGE.format(token=UNPRINTED)  # whoever reads the log has no use of the link
    hub: Hub = request.app.state.door.hub
    try:
        made: Response = await run_in_threadpool(make, hub, request)
    except (NotFound, NotAllowed):
        return HTMLResponse(NOTHING, NotFound.status, headers=web.HEADERS)
    except Unavailable as error:
        told = {**web.HEADERS, "Retry-After": str(error.retry_after)}
        return HTMLResponse("The report cannot be had now.", error.status, headers=told)
    return made


def _page(hub: Hub, request: Request) -> Response:
    sheet, token = _opened(hub, request), request.path_params["token"]
    text = web.page(sheet, letterhead(hub.settings), lambda place: f"{token}/{place}")
    return HTMLResponse(text, headers=web.HEADERS)


def _picture(hub: Hub, request: Request) -> Response:
    """A picture as it would be printed: upright, and without what a camera writes into it."""
    pictures, place = web.shown(_opened(hub, request)), int(request.path_params["place"])
    picture = printable(pictures[place].content()) if place < len(pictures) else None
    if picture is None:
        raise NotFound(NOTHING)
    return Response(picture.content.getvalue(), media_type=picture.media_type, headers=web.HEADERS)


def _opened(hub: Hub, request: Request) -> Sheet:
    """The report that a link opens."""
    with db.reading(hub.engine) as session:
        key = hub.settings.secret_key.get_secret_value()
        link = links.opened(session, key, request.path_params["token"], (JOB.entity,))
        connection = session.get(Connection, link.connection)
        if connection is None:
            raise NotFound(NOTHING)
        return sheet_of(session, hub.settings, connection, link.record)
