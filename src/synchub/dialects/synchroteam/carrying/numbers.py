"""Numbers by which people know records: each of a series, and never that of two records."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.dialects.synchroteam.carrying.cargo import Taken, accepted, held_of
from synchub.dialects.synchroteam.kinds import Kind
from synchub.master.copies import Row as Fields
from synchub.master.series import draw_series, skip_series


def settle(session: Session, kind: Kind, series: str, rows: Sequence[Taken], within: Sequence[str] = ()) -> None:
    """See that each line's record has a number that is its own: the one it has, the one the line says, or a new one.

    `within` is what records of this series have in the kind's `code_within`.
    """
    code = str(kind.code_column)
    word, held = kind.row.columns[code], held_of(session, kind, rows, code)
    said = {record: int(str(fields[code])) for _, fields, record in accepted(rows) if fields.get(code) is not None}
    if said:
        skip_series(session, series, max(said.values()))
    owners = _owners(session, kind, said.values(), within)
    unnumbered: list[Fields] = []
    for row, fields, record in accepted(rows):
        known, number = getattr(held[record], code), said.get(record)
        if number is None:
            fields.pop(code, None)
            unnumbered += [fields] if known is None else []
        elif known not in {None, number}:
            row.reject(f"the {word} of this {kind.noun} is {known}, not {number}")
        elif known is None and owners.setdefault(number, record) != record:
            row.reject(f"{word} {number} is that of another {kind.noun}")
    for fields, number in zip(unnumbered, _free(session, kind, series, len(unnumbered), within), strict=True):
        fields[code] = number


def _free(session: Session, kind: Kind, series: str, count: int, within: Sequence[str]) -> Iterator[int]:
    """The next numbers of a series that no record has."""
    while count > 0:
        drawn = draw_series(session, series, count)
        owners = _owners(session, kind, drawn, within)
        free = [number for number in drawn if number not in owners]
        yield from free
        count -= len(free)


def _owners(session: Session, kind: Kind, numbers: Iterable[int], within: Sequence[str]) -> dict[int, int]:
    """The records that have these numbers, by number."""
    typed = db.table_of(kind.made)
    code = typed.c[str(kind.code_column)]
    same = (typed.c[name] == value for name, value in zip(kind.code_within, within, strict=True))
    rows = session.execute(select(typed.c.id, code.label("code")).where(db.among(code, sorted(numbers)), *same))
    return {row.code: row.id for row in rows}
