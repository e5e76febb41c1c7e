"""How commands print: plain tables for people, one JSON object per line for scripts."""

import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from synchub import clock

LARGEST = 2**63 - 1
"""What a column of ids, and any number in a statement, can be."""
WIDEST = 60
PAGE = 1000


def print_json(value: Mapping[str, Any]) -> None:
    """One object on one line."""
    plain = (sys.stdout.encoding or "").lower() != "utf-8"
    print(json.dumps(value, ensure_ascii=plain, default=str))


def print_rows(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, whole: Collection[str] = ()
) -> None:
    """Rows as JSON lines with all that they hold, or as a table of the columns named, the `whole` ones never cut."""
    if as_json:
        for row in rows:
            print_json(row)
        return
    remaining = iter(rows)
    page = list(islice(remaining, PAGE))
    while page:
        print_table([[_cell(row, column, whole) for column in columns] for row in page], columns)
        page = list(islice(remaining, PAGE))


def _cell(row: Mapping[str, Any], column: str, whole: Collection[str]) -> str:
    return shown(row.get(column), widest=None if column in whole else WIDEST)


def print_table(cells: Sequence[Sequence[str]], columns: Sequence[str]) -> None:
    """A table whose columns are as wide as what they hold."""
    lines = [[column.upper().replace("_", " ") for column in columns], *cells]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_fields(fields: Mapping[str, Any]) -> None:
    """One name and value per line; what is empty is left out."""
    told = {name: value for name, value in fields.items() if value not in (None, "", [], {})}
    width = max(map(len, told), default=0)
    for name, value in told.items():
        print(f"{name.replace('_', ' '):{width}}  {shown(value, widest=None)}")


def shown(value: Any, widest: int | None = WIDEST) -> str:
    """A value in a table's cell: one line, cut where it is too wide."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        value = ", ".join(f"{name}: {shown(each, widest=None)}" for name, each in value.items())
    elif isinstance(value, list | tuple):
        value = ", ".join(shown(each, widest=None) for each in value)
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in str(value)).split())
    return text if widest is None or len(text) <= widest else text[: widest - 1] + "…"


def moment(microseconds: int | None) -> str | None:
    """A time for people and scripts; None for none."""
    return clock.iso(microseconds) if microseconds else None
