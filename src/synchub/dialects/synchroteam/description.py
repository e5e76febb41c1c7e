"""What the OpenAPI document says of the endpoints: parameters, bodies and every answer, in JSON and XML."""

from collections.abc import Mapping, Sequence
from typing import Any

from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.wire import nested

SCHEMES = {
    "basic": {"type": "http", "scheme": "basic", "description": "the domain as user name, the API key as password"}
}
"""How a partner proves itself; `access` looks at the header itself."""
TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "integer"}
TYPES = ("application/json", "text/json", "application/xml", "text/xml")

_FIELD = {"type": "object", "properties": {"id": NUMBER, "name": TEXT, "value": TEXT}}
_PLACE = {"type": ["object", "null"], "properties": {"Latitude": TEXT, "Longitude": TEXT}}
FLAG: dict[str, Any] = {"type": "boolean"}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
WHOLE: dict[str, Any] = {"type": ["integer", "null"]}
NAMED: dict[str, Any] = {
    "type": "array",
    "items": {"type": "object", "properties": {"id": NUMBER, "myId": TEXT, "name": TEXT}},
}
"""Other records."""
_KINDS: Mapping[str, Mapping[str, Any]] = {
    "id": NUMBER,
    "customFieldValues": {"type": "array", "items": _FIELD},
    "CustomFieldValues": {"type": "array", "items": _FIELD},
    "tags": TEXTS,
    "position": _PLACE,
}


def secured(document: dict[str, Any]) -> dict[str, Any]:
    """The document, in which every operation asks for a proof."""
    document.setdefault("components", {})["securitySchemes"] = SCHEMES
    return document | {"security": [{name: []} for name in SCHEMES]}


def schema(kind: Kind, *, lists: bool = False) -> dict[str, Any]:
    """A row of a kind; `lists` says that it is one of a list."""
    more = kind.described
    words: dict[str, Any] = {kind.id_word: None, **nested(kind.details({}))}
    for each in kind.references:
        words |= {word.partition(".")[0]: "" for word in each.words}
    properties = {word: _typed(word, value, more) for word, value in words.items()}
    properties[kind.id_word] = TEXT if kind.id_column else NUMBER
    for each in kind.references:
        if each.id and each.id not in more and "." not in each.id:
            properties[each.id] = {"type": ["string", "null"]} if each.to.id_column else WHOLE
    kept = {word: type_ for word, type_ in properties.items() if not lists or word not in kind.left_out}
    return {"type": "object", "title": kind.root, "properties": kept}


def _typed(word: str, blank: Any, more: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The type of a word, also by what it shows where it is blank."""
    if known := more.get(word) or _KINDS.get(word):
        return known
    if isinstance(blank, bool):
        return FLAG
    if isinstance(blank, int):
        return NUMBER
    if isinstance(blank, list):
        return TEXTS
    return WHOLE if blank is None else TEXT


RESULT: dict[str, Any] = {
    "type": "object",
    "title": "Result",
    "properties": {"code": NUMBER, "message": {"type": ["string", "null"]}},  # null where all is well (ERR-2)
    "required": ["code"],
}


def _content(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {each: {"schema": schema} for each in TYPES}


def answer(description: str, schema: Mapping[str, Any] = RESULT) -> dict[str, Any]:
    """An answer in every format."""
    return {"description": description, "content": _content(schema)}


def also(told: Mapping[str, Any], media_type: str) -> dict[str, Any]:
    """An answer that can be had as bytes of another type too."""
    return {**told, "content": {**told["content"], media_type: {"schema": {"type": "string", "format": "binary"}}}}


FAULTS: dict[int | str, dict[str, Any]] = {
    400: answer("The body or the query cannot be read, or names what is not known; nothing was done."),
    401: answer("No domain and API key, or wrong ones."),
    403: answer("The connection may not do this, or not from this address."),
    405: answer("Another method than the endpoint has."),
    406: answer("Neither JSON nor XML is accepted."),
    429: answer("Too many requests; Retry-After and X-RateLimit-Reset say when to come again."),
    500: answer("The hub failed; nothing was stored."),
    503: answer("Not now; Retry-After says when to come again."),
}
READ: dict[int | str, dict[str, Any]] = {304: {"description": "What If-None-Match names is what there is."}, **FAULTS}
WRITE: dict[int | str, dict[str, Any]] = {413: answer("The body is too large."), **FAULTS}
TYPED: dict[int | str, dict[str, Any]] = {415: answer("The body is neither JSON nor XML.")}
ASKED: dict[int | str, dict[str, Any]] = {413: answer("The body is too large."), **TYPED, **READ}
"""What may become of a question in a body."""


def query(**known: dict[str, Any]) -> list[dict[str, Any]]:
    """Parameters of a query, by their types."""
    return [{"name": name, "in": "query", "schema": schema} for name, schema in known.items()]


def places(**known: dict[str, Any]) -> list[dict[str, Any]]:
    """Placeholders of a path, by their types."""
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name, schema in known.items()]


GREETING: dict[int | str, dict[str, Any]] = {200: answer("They count."), **READ}


def sent(kind: Kind, told: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What is said of a Send; `told` is its answer, where that is another than most have."""
    told = told or answer(f"The id of the {kind.noun} in `code`; or 0, and in `message` why not.")
    return {
        "responses": {200: told, **WRITE, **TYPED},
        "openapi_extra": body(
            f"One {kind.noun}, found by `id` or `{kind.key or 'name'}`, else created. What it leaves out stays as it "
            "is, a blank clears. Names are matched in any letter case.",
            _with_secrets(kind),
        ),
    }


def _with_secrets(kind: Kind) -> dict[str, Any]:
    """A row of a kind as it is sent: what is never shown may be in it."""
    made = schema(kind)
    made["properties"] |= {kind.row.words[each]: {**TEXT, "writeOnly": True} for each in sorted(kind.row.secrets)}
    return made


def searched(kind: Kind, words: Mapping[str, Any], **known: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a question in a body with these filters, whose answer's rows have these words."""
    row = {"type": "object", "title": kind.root, "properties": dict(words)}
    asked = {"type": "object", "properties": {**known, "changedFrom": TEXT}}
    told = "What the rows must fulfil; blank filters ask for nothing."
    return {
        "responses": {200: answer(f"The {kind.plural}.", {"type": "array", "items": row}), **ASKED},
        "openapi_extra": {
            "parameters": query(ChangedFrom=TEXT, page=NUMBER, pageSize=NUMBER),
            **body(told, asked),
        },
    }


def body(told: str, of: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a request."""
    return {"requestBody": {"required": True, "description": told, "content": _content(of)}}


def deleted(kind: Kind, **known: dict[str, Any]) -> dict[str, Any]:
    """What is said of a Delete by these selectors."""
    told = answer(f"How many {kind.plural} were deleted.")
    return {"responses": {200: told, **WRITE}, "openapi_extra": {"parameters": query(**known)}}


def details(kind: Kind, more: Mapping[str, Any] | None = None, /, **known: dict[str, Any]) -> dict[str, Any]:
    """What is said of a Details by these selectors; `more` are words that no list has, with their types."""
    row = schema(kind)
    row["properties"] |= more or {}
    told = {200: answer(f"The {kind.noun}.", row), **READ, 404: answer("There is none.")}
    return {"responses": told, "openapi_extra": {"parameters": query(**known)}}


def listed(kind: Kind, within: Sequence[dict[str, Any]] = (), /, **known: dict[str, Any]) -> dict[str, Any]:
    """What is said of a List with these filters; `within` are the placeholders of its path."""
    rows = {"type": "array", "items": schema(kind, lists=True)}
    parameters = [*within, *query(**known, page=NUMBER, pageSize=NUMBER)]
    return {
        "responses": {200: answer(f"The {kind.plural}.", rows), **READ},
        "openapi_extra": {"parameters": parameters},
    }
