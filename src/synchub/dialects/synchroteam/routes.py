"""The surface: every endpoint, with and without `/Api` before it (JOB-5)."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from inspect import iscoroutinefunction
from typing import cast

from fastapi import APIRouter, FastAPI, Request
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
from synchub.dialects.synchroteam.description import GREETING, secured
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.straight import Renamed

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
    made = app.openapi
    app.openapi = lambda: secured(made())  # type: ignore[method-assign]  # FastAPI's own way to extend it
    faults.speak(app)
    app.router.routes.extend((*_routes(), *publishing.routes()))
    return app


@cache
def _routes() -> list[BaseRoute]:
    """The routes, made once in a process: they find their application's door by the request."""
    router = APIRouter()
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


async def _greet(request: Request) -> Response:
    await _door(request).admit(request)
    return formats.reading(request, {"code": 1, "message": ""})


def _answering(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """The function of a route: it takes the request alone, since solving what else it needs takes FastAPI longer."""
    waits = iscoroutinefunction(endpoint.handler)

    async def answer(door: Door, call: Call) -> Response:
        made = endpoint.handler(door, call) if waits else run_in_threadpool(endpoint.handler, door, call)
        return await cast(Awaitable[Response], made)

    async def read(request: Request) -> Response:
        door = _door(request)
        return await answer(door, await door.admit(request, endpoint.also))

    async def ask(request: Request) -> Response:
        door = _door(request)
        return await answer(door, await door.take(request, large=endpoint.large))

    async def write(request: Request) -> Response:
        door = _door(request)
        call = await door.take(request, large=endpoint.large)
        if endpoint.straight and (submission := await endpoint.straight(door, call)) is not None:
            with suppress(Renamed):
                return await door.hand_in(call, submission)
        async with door.room(call):
            return await answer(door, call)

    return write if endpoint.writes else ask if endpoint.asks else read
