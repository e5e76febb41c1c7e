"""Jobs/Validate and Jobs/Cancel: `code` is how many jobs are in the state that was asked for; 0 comes with the reason.

A second call finds the job in that state already and answers as the first did, but changes nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi.responses import Response
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import description
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint, Handler
from synchub.dialects.synchroteam.faults import Declined, refused
from synchub.dialects.synchroteam.ids import Book, Named
from synchub.dialects.synchroteam.jobs.completing import stamp
from synchub.dialects.synchroteam.jobs.detail import SELECTORS, TYPED
from synchub.dialects.synchroteam.jobs.kind import JOB, find
from synchub.dialects.synchroteam.jobs.states import State, check_move
from synchub.dialects.synchroteam.sending import Place, Said, kept, write_of
from synchub.intake.alone import Work
from synchub.intake.submission import Arrival, Submission
from synchub.master.writes import Write


def mover(wanted: State) -> Handler:
    """The endpoint that brings a job into a state."""

    def move(door: Door, call: Call) -> Response:
        def plan() -> Callable[[Arrival], Work]:
            call.may_write(JOB)
            selected = call.selected(SELECTORS, numbers=("num",))
            return lambda arrival: _moved(call.connection, arrival, selected, wanted)

        return door.write(call, plan)

    return move


def _moved(connection: Connection, arrival: Arrival, selected: Mapping[str, Any], wanted: State) -> Work:
    def work(session: Session) -> Submission:
        ((word, value),) = selected.items()
        found = find(session, connection, word, value)
        if not found:
            return Submission(arrival, (), lambda _: refused(f"no job has this {word}"))
        try:
            with session.begin_nested():
                place = placed(session, connection, found[0])
                writes = _written(place, wanted)
        except Declined as error:
            return kept(arrival, str(error))
        return Submission(arrival, writes, lambda _: {"code": 1})

    return work


def placed(session: Session, connection: Connection, record: int) -> Place:
    """Where a row about a job that is known is written; it is locked.

    Raises:
        Declined: it is gone by now.
    """
    named = Named(None, None, record=record)
    book = Book.open(session, connection, JOB.entity, [named], JOB.noun)
    copy = book.copy_of(named)
    if copy is None:
        raise Declined("the job is gone")
    return Place(session, connection, JOB, book, copy, Said(named), is_new=False)


def _written(place: Place, wanted: State) -> list[Write]:
    held = place.held().status
    check_move(State.CREATED if held is None else int(held), wanted)
    if held == wanted:
        return []
    place.said.fields["status"] = int(wanted)
    if wanted is State.VALIDATED:
        stamp(place)
    return [write_of(place)]


def _endpoint(name: str, state: State, summary: str) -> Endpoint:
    told = description.answer("How many jobs are in that state now; or 0, and in `message` why not.")
    described = {
        "responses": {200: told, **description.WRITE},
        "openapi_extra": {"parameters": description.query(**TYPED)},
    }
    return Endpoint("PUT", f"/Jobs/{name}", mover(state), summary, described, writes=True)


VALIDATE = _endpoint("Validate", State.VALIDATED, "Validate a completed job")
CANCEL = _endpoint("Cancel", State.CANCELLED, "Cancel a job")
