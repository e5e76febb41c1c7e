"""The lines of a file, whatever their end and however long they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

MOST_BYTES = 2**20
"""How far a record may reach; one that goes beyond has a quotation mark that is not closed."""
MOST_KEPT = 16 * 1024
"""Bytes that are kept of a line beyond these bounds."""
BLOCK = 256 * 1024
BOM = b"\xef\xbb\xbf"
END_OF_FILE = b"\x1a"
"""What programs of old write after the last line."""


@dataclass(slots=True)
class Line:
    """One line: where it begins (bytes), its number (from 1), its bytes without the line end, its size with it.

    Of a line that is too long only the beginning is kept; then it is `cut`.
    """

    offset: int
    number: int
    raw: bytes
    size: int
    cut: bool = False


def lines_of(file: BinaryIO, line_end: bytes, offset: int, number: int) -> Iterator[Line]:
    """The lines from a place on, read block by block."""
    file.seek(offset)
    rest = b""
    for block in iter(partial(file.read, BLOCK), b""):
        *whole, rest = (rest + block).split(line_end)
        for raw in whole:
            size = len(raw) + 1
            cut = size > MOST_BYTES
            yield Line(offset, number, raw[:MOST_KEPT] if cut else raw, size, cut)
            offset += size
            number += 1
        if len(rest) > MOST_BYTES:
            end = _end_of_line(file, line_end)
            yield Line(offset, number, rest[:MOST_KEPT], end - offset, cut=True)
            offset, number, rest = end, number + 1, b""
            file.seek(end)
    if rest:
        yield Line(offset, number, rest, len(rest))


def _end_of_line(file: BinaryIO, line_end: bytes) -> int:
    """Where the line that is being read ends."""
    place = file.tell()
    for block in iter(partial(file.read, BLOCK), b""):
        found = block.find(line_end)
        if found >= 0:
            return place + found + 1
        place += len(block)
    return place


def line_end_of(file: BinaryIO) -> str:
    """A file that has carriage returns and not one line feed has them as line ends; in any other they are blanks."""
    file.seek(0)
    returns = False
    for block in iter(partial(file.read, BLOCK), b""):
        if b"\n" in block:
            return "\n"
        returns = returns or b"\r" in block
    return "\r" if returns else "\n"


def is_blank(line: Line) -> bool:
    """Whether nothing stands in a line."""
    return not line.cut and not line.raw.removeprefix(BOM).strip(b" \t\r\x00" + END_OF_FILE)
