"""The surface: `POST /semaphore/flags`."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from synchub.dialects.semaphore import faults
from synchub.dialects.semaphore.wire import read

from synchub.dialects.dialect import Hub
from synchub.errors import Unreadable
from synchub.intake.body import read_body
from synchub.intake.submission import Arrival, Submission, digest_of

NAME, PATH = "semaphore", "/semaphore/flags"


def surface(hub: Hub) -> FastAPI:
    """The application that answers at the path."""
    app = FastAPI(title="Semaphore", docs_url=None, redoc_url=None)
    faults.speak(app)

    @app.post(PATH)
    async def hoist(request: Request) -> JSONResponse:
        """Store a flag."""
        presented = request.headers.get("authorization", "")
        connection = await hub.directory.admit_token(NAME, presented)
        hub.pace.check(connection)
        hub.directory.check_address(connection, request.client.host if request.client else "")
        body = await read_body(request, hub.settings.max_body)
        arrival = Arrival(NAME, connection.id, request.method, PATH, body, digest_of(body), id=request.state.message_id)
        receipt = await hub.committer.hand_in(submission(arrival))
        return JSONResponse(receipt.answer, 200 if receipt.answer["flag"] == "hoisted" else 400)

    return app


def submission(arrival: Arrival) -> Submission:
    """What a request hands in at the door."""
    try:
        write = read(arrival.body)
    except Unreadable as error:
        why = str(error)
        return Submission(arrival, (), lambda _: faults.lowered(why), refusal=why)
    return Submission(arrival, [write], lambda _: {"flag": "hoisted"})
