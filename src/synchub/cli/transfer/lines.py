"""Files of records: JSON Lines, and tables as spreadsheets write them."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from synchub.dialects.dialect import Line
from synchub.errors import Unreadable

DELIMITERS = (",", ";", "\t")
BOM = "\ufeff"
WIDEST_CELL = 2**24

Columns = Mapping[str, bool]
"""The words of a table's header, each with whether its cells are JSON."""


@dataclass(slots=True)
class Pages:
    """The records of an open file; `head` is what stands before the first."""

    lines: Iterator[Line]
    head: bytes = b""
    unknown: Sequence[str] = ()


@contextmanager
def opened(path: Path, columns: Columns | None) -> Iterator[Pages]:
    """The records of a file; with `columns` it is a table.

    Raises:
        Unreadable: its header cannot be understood.
    """
    with path.open("rb") as file:
        yield Pages(_lines(file)) if columns is None else _table(file, columns)


def _lines(file: IO[bytes]) -> Iterator[Line]:
    """The lines of a file that are not blank."""
    for number, raw in enumerate(file, 1):
        if said := raw.removeprefix(BOM.encode()).strip():
            yield Line(number, said, raw)


@dataclass(slots=True)
class _Noted:
    """The lines of a file as text, with those that were read since the last look."""

    file: IO[bytes]
    count: int = 0
    read: list[bytes] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        for raw in self.file:
            self.count += 1
            self.read.append(raw)
            yield (raw.removeprefix(BOM.encode()) if self.count == 1 else raw).decode(errors="surrogateescape")

    def taken(self) -> bytes:
        """The bytes that were read since the last look."""
        read, self.read = b"".join(self.read), []
        return read


def _table(file: IO[bytes], columns: Columns) -> Pages:
    csv.field_size_limit(WIDEST_CELL)
    noted = _Noted(file)
    text = iter(noted)
    first = next(text, "")
    header = _row(first, _delimiter(first))
    known = {word.lower(): word for word in columns}
    words = [known.get(name.lower(), name) for name in header]
    if twice := sorted({word for word in words if word and words.count(word) > 1}):
        raise Unreadable(f"the header names {', '.join(twice)} twice")
    unknown = [word for word in words if word and word not in columns]
    if len(unknown) == len([word for word in words if word]):
        raise Unreadable(f"the first line must name columns, such as {', '.join(list(columns)[:3])}")
    head = noted.taken()
    rows = csv.reader(text, delimiter=_delimiter(first), strict=True)
    return Pages(_records(rows, noted, words, columns), head, unknown)


def _delimiter(header: str) -> str:
    """What stands between the names of a header."""
    return max(DELIMITERS, key=header.count)


def _row(text: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter, strict=True), [])]
    except csv.Error as error:
        raise Unreadable(f"the first line is no header: {error}") from None


def _records(rows: Iterator[list[str]], noted: _Noted, words: Sequence[str], columns: Columns) -> Iterator[Line]:
    while True:
        number = noted.count + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(number, b"", noted.taken(), f"this is no row of a table: {error}")
            continue
        raw = noted.taken()
        if any(cell.strip() for cell in cells):
            fault = _misfit(cells, words)
            yield Line(number, b"" if fault else _said(cells, words, columns), raw, fault)


def _misfit(cells: Sequence[str], words: Sequence[str]) -> str | None:
    if len(cells) != len(words):
        return f"the row has {len(cells)} cells, the header {len(words)} columns"
    stray = [place for place, (cell, word) in enumerate(zip(cells, words, strict=True), 1) if cell.strip() and not word]
    return f"column {stray[0]} has no name in the header" if stray else None


def _said(cells: Sequence[str], words: Sequence[str], columns: Columns) -> bytes:
    """A row as a JSON object."""
    deep = {word for word, is_deep in columns.items() if is_deep}
    said = [
        f"{_json(word)}:{_deep(cell) if word in deep else _json(cell)}"
        for cell, word in zip(cells, words, strict=True)
        if word
    ]
    return f"{{{','.join(said)}}}".encode(errors="surrogateescape")


def _deep(cell: str) -> str:
    """The JSON of a cell that holds a list or an object; one that holds none is a text still."""
    if cell.strip()[:1] in {"[", "{"}:
        try:
            json.loads(cell)
        except ValueError:
            return _json(cell)
        return cell.strip()
    return _json(cell)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def table(lines: Iterable[str], columns: Columns) -> Iterator[str]:
    """Records, each a JSON object, as the lines of a table, which a spreadsheet takes for Unicode."""
    echo = _Echo()
    writer = csv.DictWriter(echo, list(columns))
    writer.writeheader()
    yield BOM + echo.said
    for line in lines:
        writer.writerow({word: _cell(value) for word, value in json.loads(line, parse_float=str).items()})
        yield echo.said


class _Echo:
    """Where a row is written that is wanted as text."""

    said = ""

    def write(self, text: str) -> None:
        self.said = text


def _cell(value: Any) -> str:
    if isinstance(value, list | dict):
        return _json(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
