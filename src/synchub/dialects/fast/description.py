"""What the OpenAPI document says of the call: the forms with their attributes, and the envelope."""

from typing import Any

from fastapi.security import APIKeyHeader

from synchub.dialects.fast.wire import BY_ENTITY, Form


def _request(form: type[Form]) -> dict[str, Any]:
    rows = {"type": "array", "minItems": 1, "items": form.model_json_schema(by_alias=True)}
    properties = {"form": {"const": form.form}, "data": rows}
    return {"type": "object", "title": form.form, "properties": properties, "required": ["form", "data"]}


TOKEN = APIKeyHeader(
    name="Authorization", scheme_name="token", description="the token, raw or after the word Bearer", auto_error=False
)
"""How a partner proves itself; `routes` looks at the header itself."""
REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Rows of one form. Names are matched in any letter case; attributes that a form does not have "
        "are kept and change nothing. What a row leaves out stays as it is, a null or blank value clears.",
        "content": {"application/json": {"schema": {"oneOf": [_request(form) for form in BY_ENTITY.values()]}}},
    },
}

_FLAG: dict[str, Any] = {"type": "boolean"}
_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "integer"}


def _answer(description: str, **more: Any) -> dict[str, Any]:
    properties = {"success": _FLAG, "messages": _TEXT, **more, "code": _NUMBER}
    schema = {"type": "object", "properties": properties, "required": ["success", "messages", "code"]}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answer(
        "Code 200: stored; fkey is the id of the message. Codes 201 (no such form), 202 (no data) and 601 (rows that "
        "break the form's rules): nothing was stored.",
        records=_NUMBER,
        fkey=_TEXT,
    ),
    400: _answer("The body cannot be read."),
    401: _answer("No token, or a wrong one."),
    403: _answer("The connection may not write this form, or not call from this address."),
    405: _answer("Another method than POST."),
    413: _answer("The body is too large (code 400)."),
    429: _answer("Too many requests a minute; Retry-After says when to come again."),
    500: _answer("The hub failed; nothing was stored."),
    503: _answer("Not stored at the moment; Retry-After says when to come again."),
}
