"""What a caller is told that could not be served: one small JSON object, `{"error": …}`."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from synchub.errors import Interrupted, NotAuthenticated, SynchubError, TooMany, Unavailable

ERROR = "error"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="synchub", charset="UTF-8"'}


def speak(surface: FastAPI) -> None:
    """Let a surface say in the envelope whatever goes wrong."""
    surface.add_exception_handler(SynchubError, _of_ours)
    surface.add_exception_handler(HTTPException, _of_http)
    surface.add_exception_handler(Exception, _unexpected)


def _of_ours(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, Unavailable | TooMany):
        told = str(error) if isinstance(error, TooMany | Interrupted) else "not stored, please send it again later"
        return JSONResponse({ERROR: told}, error.status, {"Retry-After": str(error.retry_after)})
    if isinstance(error, NotAuthenticated):
        return JSONResponse({ERROR: str(error)}, error.status, CHALLENGE)
    if isinstance(error, SynchubError) and error.status != HTTPStatus.INTERNAL_SERVER_ERROR:
        return JSONResponse({ERROR: str(error)}, error.status)
    return _unexpected(request, error)


def _of_http(_request: Request, error: Exception) -> JSONResponse:
    status, headers, detail = HTTPStatus.NOT_FOUND, None, "Not Found"
    if isinstance(error, HTTPException):
        status, headers, detail = HTTPStatus(error.status_code), error.headers, error.detail
    return JSONResponse({ERROR: detail}, status, headers)


def _unexpected(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({ERROR: "server error, nothing was stored"}, HTTPStatus.INTERNAL_SERVER_ERROR)
