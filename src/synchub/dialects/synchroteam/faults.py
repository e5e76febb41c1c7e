"""What a caller is told that could not be served: `{code: 0, message}`, in JSON or XML (contradiction ERR-4)."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from synchub import clock
from synchub.connections.quota import Spent
from synchub.dialects.synchroteam.formats import reply
from synchub.errors import Interrupted, NotAuthenticated, SynchubError, TooMany, Unavailable
from synchub.master.values import storable

CHALLENGE = {"WWW-Authenticate": 'Basic realm="synchub", charset="UTF-8"'}
LATER = "Not stored, please send it again later"
BROKEN = "Server error, nothing was stored"


class Declined(Exception):
    """A row that is answered with code 0 and this text, and changes nothing."""


def refused(message: str) -> dict[str, Any]:
    """The document of a refusal."""
    return {"code": 0, "message": storable(message)}


def speak(surface: FastAPI) -> None:
    """Let a surface say in this form whatever goes wrong."""
    surface.add_exception_handler(SynchubError, _of_ours)
    surface.add_exception_handler(HTTPException, _of_http)
    surface.add_exception_handler(Exception, _unexpected)


def _of_ours(request: Request, error: Exception) -> Response:
    if isinstance(error, Unavailable):
        told = str(error) if isinstance(error, Interrupted) else LATER
        return reply(request, refused(told), error.status, {"Retry-After": str(error.retry_after)})
    if isinstance(error, Spent):
        request.state.standing = error.standing
        wait = max(1, -(-(error.standing.again_at - clock.now()) // clock.SECOND))
        return reply(request, refused(str(error)), error.status, {"Retry-After": str(wait)})
    if isinstance(error, TooMany):
        return reply(request, refused(str(error)), error.status, {"Retry-After": str(error.retry_after)})
    if isinstance(error, NotAuthenticated):
        return reply(request, refused(str(error)), error.status, CHALLENGE)
    if isinstance(error, SynchubError) and error.status != HTTPStatus.INTERNAL_SERVER_ERROR:
        return reply(request, refused(str(error)), error.status)
    return _unexpected(request, error)


def _of_http(request: Request, error: Exception) -> Response:
    status, headers, detail = HTTPStatus.NOT_FOUND, None, "Not Found"
    if isinstance(error, HTTPException):
        status, headers, detail = HTTPStatus(error.status_code), error.headers, error.detail
    if status is HTTPStatus.NOT_FOUND:
        detail = f"There is no endpoint {request.url.path[:200]}"
    return reply(request, refused(detail), status, headers)


def _unexpected(request: Request, _error: Exception) -> Response:
    return reply(request, refused(BROKEN), HTTPStatus.INTERNAL_SERVER_ERROR)
