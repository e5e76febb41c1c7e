"""The surface: every endpoint, with and without `/Api` before it (JOB-5)."""

from collections.abc import AsyncIterator
from functools import cache, partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.routing import BaseRoute

from synchub.dialects.dialect import Claim, Hub
from synchub.dialects.synchroteam import (
    activities,
    activity_types,
    attachments,
    blocks,
    customers,
    equipment,
    faults,
    formats,
    invoices,
    jobs,
    parts,
    places,
    publishing,
    stock,
    users,
)
from synchub.dialects.synchroteam.description import GREETING, LOGIN
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint, Straight

ROOTS = ("/Api/v2", "/v2")
GREETED = ("/Api/v1", *ROOTS)
ROOMS = (
    customers,
    places,
    equipment,
    users,
    activities,
    activity_types,
    blocks,
    parts,
    stock,
    jobs,
    invoices,
    attachments,
)
ENDPOINTS: tuple[Endpoint, ...] = tuple(each for room in ROOMS for each in room.ENDPOINTS)
CLAIMS = (
    *(Claim(root + each.path, frozenset({each.method})) for each in ENDPOINTS for root in ROOTS),
    Claim("/Api/v1", frozenset({"GET"}), exact_case=True),
    *publishing.CLAIMS,
    *(Claim(root, frozenset({"GET"})) for root in ROOTS),
    *(Claim(f"{root}/*", frozenset()) for root in ROOTS),
)
"""The last ones are for what is no endpoint, so that its refusal comes in this dialect's words."""


def surface(hub: Hub) -> FastAPI:
    """The application that answers at the paths."""
    app = FastAPI(title="Synchroteam API v2", docs_url=None, redoc_url=None)
    app.state.door = Door.of(hub)
    faults.speak(app)
    app.router.routes.extend((*_routes(), *publishing.routes()))
    return app


@cache
def _routes() -> list[BaseRoute]:
    """The routes, made once in a process: they find their application's door by the request."""
    router = APIRouter(dependencies=[LOGIN])
    for root in GREETED:
        router.add_api_route(
            root,
            _greet,
            operation_id=_name(root, "greet"),
            summary="See whether the credentials count",
            responses=GREETING,
        )
    for root in ROOTS:
        for each in ENDPOINTS:
            name = _name(root, each.method + each.path.replace("{", "").replace("}", ""))
            router.add_api_route(
                root + each.path,
                _answering(each),
                methods=[each.method],
                operation_id=name,
                summary=each.summary,
                **each.described,
            )
    return router.routes


def _name(root: str, what: str) -> str:
    return f"{what.strip('/').replace('/', '_').lower()}_{root.strip('/').replace('/', '_').lower()}"


def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


async def _admitted(request: Request) -> Call:
    return await _door(request).admit(request)


async def _asked(request: Request) -> Call:
    return await _door(request).query(request)


async def _greet(call: Annotated[Call, Depends(_admitted)]) -> Response:
    return formats.reading(call.request, {"code": 1, "message": ""})


def _answering(endpoint: Endpoint) -> Any:
    """The function of a route."""
    if endpoint.straight:
        return partial(_go_straight, endpoint, endpoint.straight)
    entering = _entering(endpoint)

    def answer(call: Annotated[Call, entering]) -> Response:
        return endpoint.handler(_door(call.request), call)

    return answer


def _entering(endpoint: Endpoint) -> Any:
    """What lets a request in to an endpoint."""
    if endpoint.asks:
        return Depends(_asked)

    async def taken(request: Request) -> AsyncIterator[Call]:
        async for call in _door(request).take(request, large=endpoint.large):
            yield call

    async def admitted(request: Request) -> Call:
        return await _door(request).admit(request, endpoint.also)

    return Depends(taken, scope="function") if endpoint.writes else Depends(admitted)


async def _go_straight(endpoint: Endpoint, straight: Straight, request: Request) -> Response:
    """The answer to a call that goes straight if it can, else by a transaction of its own."""
    door = _door(request)
    call = await door.query(request)
    submission = await straight(door, call)
    if submission is not None:
        return await door.hand_in(call, submission)
    async with door.room(call):
        return await run_in_threadpool(endpoint.handler, door, call)
