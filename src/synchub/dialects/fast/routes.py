"""The surface: `POST /api/SyncData`."""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from fastapi import FastAPI, Request, Security
from fastapi.responses import JSONResponse

from synchub.connections.tables import Connection
from synchub.dialects.dialect import Hub
from synchub.dialects.fast import faults
from synchub.dialects.fast.description import REQUEST, RESPONSES, TOKEN
from synchub.dialects.fast.faults import Declined, Envelope
from synchub.dialects.fast.request import read
from synchub.errors import NotAllowed, NotAuthenticated
from synchub.intake.body import read_body
from synchub.intake.submission import Arrival, Submission, digest_of
from synchub.master.writes import Kind, Verdict

NAME = "fast"
PATH = "/api/SyncData"
IN_THREAD = 64 * 1024
"""Bytes from which a body is read in a thread."""


def surface(hub: Hub) -> FastAPI:
    """The application that answers at the path."""
    app = FastAPI(title="Fast: SyncData", docs_url=None, redoc_url=None)
    faults.speak(app)

    @app.post(
        PATH,
        summary="Synchronise master data",
        responses=RESPONSES,
        openapi_extra=REQUEST,
        dependencies=[Security(TOKEN)],
    )
    async def sync_data(request: Request) -> JSONResponse:
        """Store the rows of one form: all of them, or none."""
        connection = await _admit(hub, request)
        body = await read_body(request, hub.settings.max_body)
        work = partial(_submission, connection, body, request, hub.settings.max_rows)
        submission = await asyncio.to_thread(work) if len(body) >= IN_THREAD else work()
        receipt = await hub.committer.hand_in(submission)
        return faults.answer(receipt.answer)

    return app


async def _admit(hub: Hub, request: Request) -> Connection:
    """The connection whose token the request carries, raw or as a Bearer's in any letter case."""
    presented = request.headers.get("authorization", "").strip()
    scheme, _, token = presented.partition(" ")
    presented = token.strip() if scheme.lower() == "bearer" else presented
    if not presented:
        raise NotAuthenticated("no token")
    connection = await hub.directory.admit_token(NAME, presented)
    request.state.connection = connection.name
    hub.pace.check(connection)
    hub.directory.check_address(connection, request.client.host if request.client else "")
    return connection


def _submission(connection: Connection, body: bytes, request: Request, most: int) -> Submission:
    arrival = Arrival(
        surface=NAME,
        connection=connection.id,
        method=request.method,
        path=PATH,
        body=body,
        digest=digest_of(body),
        content_type=request.headers.get("content-type"),
        id=request.state.message_id,
    )
    try:
        writes = read(body, connection.writes, most)
    except Declined as declined:
        envelope = faults.refused(declined.code, declined.messages)
        return Submission(arrival, (), lambda _: envelope, refusal=declined.messages)
    return Submission(arrival, writes, partial(_taken, arrival.id), repeats=True)


def _taken(message: UUID, verdicts: Sequence[Verdict]) -> Envelope:
    """The answer to rows that are stored.

    Raises:
        NotAllowed: one of them is not, since the connection may no longer write it; then none of them is.
    """
    for verdict in verdicts:
        if verdict.kind is Kind.REJECTED:
            raise NotAllowed(verdict.reason or "not allowed")
    return faults.taken(len(verdicts), message)
