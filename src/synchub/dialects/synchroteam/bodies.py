"""Bodies as clients send them: JSON that may be pasted from the vendor's samples, or XML; both make one kind of row."""

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from synchub.dialects import xml
from synchub.dialects.synchroteam.formats import LISTS, Format
from synchub.errors import Unreadable
from synchub.master.values import MAX_DIGITS, storable

Row = dict[str, Any]

_LISTS = frozenset(name.lower() for name in LISTS)
_PASTED = re.compile(r'("(?:[^"\\]|\\.)*")|\\[rnt]', re.DOTALL)
"""A JSON string, or outside of one the two characters by which a shell's quotes leave a line's end."""


def read_row(body: bytes, sent: Format | None) -> Row:
    """The object of a body; without a format it is what it looks like.

    Raises:
        Unreadable: it is no object of JSON or XML.
        TooLarge: it is XML and too large.
    """
    made = read_body(body, sent)
    if not isinstance(made, dict):
        raise Unreadable("the body must be a JSON object")
    return made


def read_rows(body: bytes, sent: Format | None) -> list[Any]:
    """The members of a body that is a list.

    Raises:
        Unreadable: it is no list of JSON or XML.
        TooLarge: it is XML and too large.
    """
    made = read_body(body, sent)
    if isinstance(made, dict) and looks_like_xml(body):
        made = xml.items(made)
    if not isinstance(made, list):
        raise Unreadable("the body must be a JSON array")
    return made


def read_body(body: bytes, sent: Format | None) -> Any:
    """The object or list of a body, as `read_row`; an XML root that holds a list is an object still."""
    if not body.strip():
        raise Unreadable("the body is empty: a JSON or XML object is expected")
    looks = Format.XML if looks_like_xml(body) else Format.JSON
    return _of_xml(body) if (sent or looks) is Format.XML else _of_json(body)


def looks_like_xml(body: bytes) -> bool:
    """Whether a body that does not say what it is begins like XML."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def json_text(body: bytes) -> str:
    """The text of a JSON body, without what a shell's quotes have left in it.

    Raises:
        Unreadable: it is no JSON.
    """
    return _read_json(body, dict)[0]


def _of_json(body: bytes) -> Any:
    """The document of a JSON body; numbers with a point are exact."""
    return _read_json(body, _object)[1]


def _read_json(body: bytes, of_members: Callable[[Sequence[tuple[str, Any]]], Row]) -> tuple[str, Any]:
    try:
        text = body.decode("utf-8-sig")
        try:
            return text, _load(text, of_members)
        except json.JSONDecodeError:
            plain = _PASTED.sub(lambda match: match.group(1) or " ", text)
            return plain, _load(plain, of_members)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise Unreadable(f"the body is no JSON: {str(error)[:200]}") from None


def _load(text: str, of_members: Callable[[Sequence[tuple[str, Any]]], Row]) -> Any:
    return json.loads(text, object_pairs_hook=of_members, parse_float=_exact, parse_constant=_no_number, strict=False)


def _object(members: Sequence[tuple[str, Any]]) -> Row:
    """An object, each of whose words says one thing, in whatever letter case it comes again.

    Raises:
        Unreadable: a word comes again and says another thing; nobody can tell which is meant.
    """
    said: Row = {}
    for name, value in members:
        if said.setdefault(name.lower(), value) != value:
            raise Unreadable(f"{storable(name[:64])} is given twice")
    return dict(members)


def _exact(text: str) -> Decimal:
    """A number as it is written; one that takes gigabytes to write out is none."""
    number = Decimal(text)
    if not -MAX_DIGITS <= number.adjusted() <= MAX_DIGITS:
        raise ValueError(f"{text[:40]} has too many digits")
    return number


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _of_xml(body: bytes) -> Row:
    """The object below the root, whatever that is called; an element that holds a list is one."""
    _, tree = xml.read(body)
    if isinstance(tree, str) and not tree.strip():
        return {}
    if not isinstance(tree, dict):
        raise Unreadable("the root of the XML must hold elements")
    made: Row = _lists_in(tree)
    return made


def _lists_in(value: Any) -> Any:
    """A tree in which the elements that hold lists are lists, at every level."""
    if isinstance(value, list):
        return [_lists_in(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = ((name, _lists_in(_listed(each) if name.lower() in _LISTS else each)) for name, each in value.items())
    return _object(list(made))


def _listed(value: Any) -> Any:
    """The members of a list; a text stays one, as it may name them with commas between."""
    return value if isinstance(value, str) else xml.items(value)
