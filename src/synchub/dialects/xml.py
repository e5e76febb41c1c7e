"""XML both ways, for dialects that speak it: bytes to a plain tree, and a plain tree to bytes.

In a tree an element without children is its text ("" if it is empty), or None where it says `nil`; an element with
children is a dict of their values by name, in which a name that comes more than once has a list. So the two readings of
`<Ids><int>1</int></Ids>` are {"Ids": {"int": "1"}}, and `items` makes a list of it however many there are.
Namespaces and attributes other than `nil` say nothing.

What a stranger sends is read within limits: bytes are counted before anything is parsed, elements and levels while it
is parsed. A document type is refused, so there are no entities but the five of XML itself, and nothing is fetched.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Union

from lxml import etree

from synchub.errors import TooLarge, Unreadable

MOST_BYTES = 4 * 2**20
MOST_ELEMENTS = 100_000
MOST_LEVELS = 64

Tree = Union[None, str, list["Tree"], dict[str, "Tree"]]  # noqa: UP007 - a name in quotes cannot be joined by |
Shown = Union[None, str, bool, int, float, Decimal, Sequence["Shown"], Mapping[str, "Shown"]]  # noqa: UP007 - as Tree
"""What can be written: a tree, whose texts may also be numbers and truth values."""

INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_NIL = f"{{{INSTANCE}}}nil"
_SLICE = 64 * 1024
_PLACE = " (<string>"
"""With this lxml adds a place to its messages, which name it already."""
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class _Element:
    """An element that has begun and not ended."""

    name: str
    nil: bool = False
    text: list[str] = field(default_factory=list)
    children: dict[str, Tree] = field(default_factory=dict)

    def add(self, name: str, value: Tree) -> None:
        """Take a child that has ended."""
        if name not in self.children:
            self.children[name] = value
            return
        before = self.children[name]
        if isinstance(before, list):
            before.append(value)
        else:
            self.children[name] = [before, value]

    def value(self) -> Tree:
        """What the element says."""
        text = "".join(self.text)
        if not self.children:
            return None if self.nil and not text.strip() else text
        if text.strip():
            raise Unreadable(f"the XML element {self.name[:64]} has text beside its elements")
        return self.children


@dataclass(slots=True)
class _Reader:
    """Hears the parser, and builds the tree without recursion."""

    most_elements: int
    most_levels: int
    open: list[_Element] = field(default_factory=list)
    root: tuple[str, Tree] | None = None
    count: int = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self.count += 1
        if self.count > self.most_elements:
            raise TooLarge(f"the XML has more than {self.most_elements} elements")
        if len(self.open) >= self.most_levels:
            raise Unreadable(f"the XML is nested deeper than {self.most_levels} levels")
        nil = attributes.get(_NIL, attributes.get("nil", ""))
        self.open.append(_Element(_local(tag), nil.strip().lower() in {"true", "1"}))

    def data(self, text: str) -> None:
        """Text within an element."""
        self.open[-1].text.append(text)

    def end(self, _tag: str) -> None:
        """The innermost element ends."""
        ended = self.open.pop()
        if self.open:
            self.open[-1].add(ended.name, ended.value())
        else:
            self.root = ended.name, ended.value()

    def doctype(self, *_names: str | None) -> None:
        """A document type begins, before anything in it is read."""
        raise Unreadable("a document type (DOCTYPE) in XML is not taken")

    def close(self) -> None:
        """The document ends."""


def read(
    body: bytes,
    *,
    most_bytes: int = MOST_BYTES,
    most_elements: int = MOST_ELEMENTS,
    most_levels: int = MOST_LEVELS,
) -> tuple[str, Tree]:
    """The name of the root element, and the tree below it.

    Raises:
        TooLarge: more bytes or elements than allowed.
        Unreadable: it is no XML, is nested too deep, or has a document type.
    """
    if len(body) > most_bytes:
        raise TooLarge(f"the XML is larger than {most_bytes} bytes")
    reader = _Reader(most_elements, most_levels)
    parser = etree.XMLParser(
        target=reader,  # type: ignore[arg-type]  # the stubs know only lxml's own targets
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for start in range(0, len(body), _SLICE):
            parser.feed(body[start : start + _SLICE])
        parser.close()
    except (etree.XMLSyntaxError, etree.ParserError, LookupError) as error:
        raise Unreadable(f"the body is no XML: {str(error).partition(_PLACE)[0][:200]}") from None
    if reader.root is None:
        raise Unreadable("the body is no XML: it has no element")
    return reader.root


def items(value: Tree) -> list[Tree]:
    """The children of an element that holds a list, whatever they are called; none of an empty or nil one.

    Raises:
        Unreadable: it holds text instead.
    """
    if isinstance(value, dict):
        return [one for each in value.values() for one in (each if isinstance(each, list) else [each])]
    if isinstance(value, list):
        return value
    if value is not None and value.strip():
        raise Unreadable("a list of elements is expected in XML, not text")
    return []


def write(name: str, value: Shown) -> bytes:
    """A document whose root has this name; the inverse of `read`.

    A dict's values are elements by name, a list's are elements that repeat the name. Characters that XML cannot hold
    are left out.
    """
    root = etree.Element(name, nsmap={"xsi": INSTANCE})
    _fill(root, value)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def write_list(name: str, item: str, rows: Iterable[Shown]) -> Iterator[bytes]:
    """A document as `write` makes it of {item: rows}, piece by piece, so that no more than a row is held."""
    empty = etree.tostring(etree.Element(name, nsmap={"xsi": INSTANCE}), encoding="UTF-8", xml_declaration=True)
    opened, begun = empty.removesuffix(b"/>") + b">", False
    for row in rows:
        root = etree.Element(name, nsmap={"xsi": INSTANCE})
        _fill(etree.SubElement(root, item), row)
        whole = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
        yield (b"" if begun else opened) + whole[len(opened) : -len(f"</{name}>")]
        begun = True
    yield f"</{name}>".encode() if begun else empty


def _fill(element: Any, value: Shown) -> None:
    if value is None:
        element.set(_NIL, "true")
    elif isinstance(value, Mapping):
        for name, each in value.items():
            for one in _repeated(each):
                _fill(etree.SubElement(element, name), one)
    elif isinstance(value, str | bool | int | float | Decimal):
        element.text = _spell(value)
    else:
        raise TypeError(f"a list needs a name for its elements: {element.tag}")


def _repeated(value: Shown) -> Iterable[Shown]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)


def _spell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _UNFIT.sub("", str(value))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
