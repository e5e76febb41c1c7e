"""What a caller is told that could not be served: the vendor's error object.

Two public sources call the text `ErrorMessage` and `Message`; both are sent, as is the `MessageDetail` of a request
that cannot be read (facts/superoffice.md, section 3).
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from synchub.dialects.superoffice import formats
from synchub.errors import Interrupted, NotAuthenticated, SynchubError, TooMany, Unavailable

SOURCE = "synchub"
TYPES: Mapping[int, str] = {
    400: "ArgumentException",
    401: "AuthenticationException",
    403: "SoSentryException",
    404: "SoNotFoundException",
    405: "NotSupportedException",
    413: "ArgumentException",
    415: "ArgumentException",
    429: "TooManyRequestsException",
    503: "ServiceUnavailableException",
}
NOT_SUPPORTED = "NotSupportedException"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="synchub", charset="UTF-8"'}
FAILED = "The hub failed; nothing was done."


class NotSupported(SynchubError):
    """A method of the agent that this hub does not have."""

    status = HTTPStatus.BAD_REQUEST


def fault(status: int, message: str, kind: str | None = None) -> dict[str, Any]:
    """The error object."""
    return {
        "Error": True,
        "ErrorType": kind or TYPES.get(status, "Exception"),
        "ErrorMessage": message,
        "Message": message,
        "MessageDetail": message,
        "ErrorSource": SOURCE,
    }


def speak(surface: FastAPI) -> None:
    """Let a surface say in the error object whatever goes wrong."""
    surface.add_exception_handler(SynchubError, _of_ours)
    surface.add_exception_handler(HTTPException, _of_http)
    surface.add_exception_handler(Exception, _unexpected)


def _of_ours(request: Request, error: Exception) -> Response:
    if not isinstance(error, SynchubError) or error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(request, error)
    later = isinstance(error, Unavailable) and not isinstance(error, Interrupted)
    message = "Not done, please ask again later." if later else str(error)
    kind = NOT_SUPPORTED if isinstance(error, NotSupported) else None
    return formats.answer(request, "Error", fault(error.status, message, kind), error.status, _headers(error))


def _headers(error: SynchubError) -> Mapping[str, str] | None:
    if isinstance(error, NotAuthenticated):
        return CHALLENGE
    if isinstance(error, TooMany | Unavailable):
        return {"Retry-After": str(error.retry_after)}
    return None


def _of_http(request: Request, error: Exception) -> Response:
    status, headers, detail = HTTPStatus.NOT_FOUND, None, "Not Found"
    if isinstance(error, HTTPException):
        status, headers, detail = HTTPStatus(error.status_code), error.headers, error.detail
    return formats.answer(request, "Error", fault(status, detail), status, headers)


def _unexpected(request: Request, _error: Exception) -> Response:
    return formats.answer(request, "Error", fault(500, FAILED), HTTPStatus.INTERNAL_SERVER_ERROR)
