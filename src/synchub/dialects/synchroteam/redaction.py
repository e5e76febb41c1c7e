"""Bodies without their secrets: what is to be kept of them, and read.

The value of every member and element whose name holds a secret's word is replaced, at every level, before anything
else looks at the body; so nothing can keep it by mistake. Where it cannot be told where a secret is, nothing is left.
"""

import json
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote_plus

from lxml import etree

from synchub.dialects import xml
from synchub.dialects.synchroteam.bodies import json_text, looks_like_xml
from synchub.dialects.synchroteam.formats import Format
from synchub.errors import Unreadable

REDACTED = "redacted"
_NAME = re.compile(r'("(?:[^"\\]|\\.)*")(?:\s*:\s*)?', re.DOTALL)
"""A JSON string; if it is a name, with the colon after it."""
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})", re.IGNORECASE)


def mentions(body: bytes, words: Collection[str]) -> bool:
    """Whether a body may hold a secret, in whatever encoding."""
    return _mentions(body.replace(b"\0", b"").decode("latin-1"), words)


def redacted(body: bytes, sent: Format | None, words: Collection[str]) -> bytes:
    """The body with the values of secrets replaced; `words` are their names in lower case.

    Raises:
        Unreadable: it is no JSON or XML in which they could be found.
    """
    is_xml = (sent or (Format.XML if looks_like_xml(body) else Format.JSON)) is Format.XML
    try:
        return _of_xml(body, words) if is_xml else _of_json(body, words)
    except Unreadable:
        kind = "XML" if is_xml else "JSON"
        raise Unreadable(f"the body is no {kind}; it is not kept, as it may hold a secret") from None


def without_secrets(query: str, words: Collection[str]) -> str:
    """A query as it is kept: nothing of one that mentions a secret."""
    return "" if _mentions(unquote_plus(query), words) else query


def _mentions(text: str, words: Collection[str]) -> bool:
    plain = _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text).lower()
    return any(word in plain for word in words)


def _of_json(body: bytes, words: Collection[str]) -> bytes:
    text, place = json_text(body), 0
    kept: list[str] = []
    while match := _NAME.search(text, place):
        kept.append(text[place : match.end()])
        place = match.end()
        if match.end() > match.end(1) and _mentions(json.loads(match.group(1), strict=False), words):
            kept.append(f'"{REDACTED}"')
            place = _end(text, place)
    return "".join([*kept, text[place:]]).encode()


def _end(text: str, place: int) -> int:
    """Where the JSON value ends that begins here."""
    return json.JSONDecoder(strict=False).raw_decode(text, place)[1]


def _of_xml(body: bytes, words: Collection[str]) -> bytes:
    """The document anew, without comments and instructions, in which a secret could stand too."""
    xml.read(body)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    root = etree.fromstring(body, parser)
    for element in list(root.iter()):
        for name in element.attrib:
            if _mentions(str(name), words):
                element.attrib[name] = REDACTED
        if _mentions(etree.QName(element).localname, words):
            _blank(element)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _blank(element: Any) -> None:
    for child in list(element):
        element.remove(child)
    element.text = REDACTED
