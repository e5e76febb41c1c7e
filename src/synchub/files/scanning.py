"""Reading a delimited file record by record, whatever is damaged in it, in memory that does not grow with it.

The csv module parses, strictly; what it is fed are single lines, so that every record knows its bytes. A record that is
not right as it stands (an open quotation mark, more or fewer cells than the header) is bad in its first line only:
reading goes on at the next line, so that damage never swallows the good rows after it. What an open quotation mark and
a later one make into a record of the right width is one, as RFC 4180 has it.
"""

import csv
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from synchub.errors import Unreadable
from synchub.files import lining
from synchub.files.lining import BOM, END_OF_FILE, Line, is_blank, line_end_of, lines_of

DELIMITERS = ",;\t|"
MOST_LINES = 1_000
AT_THE_END = "unexpected end of data"
"""What the csv module says where the data ends between two quotation marks."""
UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UNDEFINED = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
_CP1252 = {place: bytes([place]).decode("cp1252") for place in range(0x80, 0xA0) if place not in _UNDEFINED}


@dataclass(slots=True)
class Record:
    """One record, or one line that is none: then `fault` says why.

    `start` is where the record before it ended, `end` where the next one may begin, `next_line` that one's number.
    `note` says what had to be replaced in it, `open` that a quotation mark in it is not closed before the file ends.
    """

    start: int
    end: int
    line: int
    next_line: int
    values: list[str]
    lines: list[Line]
    fault: str | None = None
    note: str | None = None
    open: bool = False

    @property
    def raw(self) -> bytes:
        """Its bytes, lines ended by LF."""
        return b"\n".join(line.raw.rstrip(b"\r") for line in self.lines)


@dataclass(slots=True)
class Form:
    """What a file looks like: its line end, delimiter and header, and where the first record after that begins."""

    line_end: str
    delimiter: str
    header: list[str]
    start: int
    line: int

    def document(self) -> dict[str, Any]:
        """The form as JSON."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Form":
        """The form that was kept as JSON, perhaps with more beside it."""
        return cls(**{name: document[name] for name in cls.__slots__})


def form_of(file: BinaryIO) -> Form | None:
    """The form of a file; None if nothing stands in it.

    Raises:
        Unreadable: it is no text, or its first line is no header.
    """
    line_end = line_end_of(file)
    file.seek(0)
    if file.read(2) in UTF16:
        raise Unreadable("it is UTF-16: have it written as UTF-8")
    feed = _Feed(lines_of(file, line_end.encode(), 0, 1))
    for line in feed.lines:
        if is_blank(line):
            continue
        if line.cut:
            raise Unreadable(f"its first line is longer than {lining.MOST_BYTES} bytes: that is no header")
        return _with_header(feed, line, line_end)
    return None


def ends_as_a_line(file: BinaryIO, form: Form) -> bool:
    """Whether the last byte of a file ends a line, or the file."""
    file.seek(max(0, file.seek(0, 2) - 1))
    return file.read(1) in {form.line_end.encode(), END_OF_FILE}


def _with_header(feed: "_Feed", line: Line, line_end: str) -> Form:
    """The delimiter is the one that makes most columns of the header."""
    best: tuple[int, str, list[str], list[Line]] | None = None
    for delimiter in DELIMITERS:
        feed.give_back([line])
        try:
            values = next(csv.reader(feed, delimiter=delimiter, strict=True))
        except csv.Error:
            values = []
        line, *others = feed.take()
        feed.give_back(others)
        if values and (best is None or len(values) > best[0]):
            best = len(values), delimiter, values, [line, *others]
    if best is None:
        raise Unreadable("its first line is no header: a quotation mark in it is not closed")
    _, delimiter, header, lines = best
    last = lines[-1]
    return Form(line_end, delimiter, [name.strip() for name in header], last.offset + last.size, last.number + 1)


def records(
    file: BinaryIO, form: Form, position: int, line: int, encodings: set[str] | None = None
) -> Iterator[Record]:
    """The records from a place on that was the end of one, with the number of the line there.

    `encodings` is told in what the lines are that are more than ASCII.
    """
    feed = _Feed(lines_of(file, form.line_end.encode(), position, line), encodings)
    width = len(form.header)
    for values, error in _parsed(csv.reader(feed, delimiter=form.delimiter, strict=True)):
        lines, note = feed.take(), feed.taken_note
        if error is None and len(values) != width and _says_nothing(values) and len(lines) == 1:
            continue
        fault = _fault(len(values), width, error, lines)
        if fault is not None and len(lines) > 1:
            feed.give_back(lines[1:])
            del lines[1:]
        first, last = lines[0], lines[-1]
        end = last.offset + last.size
        yield Record(position, end, first.number, last.number + 1, values, lines, fault, note, error == AT_THE_END)
        position = end


def _parsed(reader: Iterator[list[str]]) -> Iterator[tuple[list[str], str | None]]:
    """What the csv module reads, or what it stumbles over; it goes on with the next line that it is fed."""
    while True:
        try:
            found = next(reader), None
        except StopIteration:
            return
        except csv.Error as error:
            yield [], str(error)
        else:
            yield found


class _Feed:
    """Gives the csv module one line at a time, and remembers which it gave for the present record."""

    def __init__(self, lines: Iterator[Line], encodings: set[str] | None = None) -> None:
        self.lines = lines
        self._encodings = set() if encodings is None else encodings
        self.taken_note: str | None = None
        self._given: list[Line] = []
        self._back: deque[Line] = deque()
        self._bytes = 0
        self._note: str | None = None

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self.lines)
        if self._given and (line.cut or len(self._given) >= MOST_LINES or self._bytes > lining.MOST_BYTES):
            self._back.appendleft(line)
            raise csv.Error("it goes on for too long")
        self._given.append(line)
        self._bytes += line.size
        if line.cut:
            raise csv.Error("too long")
        return self._text(line)

    def take(self) -> list[Line]:
        """The lines of the record that was just read."""
        given, self._given, self._bytes = self._given, [], 0
        self.taken_note, self._note = self._note, None
        return given

    def give_back(self, lines: list[Line]) -> None:
        """Have these lines read again."""
        self._back.extendleft(reversed(lines))

    def _text(self, line: Line) -> str:
        raw = line.raw.rstrip(b"\r" + END_OF_FILE)
        if line.offset == 0:
            raw = raw.removeprefix(BOM)
        if b"\x00" in raw:
            raw = raw.replace(b"\x00", b"")
        if b"\r" in raw:
            raw = raw.replace(b"\r", b" ")
        if raw.isascii():
            return raw.decode("ascii") + "\n"
        try:
            text = raw.decode() + "\n"
        except UnicodeDecodeError:
            self._encodings.add("cp1252")
            if not _UNDEFINED.isdisjoint(raw):
                self._note = "it has bytes that neither UTF-8 nor cp1252 knows"
            return decoded(raw) + "\n"
        self._encodings.add("utf-8")
        return text


def decoded(raw: bytes) -> str:
    """Bytes of a file as text: UTF-8, else cp1252; what that lacks becomes the control character of that number."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1").translate(_CP1252)


def _says_nothing(values: list[str]) -> bool:
    return not values or (len(values) == 1 and not values[0].strip(" \t"))


def _width(cells: int, width: int, lines: int) -> str:
    plain = f"it has {cells} cells where the header has {width}"
    return plain if lines == 1 else f"a quotation mark in it is not closed: with the lines up to the next one, {plain}"


def _fault(cells: int, width: int, error: str | None, lines: list[Line]) -> str | None:
    """Why a record is none; None if it is one."""
    if error is not None:
        return _said(error, lines)
    return _width(cells, width, len(lines)) if cells != width else None


def _said(error: str, lines: list[Line]) -> str:
    """What is wrong, in words for an operator."""
    if lines[0].cut:
        return f"it is longer than {lining.MOST_BYTES} bytes"
    if error.startswith("field larger"):
        return f"a cell in it is longer than {csv.field_size_limit()} characters"
    if len(lines) == 1 and "expected after" in error:
        return "a quotation mark stands alone in a cell that begins with one"
    return "a quotation mark in it is not closed"
