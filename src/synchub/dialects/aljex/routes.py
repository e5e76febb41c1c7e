"""The surface: `POST /aljex/sync`, one record per request."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from uuid import UUID

from fastapi import FastAPI, Request, Security
from fastapi.responses import JSONResponse

from synchub.connections.tables import Connection
from synchub.dialects.aljex import faults
from synchub.dialects.aljex.access import NAME, admit
from synchub.dialects.aljex.description import LOGIN, REQUEST, RESPONSES
from synchub.dialects.aljex.form import keepable, read_form
from synchub.dialects.aljex.rows import Quarantined, read_row
from synchub.dialects.aljex.settings import AljexSettings
from synchub.dialects.dialect import Hub
from synchub.errors import Unreadable
from synchub.intake.body import read_body
from synchub.intake.submission import Answer, Arrival, Submission, digest_of
from synchub.master.writes import Verdict, Write

PATH = "/aljex/sync"
MOST_BYTES = 8 * 2**20 - 1
IN_THREAD = 64 * 1024
"""Bytes from which a body is read in a thread."""


def surface(hub: Hub) -> FastAPI:
    """The application that answers at the path."""
    app = FastAPI(title="Aljex: live sync", docs_url=None, redoc_url=None)
    faults.speak(app)

    @app.post(
        PATH,
        summary="Synchronise one record",
        responses=RESPONSES,
        openapi_extra=REQUEST,
        dependencies=[Security(LOGIN)],
    )
    async def sync(request: Request) -> JSONResponse:
        """Store the record as it is now, or its end. Success is answered only after it is on disk."""
        connection = await admit(hub.directory, request)
        request.state.connection = connection.name
        hub.pace.check(connection)
        body = await read_body(request, min(MOST_BYTES, hub.settings.max_body))
        work = partial(_submission, connection, body, request)
        submission = await asyncio.to_thread(work) if len(body) >= IN_THREAD else work()
        receipt = await hub.committer.hand_in(submission)
        return JSONResponse(receipt.answer, HTTPStatus.BAD_REQUEST if faults.ERROR in receipt.answer else HTTPStatus.OK)

    return app


def _submission(connection: Connection, body: bytes, request: Request) -> Submission:
    settings = AljexSettings.model_validate(connection.settings)
    form = read_form(body, settings.redact)
    arrival = Arrival(
        surface=NAME,
        connection=connection.id,
        method=request.method,
        path=PATH,
        body=form.body,
        digest=digest_of(form.body),
        content_type=request.headers.get("content-type"),
        id=request.state.message_id,
    )
    try:
        row = read_row(form, settings)
    except Unreadable as error:
        kept = keepable(form, settings.redact)
        return _refused(replace(arrival, body=kept, digest=digest_of(kept)), {faults.ERROR: str(error)}, str(error))
    if isinstance(row, Write) and connection.writes is not None and row.entity not in connection.writes:
        row = Quarantined(f"this connection may not write {row.entity}")
    if isinstance(row, Quarantined):
        return _refused(arrival, {"result": "quarantined", "reason": row.reason}, row.reason)
    return Submission(arrival, [row], partial(_stored, arrival.id))


def _refused(arrival: Arrival, answer: Answer, reason: str) -> Submission:
    """A request that is kept for the operator and changes nothing."""
    answer["id"] = str(arrival.id)
    return Submission(arrival, (), lambda _: answer, refusal=reason)


def _stored(message: UUID, verdicts: Sequence[Verdict]) -> Answer:
    (verdict,) = verdicts
    reason = {"reason": verdict.reason} if verdict.reason else {}
    return {"result": verdict.kind.value, **reason, "id": str(message)}
