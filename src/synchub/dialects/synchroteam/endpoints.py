"""What an endpoint is, and what lets requests in to all of them.

Each resource's module has its endpoints: functions of the `Door` and of a `Call`, which return the answer. Those that
write (`writes`) have the body, and room for a transaction of their own; they are plain functions, since their rules
read what is stored: a thread calls them. Those that are coroutines wait for what is looked up together (`looking`).
`Door.store` ends in `intake.write`; `Door.reading` is for those that only read.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.quota import Quotas
from synchub.connections.tables import Connection
from synchub.dialects.dialect import Hub
from synchub.dialects.synchroteam import formats, query, sending
from synchub.dialects.synchroteam.access import NAME, admit
from synchub.dialects.synchroteam.bodies import Row, read_row, read_rows
from synchub.dialects.synchroteam.faults import Declined, refused
from synchub.dialects.synchroteam.gathering import Gathering
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.looking import Looked, look
from synchub.dialects.synchroteam.redaction import mentions, redacted, without_secrets
from synchub.dialects.synchroteam.sending import Refusal
from synchub.dialects.xml import MOST_BYTES
from synchub.errors import NotAllowed, Refused
from synchub.intake.alone import Alone, Work
from synchub.intake.body import read_body
from synchub.intake.submission import Answer, Arrival, Receipt, Submission, digest_of
from synchub.master.values import clean


def _as_stored(answer: Answer) -> Answer:
    return answer


@dataclass(slots=True)
class Call:
    """A request of a partner that may make it."""

    request: Request
    connection: Connection
    body: bytes = b""
    secrets: Collection[str] = ()

    def conceal(self, secrets: Collection[str]) -> None:
        """Redact secrets, which are called so (in lower case), before anything reads or keeps the body.

        Raises:
            Unreadable: it cannot be told where in the body they are; then nothing of it is kept.
        """
        self.secrets = secrets
        if mentions(self.body, secrets):
            body, self.body = self.body, b""
            self.body = redacted(body, formats.sent_as(self.request), secrets)

    def arrival(self) -> Arrival:
        """The request as it is journalled; its query is part of what makes a repeat."""
        url = self.request.url
        path = "/" + url.path.lstrip("/").removeprefix(self.request.scope.get("root_path", "").lstrip("/")).lstrip("/")
        asked = without_secrets(url.query, self.secrets)
        return Arrival(
            surface=NAME,
            connection=self.connection.id,
            method=self.request.method,
            path=f"{path}?{asked}" if asked else path,
            body=self.body,
            digest=digest_of(self.body),
            content_type=self.request.headers.get("content-type"),
            id=self.request.state.message_id,
        )

    def parameters(self, known: Collection[str] = ()) -> dict[str, str]:
        """The query's parameters; one that is not known is refused, so every endpoint must ask for them."""
        return query.parameters(self.request, self.connection, known)

    def selected(self, known: Collection[str], numbers: Collection[str] = ("id",)) -> dict[str, str | int]:
        """The one parameter that says which record is meant; those among `numbers` are whole numbers."""
        name, value = query.selector(self.request, self.connection, known)
        return {name: query.whole_number(name, value) if name in numbers else value}

    def segment(self, name: str) -> str:
        """What stands in the path for a placeholder."""
        return clean(unquote(str(self.request.path_params[name]))) or ""

    def row(self) -> Row:
        """The object of the body."""
        return read_row(self.body, formats.sent_as(self.request))

    def rows(self) -> list[Any]:
        """The members of a body that is a list."""
        return read_rows(self.body, formats.sent_as(self.request))

    def may_write(self, kind: Kind) -> None:
        """See whether the connection may write records of a kind.

        Raises:
            NotAllowed: it may not.
        """
        if self.connection.writes is not None and kind.entity not in self.connection.writes:
            raise NotAllowed(f"connection '{self.connection.name}' may not write {kind.plural}")


@dataclass(slots=True)
class Door:
    """What lets requests in, for all endpoints of the surface."""

    hub: Hub
    quotas: Quotas
    alone: Alone
    looking: Gathering[Looked, Row | None]

    @classmethod
    def of(cls, hub: Hub) -> "Door":
        """The door of a hub."""
        alone = Alone(hub.engine, hub.settings, hub.wake)
        return cls(hub, Quotas(hub.engine), alone, Gathering(partial(look, hub.engine)))

    async def admit(self, request: Request, also: frozenset[str] = frozenset()) -> Call:
        """See who calls, and whether it may; and whether it can read the answer, which may be of these types too."""
        connection = await admit(self.hub.directory, request)
        request.state.standing = await self.quotas.spend(connection)
        formats.asked(request, also)
        return Call(request, connection)

    async def take(self, request: Request, *, large: bool = False) -> Call:
        """As `admit`, with the body."""
        call = await self.admit(request)
        most = self.hub.settings.max_body
        call.body = await read_body(request, most if large else min(MOST_BYTES, most))
        return call

    def room(self, call: Call) -> AbstractAsyncContextManager[None]:
        """Room for a transaction of its own."""
        return self.alone.room(call.connection.id, len(call.body))

    async def hand_in(self, call: Call, submission: Submission) -> Response:
        """Store a submission together with what else is waiting, and answer after its commit."""
        receipt = await self.hub.committer.hand_in(submission)
        return formats.reply(call.request, receipt.answer)

    def reading(self, *, at_once: bool = False) -> AbstractContextManager[Session]:
        """A session that reads (`db.reading`)."""
        return db.reading(self.hub.engine, at_once=at_once)

    def store(
        self,
        call: Call,
        work: Callable[[Arrival], Work],
        status: int = HTTPStatus.OK,
        told: Callable[[Answer], Answer] = _as_stored,
    ) -> Response:
        """Run a request's transaction, and answer after its commit; `told` adds to the answer what is not stored."""
        receipt: Receipt = self.alone.store(arrival := call.arrival(), work(arrival))
        return formats.reply(call.request, told(receipt.answer), status)

    def refuse(self, call: Call, error: Refused, refuse: Refusal = refused) -> Response:
        """Answer a request that cannot be read, and keep it for the operator."""
        return self.store(call, lambda arrival: sending.refusal(arrival, str(error), refuse), error.status)

    def write(
        self,
        call: Call,
        plan: Callable[[], Callable[[Arrival], Work]],
        refuse: Refusal = refused,
        told: Callable[[Answer], Answer] = _as_stored,
    ) -> Response:
        """Run the transaction that `plan` makes of a call; what it refuses or declines is kept for the operator."""
        try:
            work = plan()
        except Refused as error:
            return self.refuse(call, error, refuse)
        except Declined as error:
            reason = str(error)
            return self.store(call, lambda arrival: sending.refusal(arrival, reason, refuse))
        return self.store(call, work, told=told)


Handler = Callable[[Door, Call], Response | Awaitable[Response]]
Straight = Callable[[Door, Call], Awaitable[Submission | None]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint: `path` may have placeholders; `described` is what the OpenAPI document says of it.

    One that `writes` runs a transaction; one that `asks` is a question in a body. `straight` makes a submission for the
    committer of a call that needs no transaction of its own, and None of all others. One that is `large` takes bodies
    as large as the hub does. `also` are media types beside JSON and XML in which the answer can be had.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    described: Mapping[str, Any] = field(default_factory=dict)
    writes: bool = False
    asks: bool = False
    straight: Straight | None = None
    large: bool = False
    also: frozenset[str] = frozenset()
