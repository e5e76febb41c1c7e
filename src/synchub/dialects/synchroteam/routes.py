"""The surface: what all endpoints need, and those of customers.

Each is served with and without `/Api` before it (JOB-5). Writing endpoints are plain functions: their rules read what
is stored, in a writing transaction of their own.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from synchub.connections.quota import Quotas
from synchub.connections.tables import Connection
from synchub.db import reading as reads
from synchub.dialects.dialect import Claim, Hub
from synchub.dialects.synchroteam import customers, faults, formats
from synchub.dialects.synchroteam.access import NAME, admit
from synchub.dialects.synchroteam.bodies import read_row
from synchub.dialects.synchroteam.description import DELETED, DETAILS, GREETING, LISTED, LOGIN, SENT
from synchub.dialects.synchroteam.query import PAGE, PAGE_SIZE, Page, moment, parameters, selector, whole_number
from synchub.dialects.synchroteam.views import ENTITY, Seen, conditions, load, matching, readable, shown
from synchub.dialects.synchroteam.wire import listed
from synchub.dialects.xml import MOST_BYTES
from synchub.errors import NotAllowed, NotFound, Refused
from synchub.intake.alone import Alone, Work
from synchub.intake.body import read_body
from synchub.intake.submission import Arrival, Receipt, digest_of

ROOTS = ("/Api/v2", "/v2")
GREETED = ("/Api/v1", *ROOTS)
SEND, DETAIL, LIST, DELETE = ("/Customer/Send", "/Customer/Details", "/Customer/List", "/Customer/Delete")
METHODS = {SEND: "POST", DETAIL: "GET", LIST: "GET", DELETE: "DELETE"}
CLAIMS = (
    *(Claim(root + path, frozenset({method})) for path, method in METHODS.items() for root in ROOTS),
    Claim("/Api/v1", frozenset({"GET"}), exact_case=True),
    *(Claim(root, frozenset({"GET"})) for root in ROOTS),
    *(Claim(f"{root}/*", frozenset()) for root in ROOTS),
)
"""The last ones are for what is no endpoint, so that its refusal comes in this dialect's words."""

ONE = ("id", "name", "myId", "email")
ENDED = ("name", "id", "myId")
FILTERS = ("ChangedFrom", "id", "myId", "name", "contactEmail", PAGE, PAGE_SIZE)
CUSTOMER = "Customer"


@dataclass(slots=True)
class Call:
    """A request of a partner that may make it."""

    request: Request
    connection: Connection
    body: bytes = b""

    def arrival(self) -> Arrival:
        """The request as it is journalled; its query is part of what makes a repeat."""
        url = self.request.url
        path = "/" + url.path.lstrip("/").removeprefix(self.request.scope.get("root_path", "").lstrip("/")).lstrip("/")
        return Arrival(
            surface=NAME,
            connection=self.connection.id,
            method=self.request.method,
            path=f"{path}?{url.query}" if url.query else path,
            body=self.body,
            digest=digest_of(self.body),
            content_type=self.request.headers.get("content-type"),
            id=self.request.state.message_id,
        )


@dataclass(slots=True)
class Door:
    """What lets requests in, for all endpoints of the surface."""

    hub: Hub
    quotas: Quotas
    alone: Alone

    async def admit(self, request: Request) -> Call:
        """See who calls, and whether it may; and whether it can read the answer."""
        connection = await admit(self.hub.directory, request)
        request.state.standing = await self.quotas.spend(connection)
        formats.asked(request)
        return Call(request, connection)

    async def take(self, request: Request) -> AsyncIterator[Call]:
        """As `admit`, with the body, and with room for the transaction."""
        call = await self.admit(request)
        call.body = await read_body(request, min(MOST_BYTES, self.hub.settings.max_body))
        async with self.alone.room(call.connection.id, len(call.body)):
            yield call

    def store(self, call: Call, work: Callable[[Arrival], Work], status: int = HTTPStatus.OK) -> Response:
        """Run a request's transaction, and answer after its commit."""
        receipt: Receipt = self.alone.store(arrival := call.arrival(), work(arrival))
        return formats.reply(call.request, receipt.answer, status)

    def refuse(self, call: Call, error: Refused) -> Response:
        """Answer a request that cannot be read, and keep it for the operator."""
        return self.store(call, lambda arrival: customers.refusal(arrival, str(error)), error.status)


def surface(hub: Hub) -> FastAPI:
    """The application that answers at the paths."""
    app = FastAPI(title="Synchroteam API v2", docs_url=None, redoc_url=None, dependencies=[LOGIN])
    door = Door(hub, Quotas(hub.engine), Alone(hub.engine, hub.settings, hub.wake))
    faults.speak(app)
    for root in GREETED:
        _greet(app, root, door)
    for root in ROOTS:
        _write(app, root, door)
        _read(app, root, door)
    return app


def _greet(app: FastAPI, root: str, door: Door) -> None:
    @app.get(root, operation_id=_name(root, "greet"), summary="See whether the credentials count", responses=GREETING)
    async def greet(call: Annotated[Call, Depends(door.admit)]) -> Response:
        return formats.reading(call.request, {"code": 1, "message": ""})


def _name(root: str, what: str) -> str:
    return f"{what}_{root.strip('/').replace('/', '_').lower()}"


def _write(app: FastAPI, root: str, door: Door) -> None:
    entering = Depends(door.take, scope="function")

    @app.post(root + SEND, operation_id=_name(root, "send"), summary="Create or update a customer", **SENT)
    def send(call: Annotated[Call, entering]) -> Response:
        try:
            _may_write(call.connection)
            row = read_row(call.body, formats.sent_as(call.request))
            parameters(call.request, call.connection, ())
            said = customers.read(row)
        except Refused as error:
            return door.refuse(call, error)
        except customers.Declined as error:
            reason = str(error)
            return door.store(call, lambda arrival: customers.refusal(arrival, reason))
        return door.store(call, lambda arrival: customers.send(call.connection, arrival, said))

    @app.delete(root + DELETE, operation_id=_name(root, "delete"), summary="Delete customers", **DELETED)
    def delete(call: Annotated[Call, entering]) -> Response:
        try:
            _may_write(call.connection)
            found = _selected(call, ENDED)
        except Refused as error:
            return door.refuse(call, error)
        return door.store(call, lambda arrival: customers.delete(call.connection, arrival, found))


def _may_write(connection: Connection) -> None:
    if connection.writes is not None and ENTITY not in connection.writes:
        raise NotAllowed(f"connection '{connection.name}' may not write customers")


def _selected(call: Call, known: tuple[str, ...]) -> Mapping[str, str | int]:
    name, value = selector(call.request, call.connection, known)
    return {name: whole_number(name, value) if name == "id" else value}


def _read(app: FastAPI, root: str, door: Door) -> None:
    entering = Depends(door.admit)

    @app.get(root + DETAIL, operation_id=_name(root, "details"), summary="One customer", **DETAILS)
    def details(call: Annotated[Call, entering]) -> Response:
        fields, wanted = readable(call.connection), _selected(call, ONE)
        seen = _first(door.hub, call.connection, wanted)
        if seen is None:
            raise NotFound(f"no customer has this {next(iter(wanted))}")
        return formats.reading(call.request, shown(seen, fields), root=CUSTOMER)

    @app.get(root + LIST, operation_id=_name(root, "list"), summary="All customers", **LISTED)
    def list_(call: Annotated[Call, entering]) -> Response:
        fields = readable(call.connection)
        found = parameters(call.request, call.connection, FILTERS)
        page = Page.of(found)
        with reads(door.hub.engine) as session:
            ids = matching(session, call.connection, conditions(session, call.connection, _filters(call, found)))
            headers = page.headers(call.request, len(ids)) if page else None
            part = ids[page.start : page.start + page.size] if page else ids
            rows = (listed(shown(seen, fields)) for seen in load(session, call.connection, part))
            return formats.listing(call.request, rows, headers, root=CUSTOMER)


def _first(hub: Hub, connection: Connection, wanted: Mapping[str, Any]) -> Seen | None:
    """The customer that a selector means; of several the one that is known longest."""
    with reads(hub.engine) as session:
        ids = matching(session, connection, conditions(session, connection, wanted))
        return next(load(session, connection, ids[:1]), None)


def _filters(call: Call, found: Mapping[str, str]) -> dict[str, str | int]:
    made: dict[str, str | int] = {name: value for name, value in found.items() if name not in {PAGE, PAGE_SIZE}}
    if "id" in made:
        made["id"] = whole_number("id", found["id"])
    if "ChangedFrom" in made:
        made["ChangedFrom"] = moment("ChangedFrom", found["ChangedFrom"], call.connection.time_zone)
    return made
