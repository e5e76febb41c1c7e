"""The surface: the ErpSync agent's methods, and what is said of the versions."""

import asyncio
import html
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from synchub import __version__
from synchub.connections.tables import Connection
from synchub.dialects import xml
from synchub.dialects.dialect import Hub
from synchub.dialects.preferences import preferred
from synchub.dialects.superoffice import faults, formats, wire
from synchub.dialects.superoffice.access import NAME, admit
from synchub.dialects.superoffice.agent import ANSWERED, BASE, METHODS, spelled
from synchub.dialects.superoffice.description import (
    DESCRIBED,
    REQUESTS,
    SECURITY,
    URLS,
    VERSION_MAP,
    described,
    operation,
    responses,
)
from synchub.dialects.superoffice.explaining import language_of
from synchub.dialects.superoffice.faults import NotSupported
from synchub.dialects.superoffice.formats import Body
from synchub.dialects.superoffice.resyncs import Order, carry_out
from synchub.errors import NotFound, Refused, Unreadable
from synchub.intake.body import read_body
from synchub.intake.submission import Arrival, Submission, digest_of
from synchub.outbox.tables import Delivery, State
from synchub.resync.watching import ask

VERSIONS, VERSION = "/api", "/api/v1"
IN_THREAD = 64 * 1024
"""Bytes from which a body is read in a thread."""
MOST_BYTES = xml.MOST_BYTES
"""More is not read, whatever the hub takes elsewhere: the longest list of keys fits into it."""

Reader = Callable[[Hub, Connection, Any], Awaitable[Any]]


def surface(hub: Hub) -> FastAPI:
    """The application that answers at the agent's paths."""
    app = FastAPI(title="SuperOffice: ErpSync agent", docs_url=None, redoc_url=None)
    faults.speak(app)
    for name in ANSWERED:
        app.add_api_route(
            f"{BASE}/{name}",
            partial(_called, hub, name),
            methods=["POST"],
            summary=ANSWERED[name].does,
            name=name,
            operation_id=name,
            responses=responses(name),
            status_code=204 if ANSWERED[name].returns is None else 200,
            response_class=Response,
            openapi_extra=operation(name),
        )
        _show(app, f"{BASE}/{name}", partial(_describe, name), f"describe {name}", DESCRIBED)
    _show(app, VERSIONS, _versions, "versions", VERSION_MAP)
    _show(app, VERSION, _version, "version", URLS)
    app.add_api_route(f"{BASE}/{{method}}", partial(_other, hub), methods=["POST", "GET"], include_in_schema=False)
    _declare_security(app)
    return app


def _show(app: FastAPI, path: str, work: Callable[..., Any], name: str, answers: dict[int | str, Any]) -> None:
    """Answer a GET, which everybody may make."""
    app.add_api_route(path, work, methods=["GET"], name=name, responses=answers, response_class=Response)


def _declare_security(app: FastAPI) -> None:
    """Say in the document how a caller proves itself; `access` looks at the header itself."""
    made = app.openapi
    app.openapi = lambda: _with_security(made())  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _with_security(document: dict[str, Any]) -> dict[str, Any]:
    document.setdefault("components", {})["securitySchemes"] = SECURITY
    return document


async def _called(hub: Hub, name: str, request: Request) -> Response:
    """A method is called."""
    connection = await admit(hub, request)
    body = await read_body(request, min(hub.settings.max_body, MOST_BYTES))
    work = partial(_read, name, body, request.headers.get("content-type", ""))
    try:
        asked = await asyncio.to_thread(work) if len(body) >= IN_THREAD else work()
    except Refused as error:
        if name in ORDERS:
            await hub.committer.hand_in(_refused(connection, body, request, name, error))
        raise
    if name in ORDERS:
        arrival = _arrival(connection, body, request, name)
        answer = await carry_out(hub, connection, ORDERS[name](asked), arrival, language_of(request.headers))
        result = None if ANSWERED[name].returns is None else answer.dump()
    else:
        result = await READERS[name](hub, connection, asked)
    return _answered(request, name, result)


def _answered(request: Request, name: str, result: Any) -> Response:
    returns = ANSWERED[name].returns
    if returns is None:
        return Response(status_code=204)
    shown = formats.selected(result, formats.query(request, "$select"))
    return formats.answer(request, returns.removesuffix("[]"), shown)


def _read(name: str, body: bytes, content_type: str) -> Any:
    """The request of a method; None for one without parameters, whatever its body says."""
    model = REQUESTS[name]
    if model is None:
        return None
    said: Body = formats.read(body, content_type)
    if said.values is None:
        raise Unreadable("a body with the parameters is needed; see what a GET at this URL answers")
    return model.of(said.values, said.form)


def _arrival(connection: Connection, body: bytes, request: Request, name: str) -> Arrival:
    return Arrival(
        surface=NAME,
        connection=connection.id,
        method=request.method,
        path=f"{BASE}/{name}",
        body=body,
        digest=digest_of(body),
        content_type=request.headers.get("content-type"),
        id=request.state.message_id,
    )


def _refused(connection: Connection, body: bytes, request: Request, name: str, error: Refused) -> Submission:
    """A request that is kept for the operator and changes nothing."""
    told = faults.fault(error.status, str(error))
    return Submission(_arrival(connection, body, request, name), (), lambda _: told, refusal=str(error))


ORDERS: dict[str, Callable[[Any], Order]] = {
    "ForceResync": Order,
    "ForceResyncNoBlankValues": partial(Order, blanks=False),
    "ForceResyncBatchTask": partial(Order, queued=True),
    "ForceResyncExternal": Order,
    "ForceResyncExternalNoBlankValues": partial(Order, blanks=False),
}


def _carrier(connection: Connection) -> dict[str, Any]:
    return wire.ErpConnection(
        erp_connection_id=connection.id,
        display_name=connection.name,
        display_description=connection.dialect,
        active=connection.active,
        connection_id=str(connection.guid),
    ).dump()


async def _all_connections(hub: Hub, caller: Connection, _asked: wire.OfConnections) -> list[dict[str, Any]]:
    """All connections but the caller's own, which is the CRM."""
    return [_carrier(one) for one in hub.directory.everyone() if one.id != caller.id]


async def _connection(hub: Hub, _caller: Connection, asked: wire.OfConnection) -> dict[str, Any] | None:
    found = (one for one in hub.directory.everyone() if one.id == asked.erp_connection_id)
    return next(map(_carrier, found), None)


async def _engine_status(hub: Hub, _caller: Connection, _asked: None) -> dict[str, Any]:
    waiting = await ask(hub.engine, _count_waiting)
    return wire.ErpSyncEngineStatus(
        is_running=True, status_message=f"{waiting} deliveries wait", interval="00:00:01"
    ).dump()


def _count_waiting(session: Session) -> int:
    waiting = select(func.count()).select_from(Delivery).where(Delivery.state == State.WAITING)
    return session.scalar(waiting) or 0


READERS: dict[str, Reader] = {
    "GetAllConnections": _all_connections,
    "GetConnection": _connection,
    "GetEngineStatus": _engine_status,
}


async def _other(hub: Hub, method: str, request: Request) -> Response:
    """A method of the agent that this hub does not have, or none at all."""
    name = spelled(method)
    if name is None:
        raise NotFound(f"the ErpSync agent has no method {method[:80]}")
    if request.method == "GET":
        return await _describe(name, request)
    await admit(hub, request)
    raise NotSupported(f"this hub does not have the method {name}; it has {', '.join(ANSWERED)}")


def _base(request: Request) -> str:
    return str(request.base_url).removesuffix("/")


async def _describe(name: str, request: Request) -> Response:
    """What a method takes and gives."""
    return formats.answer(request, "MethodDescription", described(name, _base(request)))


async def _versions(request: Request) -> Response:
    """Which versions there are: a page for a browser, an object for all others."""
    url = f"{_base(request)}{VERSION}/"
    kinds = {*preferred(request.headers.get("accept", ""))}
    if "text/html" in kinds and kinds.isdisjoint(formats.ANSWERS):
        shown = html.escape(url)
        page = f'<!doctype html><html lang="en"><title>synchub</title><p><a href="{shown}">{shown}</a></p></html>'
        return HTMLResponse(page)
    told = {"v1": url, "Version": __version__, "NetServerVersion": __version__, "NetServerDate": None}
    return formats.answer(request, "Versions", told)


async def _version(request: Request) -> Response:
    """Which URLs version 1 has here."""
    told = {f"{_base(request)}{BASE}/{name}": {"POST": METHODS[name].does} for name in ANSWERED}
    if formats.answer_type(request) in formats.XMLS:  # no element can be called by a URL
        return formats.answer(request, "Url", [{"Href": url, **methods} for url, methods in told.items()])
    return formats.answer(request, "Urls", told)
