"""The first time through a file: what the guards, and an operator, want to know of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from synchub.files import repeating, scanning
from synchub.files.guards import Scan
from synchub.files.reader import Columns
from synchub.files.scanning import Form, Record


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: counts for the guards, the encodings, and a sentence about keys that come more than once."""

    scan: Scan
    encodings: list[str]
    twice: str | None = None


def look_through(file: BinaryIO, form: Form | None, columns: Columns | None, *, full: bool) -> Found:
    """Look through a file; `full` says that it should hold every record of its table."""
    if form is None or columns is None:
        return Found(Scan(0, 0, 0, cut=False, ended=False, full=full), [])
    rows, bad, blank, cut, is_open = 0, 0, 0, False, False
    encodings: set[str] = set()
    marks = repeating.Marks()
    for record in scanning.records(file, form, form.start, form.line, encodings):
        rows += 1
        cut = record.fault is not None
        is_open = record.open or (is_open and cut)
        bad += cut
        if (key := _key(record, columns)) is not None:
            marks.add(key)
        elif not cut:
            blank += 1
    twice = repeating.told(marks.doubtful, _keys(file, form, columns)) if marks.doubtful else None
    scan = Scan(rows, bad, blank, cut=cut, ended=scanning.ends_as_a_line(file, form), full=full, open=is_open)
    return Found(scan, sorted(encodings) or ["ascii"], twice)


def _keys(file: BinaryIO, form: Form, columns: Columns) -> Iterator[tuple[str | None, int]]:
    for record in scanning.records(file, form, form.start, form.line):
        yield _key(record, columns), record.line


def _key(record: Record, columns: Columns) -> str | None:
    """The first cell of the key that is filled; None if the record is bad, or has none."""
    if record.fault is not None:
        return None
    return next((key for place in columns.keys if (key := record.values[place].strip())), None)
