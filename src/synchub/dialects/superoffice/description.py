"""What the OpenAPI document says of the methods, and what a GET on a method's URL answers."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from synchub.dialects.superoffice import formats
from synchub.dialects.superoffice.agent import BASE, METHODS, Method
from synchub.dialects.superoffice.wire import (
    ErpConnection,
    ErpSyncEngineStatus,
    OfConnection,
    OfConnections,
    OfKeys,
    OfRecords,
    PluginResponse,
    Request,
)

REQUESTS: Mapping[str, type[Request] | None] = {
    "ForceResync": OfRecords,
    "ForceResyncNoBlankValues": OfRecords,
    "ForceResyncBatchTask": OfRecords,
    "ForceResyncExternal": OfKeys,
    "ForceResyncExternalNoBlankValues": OfKeys,
    "GetAllConnections": OfConnections,
    "GetConnection": OfConnection,
    "GetEngineStatus": None,
}
CARRIERS: Mapping[str, type[BaseModel]] = {
    "PluginResponse": PluginResponse,
    "ErpConnection": ErpConnection,
    "ErpSyncEngineStatus": ErpSyncEngineStatus,
}
SECURITY: dict[str, Any] = {
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "ticket": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "the word SOTicket, a blank, and the ticket",
    },
}
TEXT: dict[str, Any] = {"type": "string"}
FAULT: dict[str, Any] = {
    "type": "object",
    "required": ["Error", "ErrorType", "ErrorMessage", "Message", "ErrorSource"],
    "properties": {
        "Error": {"type": "boolean"},
        **dict.fromkeys(("ErrorType", "ErrorMessage", "Message", "MessageDetail", "ErrorSource"), TEXT),
    },
}
FAULTS: Mapping[int, str] = {
    400: "The body cannot be read, or a parameter is not of its kind.",
    401: "No credentials, or wrong ones.",
    403: "Not from this address.",
    405: "Another method than GET and POST.",
    413: "The body is too large, or names too many records.",
    415: "The Content-Type is not read.",
    429: "Too many requests a minute; Retry-After says when to come again.",
    500: "The hub failed; nothing was done.",
    503: "Not done at the moment; Retry-After says when to come again.",
}


@cache
def schema_of(model: type[BaseModel], mode: JsonSchemaMode = "validation") -> dict[str, Any]:
    """The schema of a model with nothing to look up elsewhere: it stands within documents, which do not change it."""
    schema = model.model_json_schema(by_alias=True, mode=mode)
    made: dict[str, Any] = _inlined(schema, schema.pop("$defs", {}))
    return made


def _inlined(schema: Any, defined: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(each, defined) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if (name := schema.get("$ref")) is not None:
        return _inlined(
            {**defined[name.rpartition("/")[2]], **{k: v for k, v in schema.items() if k != "$ref"}}, defined
        )
    return {name: _inlined(each, defined) for name, each in schema.items()}


def _selectable(schema: Any) -> Any:
    """A carrier's schema as `$select` may leave it: any property may be null."""
    if isinstance(schema, list):
        return [_selectable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _selectable(each) for name, each in schema.items()}
    if isinstance(properties := made.get("properties"), dict):
        made["properties"] = {name: {"anyOf": [each, {"type": "null"}]} for name, each in properties.items()}
    return made


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {kind: {"schema": schema} for kind in formats.ANSWERS}


@cache
def responses(name: str) -> dict[int | str, dict[str, Any]]:
    """The answers of a method by status; documents do not change them."""
    made: dict[int | str, dict[str, Any]] = {status: {"description": told} for status, told in FAULTS.items()}
    for answer in made.values():
        answer["content"] = _content(FAULT)
    returns = METHODS[name].returns
    if returns is None:
        return {204: {"description": "Taken; it is done in the background."}, **made}
    schema = _selectable(schema_of(CARRIERS[returns.removesuffix("[]")], "serialization"))
    schema = {"type": "array", "items": schema} if returns.endswith("[]") else {"anyOf": [schema, {"type": "null"}]}
    return {200: {"description": METHODS[name].does, "content": _content(schema)}, **made}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def shown(description: str, schema: dict[str, Any], *more: str) -> dict[int | str, dict[str, Any]]:
    """The answers of a GET, which everybody may make; `more` are types beside those that a method is answered in."""
    page = {kind: {"schema": TEXT} for kind in more}
    fault = {"description": FAULTS[500], "content": _content(FAULT)}
    return {200: {"description": description, "content": {**_content(schema), **page}}, 500: fault}


_MAYBE = {"type": ["string", "null"]}
DESCRIBED = shown(
    "What the method takes and gives.",
    _object(
        **dict.fromkeys(("Name", "Url", "HttpMethod", "Description"), TEXT),
        Supported={"type": "boolean"},
        Parameters={"type": "object", "additionalProperties": TEXT},
        Returns=_MAYBE,
    ),
)
VERSION_MAP = shown(
    "The versions, each with its URL.",
    _object(v1=TEXT, Version=TEXT, NetServerVersion=TEXT, NetServerDate=_MAYBE),
    "text/html",
)
URLS = shown(
    "The URLs of version 1, each with what a POST does; in XML an array.",
    {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": TEXT}},
)
for kind in formats.XMLS:
    URLS[200]["content"][kind] = {"schema": {"type": "array", "items": _object(Href=TEXT, POST=TEXT)}}


@cache
def operation(name: str) -> dict[str, Any]:
    """What FastAPI cannot know of a method: how it is called; documents do not change it."""
    select = {
        "name": "$select",
        "in": "query",
        "schema": TEXT,
        "description": "the properties to answer, with commas, `a/b` for one within another; the others are null",
    }
    made: dict[str, Any] = {"security": [{each: []} for each in SECURITY], "parameters": [select]}
    model = REQUESTS[name]
    if model is not None:
        schema = schema_of(model)
        kinds = (*formats.ANSWERS, formats.FORM)
        made["requestBody"] = {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}
    return made


def described(name: str, base: str) -> dict[str, Any]:
    """What a GET on a method's URL answers."""
    method: Method = METHODS[name]
    return {
        "Name": name,
        "Url": f"{base}{BASE}/{name}",
        "HttpMethod": "POST",
        "Description": method.does or "This hub does not have this method.",
        "Supported": bool(method.does),
        "Parameters": dict(method.parameters),
        "Returns": method.returns,
    }
