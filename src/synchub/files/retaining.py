"""What is kept of a file's bytes: all but the values of secret columns."""

import csv
from collections.abc import Iterator
from functools import partial
from io import StringIO
from typing import BinaryIO

from synchub.files.lining import BLOCK
from synchub.files.scanning import Form, Record, decoded, records

REDACTED = "redacted"


def blocks(file: BinaryIO, form: Form | None, secrets: frozenset[int]) -> Iterator[bytes]:
    """A file's bytes as they are kept; where its header has no secret, those that arrived."""
    file.seek(0)
    if form is None or not secrets:
        yield from iter(partial(file.read, BLOCK), b"")
        return
    yield file.read(form.start)
    for record in records(file, form, form.start, form.line):
        yield line_of(record, form, secrets) + b"\n"


def line_of(record: Record, form: Form, secrets: frozenset[int]) -> bytes:
    """A record's bytes as they are kept; nothing, if nobody knows which of them are a secret."""
    if not secrets:
        return record.raw
    if record.fault is None:
        return line_from(without_secrets(record.values, secrets), form)
    return _of_damaged(record, form, secrets)


def line_from(values: list[str], form: Form) -> bytes:
    """A line with these values."""
    written = StringIO()
    csv.writer(written, delimiter=form.delimiter, lineterminator="\n").writerow(values)
    return written.getvalue().removesuffix("\n").encode(errors="replace")


def without_secrets(values: list[str], places: frozenset[int] | set[int]) -> list[str]:
    """The values with those at some places redacted."""
    return [REDACTED if value and place in places else value for place, value in enumerate(values)]


def _of_damaged(record: Record, form: Form, secrets: frozenset[int]) -> bytes:
    """A line whose cells may have moved by as many places as it has more or fewer cells than the header."""
    text = decoded(record.raw)
    if '"' in text or any(line.cut for line in record.lines):
        return b""
    cells = text.split(form.delimiter)
    more = len(cells) - len(form.header)
    places = {place for secret in secrets for place in range(secret + min(0, more), secret + max(0, more) + 1)}
    return form.delimiter.join(without_secrets(cells, places)).encode()
