"""SyncData's answers: one envelope for everything, `{success, messages, records, fkey, code}`.

The codes are those of the vendor's page. 201, 202 and 601 travel on HTTP 200, because the vendor's own client throws
on any other status before it reads the body; everything else has its code as its status, and too large a body is 413
with code 400.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from synchub.dialects.wire import Fault
from synchub.errors import Interrupted, NotAuthenticated, Refused, SynchubError, TooLarge, TooMany, Unavailable

SUCCESS, UNKNOWN_FORM, EMPTY, MISSHAPEN, FORBIDDEN, STRUCTURE = 200, 201, 202, 400, 403, 601
ON_OK = frozenset({SUCCESS, UNKNOWN_FORM, EMPTY, STRUCTURE})
MOST_FAULTS = 20

Envelope = dict[str, Any]


class Declined(Exception):
    """A request of a known partner that is answered with one of the codes, and kept for the operator."""

    def __init__(self, code: int, messages: str) -> None:
        super().__init__(messages)
        self.code, self.messages = code, messages


def taken(records: int, message: UUID) -> Envelope:
    """The answer to a request that is stored."""
    return {"success": True, "messages": "SUCCESS", "records": records, "fkey": str(message), "code": SUCCESS}


def refused(code: int, messages: str) -> Envelope:
    """The answer to any other request."""
    return {"success": False, "messages": messages, "code": code}


def structure(faults: Sequence[Fault], count: int, rows: int) -> Declined:
    """The refusal of rows that break the form's rules: the first faults and the count of all."""
    more = f", the first {len(faults)} of them" if count > len(faults) else ""
    told = f"Data structure error, nothing was stored: {count} problems in {rows} rows{more}: "
    told += "; ".join(map(str, faults))
    return Declined(STRUCTURE, told)


def answer(envelope: Envelope, status: int | None = None, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An envelope on the HTTP status that belongs to its code."""
    code = int(envelope["code"])
    return JSONResponse(envelope, status or (HTTPStatus.OK if code in ON_OK else code), headers)


def speak(surface: FastAPI) -> None:
    """Let a surface say in the envelope whatever goes wrong."""
    surface.add_exception_handler(SynchubError, _of_ours)
    surface.add_exception_handler(HTTPException, _of_http)
    surface.add_exception_handler(Exception, _unexpected)


def _of_ours(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, Unavailable):
        told = str(error) if isinstance(error, Interrupted) else "Not stored, please send it again later"
        return answer(refused(error.status, told), headers=_later(error))
    if isinstance(error, NotAuthenticated):
        return answer(refused(error.status, "Authentication error"), headers={"WWW-Authenticate": "Bearer"})
    if isinstance(error, TooMany):
        return answer(refused(error.status, str(error)), headers=_later(error))
    if isinstance(error, Refused):
        return answer(refused(MISSHAPEN if isinstance(error, TooLarge) else error.status, str(error)), error.status)
    return _unexpected(request, error)


def _later(error: TooMany | Unavailable) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after)}


def _of_http(_request: Request, error: Exception) -> JSONResponse:
    status, headers, detail = HTTPStatus.NOT_FOUND, None, "Not Found"
    if isinstance(error, HTTPException):
        status, headers, detail = HTTPStatus(error.status_code), error.headers, error.detail
    return answer(refused(status, detail), status, headers)


def _unexpected(_request: Request, _error: Exception) -> JSONResponse:
    return answer(refused(HTTPStatus.INTERNAL_SERVER_ERROR, "Server error, nothing was stored"))
