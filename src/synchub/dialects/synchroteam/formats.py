"""JSON and XML, by the request's headers: which one was sent, which one is asked for, and answers in it.

The vendor's text says application/json and text/xml, its samples ask for text/json (contradiction ACC-1 of
facts/synchroteam_endpoints.json). How things are called in XML is inferred there (`xml_inferred`): there is no sample.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from http import HTTPStatus
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO, Any, ClassVar

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from synchub import clock
from synchub.dialects import xml
from synchub.dialects.preferences import preferred
from synchub.errors import Refused
from synchub.master.values import storable

RESULT = "Result"
LISTS = {
    "tags": "tag",
    "customFieldValues": "customFieldValue",
    "CustomFieldValues": "customFieldValue",
    "parts": "part",
    "report": "item",
    "Activities": "Activity",
    "OtherTechnicians": "login",
    "groups": "group",
    "skilledTrades": "skilledTrade",
    "lines": "line",
    "serials": "serial",
    "items": "item",
    "valueList": "value",
    "errors": "error",
    "msg": "msg",
    "equipments": "equipment",
    "sites": "site",
}
"""What the elements of a list are called in XML, by the list's name."""
HELD, STEP = 2**20, 64 * 1024
"""The bytes of a list that are held in memory, and those that are read at once."""
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_UNSAID = frozenset({"", "undefined", "*/*"})


class Format(StrEnum):
    """A format of the wire."""

    JSON = "json"
    XML = "xml"


TYPES = {
    "application/json": Format.JSON,
    "text/json": Format.JSON,
    "application/xml": Format.XML,
    "text/xml": Format.XML,
}


class NotAcceptable(Refused):
    """The caller takes neither JSON nor XML."""

    status: ClassVar[int] = 406


class WrongType(Refused):
    """The body is neither JSON nor XML."""

    status: ClassVar[int] = 415


@dataclass(frozen=True, slots=True)
class Asked:
    """The format of an answer, and the media type that it is called by."""

    format: Format
    type: str = "application/json"


def asked(request: Request, also: frozenset[str] = frozenset()) -> Asked:
    """The format that a request asks for; where it takes anything, JSON, or XML if that is what it sends.

    One of the media types in `also` is answered with that type; then the format says nothing.

    Raises:
        NotAcceptable: it takes neither.
    """
    made = _asked(",".join(request.headers.getlist("accept")), request.headers.get("content-type", ""), also)
    if made is None:
        types = ", ".join((*TYPES, *sorted(also)))
        raise NotAcceptable(f"the answer can be had as {' or '.join(types.rsplit(', ', 1))}")
    return made


@lru_cache(maxsize=256)
def _asked(accept: str, content_type: str, also: frozenset[str]) -> Asked | None:
    sent = TYPES.get(_plain(content_type), Format.JSON)
    usual = Asked(Format.XML, "text/xml") if sent is Format.XML else Asked(Format.JSON)
    for wanted in preferred(accept) if accept.strip() else ["*/*"]:
        if wanted in TYPES or wanted in also:
            return Asked(TYPES.get(wanted, Format.JSON), wanted)
        if wanted == "*/*":
            return usual
        if wanted in {"application/*", "text/*"}:
            return Asked(usual.format, f"{wanted[:-2]}/{usual.format}")
    return None


def _plain(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def sent_as(request: Request) -> Format | None:
    """The format that a request's body is said to have; None if it does not say.

    Raises:
        WrongType: it says that it has another one.
    """
    plain = _plain(request.headers.get("content-type", ""))
    if plain in _UNSAID:
        return None
    if plain not in TYPES:
        raise WrongType(f"the Content-Type {storable(plain[:64])} is not read: send application/json or text/xml")
    return TYPES[plain]


def reply(
    request: Request,
    document: Mapping[str, Any],
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
    *,
    root: str = RESULT,
) -> Response:
    """A document in the format that was asked for; `root` is what it is called in XML."""
    try:
        wanted = asked(request)
    except NotAcceptable:
        wanted = Asked(Format.JSON)
    body = xml.write(root, _named(document)) if wanted.format is Format.XML else _json(document)
    told = {"vary": "Accept", **_standing(request), **(headers or {})}
    return Response(body, status, told, media_type=f"{wanted.type}; charset=utf-8")


def reading(request: Request, document: Mapping[str, Any], *, root: str = RESULT) -> Response:
    """The answer to a reading request, with an ETag; 304 where the caller has just that."""
    answer = reply(request, document, root=root)
    return _tagged(request, answer, hashlib.sha256(bytes(answer.body)))


def document(request: Request, content: bytes, media_type: str, name: str) -> Response:
    """As `reading`, of bytes of another type; a browser keeps them under a name."""
    told = {"vary": "Accept", **_standing(request), "content-disposition": f'inline; filename="{name}"'}
    answer = Response(content, headers=told, media_type=media_type)
    return _tagged(request, answer, hashlib.sha256(content))


def listing(
    request: Request,
    rows: Iterable[Mapping[str, Any]],
    headers: Mapping[str, str] | None = None,
    *,
    root: str,
    nested: bool = False,
) -> Response:
    """As `reading`, of rows that may be many: what is longer than a mebibyte waits in a file until it is sent.

    `nested` puts the list into another one, in JSON. All rows are read before it begins, so that a slow caller holds no
    transaction open.
    """
    wanted, told = asked(request), {"vary": "Accept", **_standing(request), **(headers or {})}
    file, digest = SpooledTemporaryFile(HELD), hashlib.sha256()  # noqa: SIM115 - closed once it is sent
    try:
        for piece in _pieces(wanted.format, rows, root, nested=nested):
            file.write(piece)
            digest.update(piece)
    except BaseException:
        file.close()
        raise
    told["content-length"] = str(file.tell())
    answer = StreamingResponse(_sent(file), headers=told, media_type=f"{wanted.type}; charset=utf-8")
    made = _tagged(request, answer, digest)
    if made is not answer:
        file.close()
    return made


def _pieces(wanted: Format, rows: Iterable[Mapping[str, Any]], root: str, *, nested: bool) -> Iterator[bytes]:
    if wanted is Format.XML:
        return xml.write_list(f"ArrayOf{root}", root, map(_named, rows))
    return chain([b"["], _json_list(rows), [b"]"]) if nested else _json_list(rows)


def _json_list(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    before = b"["
    for row in rows:
        yield before + _json(row)
        before = b","
    yield b"[]" if before == b"[" else b"]"


async def _sent(file: IO[bytes]) -> AsyncIterator[bytes]:
    """What is in a file, which is closed afterwards."""
    with file:
        file.seek(0)
        while piece := file.read(STEP):
            yield piece


def _tagged(request: Request, answer: Response, digest: "hashlib._Hash") -> Response:
    """The answer with an ETag, or 304 in its place."""
    tag = f'"{digest.hexdigest()[:32]}"'
    answer.headers["etag"] = tag
    if not _has(request.headers.getlist("if-none-match"), tag):
        return answer
    kept = {name: value for name, value in answer.headers.items() if name not in {"content-length", "content-type"}}
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)


def _has(lines: list[str], tag: str) -> bool:
    """Whether one of the tags of If-None-Match is this one, strong or weak (RFC 9110, 13.1.2)."""
    tags = [part.strip().removeprefix("W/") for line in lines for part in line.split(",")]
    return tag in tags or "*" in tags


def _standing(request: Request) -> dict[str, str]:
    """How the caller stands with its requests; the moment in them is in seconds, and never past."""
    standing = getattr(request.state, "standing", None)
    if standing is None:
        return {}
    soonest = clock.now() // clock.SECOND + 1
    return {
        "x-ratelimit-limit": str(standing.limit),
        "x-ratelimit-remaining": str(standing.left),
        "x-ratelimit-reset": str(max(-(-standing.again_at // clock.SECOND), soonest)),
        "x-quota-remaining": str(standing.left),
    }


def _json(document: Any) -> bytes:
    return _ENCODER.encode(document).encode(errors="replace")


def _named(value: Any) -> Any:
    """The document with a name for the elements of its lists, at every level; an empty list is an empty element."""
    if not isinstance(value, Mapping):
        return value
    return {name: _named_list(name, each) if isinstance(each, list) else _named(each) for name, each in value.items()}


def _named_list(name: str, value: list[Any]) -> Any:
    return {LISTS[name]: [_named(each) for each in value]} if value else ""
