"""Files that a link opens, without credentials: attachments and photos."""

import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from synchub.config import Settings
from synchub.contents import links
from synchub.contents.keeping import shelf
from synchub.contents.kinds import UNKNOWN
from synchub.db import reading
from synchub.dialects.dialect import Claim
from synchub.errors import NotFound, SynchubError, Unavailable
from synchub.master.entities import ENTITIES

PLACE = links.FILE
CLAIM = Claim(PLACE, frozenset({"GET", "HEAD"}))
KEPT = ("attachment", "photo")
"""The entities whose records are files: `content` has the digest, `file_name` and `media_type` what they say."""
GUARDED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "private, no-cache",
}
"""Headers of a file: a browser keeps it, runs nothing of it, and asks each time whether the link still counts."""
UNPRINTED = "(a link)"

log = logging.getLogger(__name__)


def files(engine: Engine, settings: Settings) -> Starlette:
    """The application that answers at `PLACE`."""

    def file(request: Request) -> Response:
        request.state.path = PLACE.format(token=UNPRINTED)  # whoever reads the log has no use of the link
        record = _opened(engine, settings, request.path_params["token"])
        tag = f'"{record.content}"'
        headers = {**GUARDED, "ETag": tag, "Content-Disposition": _attachment(record.file_name or "file")}
        if tag in [part.strip() for part in request.headers.get("if-none-match", "").split(",")]:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(_content(settings, record), media_type=record.media_type or UNKNOWN, headers=headers)

    return Starlette(routes=[Route(PLACE, file)], exception_handlers={SynchubError: _told})


def _opened(engine: Engine, settings: Settings, token: str) -> Any:
    """The record that a token opens."""
    with reading(engine) as session:
        link = links.opened(session, settings.secret_key.get_secret_value(), token, KEPT)
        record: Any = session.get(ENTITIES[link.entity], link.record)
    if record is None or not record.exists or not record.content:
        raise NotFound(links.NOTHING)
    return record


def _content(settings: Settings, record: Any) -> bytes:
    try:
        return shelf(settings).get(record.content)
    except NotFound as error:
        log.error("a file is lost", extra={"record": record.id, "said": str(error)})  # noqa: TRY400 - it is no fault of the code
        raise NotFound(links.NOTHING) from None


def _attachment(name: str) -> str:
    """What says that a file is to be kept, and under which name (RFC 6266, RFC 8187)."""
    plain = "".join(sign if sign.isprintable() and sign not in '"\\/' else "_" for sign in name)
    ascii_only = plain.encode("ascii", errors="replace").decode().replace("?", "_")
    return f"attachment; filename=\"{ascii_only}\"; filename*=UTF-8''{quote(plain, safe='')}"


def _told(_request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, SynchubError) else HTTPStatus.INTERNAL_SERVER_ERROR
    told = {"Retry-After": str(error.retry_after)} if isinstance(error, Unavailable) else {}
    said = str(error) if status == HTTPStatus.NOT_FOUND else "the file cannot be had now"
    return JSONResponse({"error": said}, status, {**GUARDED, **told})
