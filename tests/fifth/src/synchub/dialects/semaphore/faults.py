"""What a caller is told that could not be served: which flag is up, and why."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from synchub.errors import SynchubError, TooMany, Unavailable


def lowered(why: str) -> dict[str, str]:
    """The document of a refusal."""
    return {"flag": "lowered", "why": why}


def speak(surface: FastAPI) -> None:
    """Let a surface say in this form whatever goes wrong."""
    surface.add_exception_handler(SynchubError, _of_ours)
    surface.add_exception_handler(HTTPException, _of_http)
    surface.add_exception_handler(Exception, _unexpected)


def _of_ours(_request: Request, error: Exception) -> JSONResponse:
    later = {"Retry-After": str(error.retry_after)} if isinstance(error, Unavailable | TooMany) else None
    return JSONResponse(lowered(str(error)), error.status if isinstance(error, SynchubError) else 500, later)


def _of_http(_request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return JSONResponse(lowered("no such flag"), status)


def _unexpected(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse(lowered("the mast broke"), 500)
