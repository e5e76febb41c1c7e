"""Bodies in and out: which content types are read, which one an answer has, and what `$select` leaves of it.

From reference/002 (content types) and facts/superoffice.md, section 3 (`$select`, XML); what the vendor does not say
about XML is decided here: elements are called as in JSON, those of an array by their type, null is `xsi:nil`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import Response

from synchub.dialects import xml
from synchub.dialects.preferences import preferred
from synchub.dialects.superoffice.wire import ITEMS, MOST_NAMED, Form
from synchub.errors import TooLarge, Unreadable

FORM = "application/x-www-form-urlencoded"
JSONS = ("application/json", "text/json", "application/json-patch+json", "application/merge-patch+json")
XMLS = ("application/xml", "text/xml")
ANSWERS = (*JSONS, *XMLS)
MOST_ELEMENTS = MOST_NAMED + 100
"""Elements of XML, and fields of a form, that are read: a list and what stands beside it."""

_INDEX = re.compile(r"\[\d*\]$")


class UnknownType(Unreadable):
    """A Content-Type that is not read."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


@dataclass(frozen=True, slots=True)
class Body:
    """The values of a body by name; of a form's fields, each a list. None: there was no body, or null."""

    values: Mapping[str, Any] | None
    form: Form = Form.JSON


def read(body: bytes, content_type: str) -> Body:
    """What a body says.

    Raises:
        Unreadable: it is not what its Content-Type says, or no object.
        UnknownType: the Content-Type is not read.
        TooLarge: it has too many elements or fields.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not body.strip():
        return Body(None)
    if kind == FORM:
        return Body(_fields(body), Form.FIELDS)
    if kind in XMLS:
        return Body(_object(xml.read(body, most_elements=MOST_ELEMENTS)[1] or {}), Form.XML)
    if kind in {*JSONS, ""}:
        return Body(_object(_json(body)))
    raise UnknownType(f"the Content-Type {kind[:80]} is not read: use one of {', '.join((*ANSWERS, FORM))}")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"the body is no JSON: {str(error)[:200]}") from None
    except ValueError:
        raise Unreadable("the body is no JSON: a number in it has too many digits") from None


def _object(value: Any) -> Mapping[str, Any] | None:
    if value is None or isinstance(value, dict):
        return value
    raise Unreadable("the body must be an object with the parameters of the method")


def _fields(body: bytes) -> dict[str, list[str]]:
    """The fields; an array is a repeated name, with or without brackets behind it."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_ELEMENTS)
    except UnicodeDecodeError:
        raise Unreadable("the form is not UTF-8") from None
    except ValueError:
        raise TooLarge(f"the form has more than {MOST_ELEMENTS} fields") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(_INDEX.sub("", name).lower(), []).append(value)
    return fields


def answer_type(request: Request) -> str:
    """The content type to answer in: of those asked for the best that we have, else JSON."""
    wanted = preferred(request.headers.get("accept", ""))
    return next((each for one in wanted for each in ANSWERS if _fits(each, one)), ANSWERS[0])


def _fits(kind: str, wanted: str) -> bool:
    return wanted in {kind, "*/*"} or (wanted.endswith("/*") and kind.startswith(wanted[:-1]))


def answer(
    request: Request, name: str, value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer in the format that was asked for; `name` is the vendor's name of the value's type."""
    kind = answer_type(request)
    content = _as_xml(name, value) if kind in XMLS else json.dumps(value, ensure_ascii=False).encode()
    return Response(content, status, headers, media_type=f"{kind}; charset=utf-8")


def _as_xml(name: str, value: Any) -> bytes:
    if isinstance(value, list):
        return xml.write(f"ArrayOf{name}", {name: [_named(each) for each in value]})
    return xml.write(name, _named(value))


def _named(value: Any) -> Any:
    """A value with its arrays as elements that have names."""
    if not isinstance(value, dict):
        return value
    return {
        name: {ITEMS[name]: [_named(one) for one in each]} if isinstance(each, list) else _named(each)
        for name, each in value.items()
    }


def selected(value: Any, names: str | None) -> Any:
    """A value with everything but the named properties null; `a/b` names one within another."""
    paths = [tuple(name.strip().lower().split("/")) for name in (names or "").split(",") if name.strip()]
    return _select(value, paths) if paths else value


def _select(value: Any, paths: list[tuple[str, ...]]) -> Any:
    if isinstance(value, list):
        return [_select(each, paths) for each in value]
    if not isinstance(value, dict) or () in paths:
        return value
    left: dict[str, Any] = {}
    for name, each in value.items():
        within = [path[1:] for path in paths if path[0] == name.lower()]
        left[name] = _select(each, within) if within else None
    return left


def query(request: Request, name: str) -> str | None:
    """A parameter of the query, its name in any letter case; of several the last."""
    values = [value for key, value in request.query_params.multi_items() if key.lower() == name]
    return values[-1] if values else None
