"""What the OpenAPI document says of the endpoints: parameters, bodies and every answer, in JSON and XML."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBase
from fastapi.security.base import SecurityBase

from synchub.dialects.synchroteam.wire import LEFT_OUT, details


class Login(SecurityBase):
    """How a partner proves itself; `access` looks at the header itself."""

    model = HTTPBase(scheme="basic", description="the domain as user name, the API key as password")
    scheme_name = "basic"

    async def __call__(self, _request: Request) -> None:
        """Nothing is looked at here."""


LOGIN = Security(Login())
TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "integer"}
TYPES = ("application/json", "text/json", "application/xml", "text/xml")

_FIELD = {"type": "object", "properties": {"id": NUMBER, "name": TEXT, "value": TEXT}}
_PLACE = {"type": ["object", "null"], "properties": {"Latitude": TEXT, "Longitude": TEXT}}
_KINDS: Mapping[str, dict[str, Any]] = {
    "id": NUMBER,
    "customFieldValues": {"type": "array", "items": _FIELD},
    "tags": {"type": "array", "items": TEXT},
    "position": _PLACE,
}
_WORDS = details(0, "", {})
CUSTOMER: dict[str, Any] = {
    "type": "object",
    "title": "Customer",
    "properties": {word: _KINDS.get(word, TEXT) for word in _WORDS},
}
_ROW: dict[str, Any] = {
    "type": "object",
    "title": "Customer",
    "properties": {word: _KINDS.get(word, TEXT) for word in _WORDS if word not in LEFT_OUT},
}
_RESULT: dict[str, Any] = {
    "type": "object",
    "title": "Result",
    "properties": {"code": NUMBER, "message": TEXT},
    "required": ["code"],
}


def _content(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {each: {"schema": schema} for each in TYPES}


def _answer(description: str, schema: Mapping[str, Any] = _RESULT) -> dict[str, Any]:
    return {"description": description, "content": _content(schema)}


_FAULTS: dict[int | str, dict[str, Any]] = {
    400: _answer("The body or the query cannot be read, or names what is not known; nothing was done."),
    401: _answer("No domain and API key, or wrong ones."),
    403: _answer("The connection may not do this, or not from this address."),
    405: _answer("Another method than the endpoint has."),
    406: _answer("Neither JSON nor XML is accepted."),
    429: _answer("Too many requests; Retry-After and X-RateLimit-Reset say when to come again."),
    500: _answer("The hub failed; nothing was stored."),
    503: _answer("Not now; Retry-After says when to come again."),
}
_READ: dict[int | str, dict[str, Any]] = {304: {"description": "What If-None-Match names is what there is."}, **_FAULTS}
_WRITE: dict[int | str, dict[str, Any]] = {413: _answer("The body is too large."), **_FAULTS}
_TYPED = {415: _answer("The body is neither JSON nor XML.")}


def _query(**known: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in known.items()]


GREETING: dict[int | str, dict[str, Any]] = {200: _answer("They count."), **_READ}
SENT: dict[str, Any] = {
    "responses": {
        200: _answer("The id of the customer in `code`; or 0, and in `message` why not."),
        **_WRITE,
        **_TYPED,
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "description": "One customer, found by `id` or `myId`, else created. What it leaves out stays as it is, a "
            "blank clears. Names are matched in any letter case.",
            "content": _content(CUSTOMER),
        }
    },
}
DELETED: dict[str, Any] = {
    "responses": {200: _answer("How many customers were deleted."), **_WRITE},
    "openapi_extra": {"parameters": _query(name=TEXT, id=NUMBER, myId=TEXT)},
}
DETAILS: dict[str, Any] = {
    "responses": {200: _answer("The customer.", CUSTOMER), **_READ, 404: _answer("There is none.")},
    "openapi_extra": {"parameters": _query(id=NUMBER, name=TEXT, myId=TEXT, email=TEXT)},
}
LISTED: dict[str, Any] = {
    "responses": {200: _answer("The customers.", {"type": "array", "items": _ROW}), **_READ},
    "openapi_extra": {
        "parameters": _query(
            ChangedFrom=TEXT, id=NUMBER, myId=TEXT, name=TEXT, contactEmail=TEXT, page=NUMBER, pageSize=NUMBER
        )
    },
}
