"""Numbers by which people know records: each of a series, and never that of two records."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.dialects.synchroteam.carrying.cargo import Taken
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.sending import Said
from synchub.master.series import draw_series, skip_series

Within = tuple[Any, ...]
"""What the records of one series have alike."""


def settle(session: Session, kind: Kind, rows: Sequence[Taken], series: Callable[[Within], str]) -> None:
    """See that every line has a number that is its own: the one it says, that of its record, or a new one."""
    books: dict[Within, list[tuple[Taken, Said]]] = {}
    held = _held(session, kind, [row.copy.record_id for row in rows if row.copy is not None])
    for row in rows:
        if row.said is None or row.copy is None:
            continue
        said, known = row.said, held[row.copy.record_id]
        if why := _changed(kind, said, known):
            row.reject(why)
        else:
            within = tuple(said.fields.get(name, getattr(known, name)) for name in kind.code_within)
            books.setdefault(within, []).append((row, said))
    for within, lines in sorted(books.items(), key=lambda book: repr(book[0])):
        _number(session, kind, lines, within, series(within), held)


def _changed(kind: Kind, said: Said, held: Any) -> str | None:
    """Why a line cannot be taken that names another number, or another series, than its record has."""
    columns = (*kind.code_within, str(kind.code_column)) if getattr(held, str(kind.code_column)) is not None else ()
    for name in columns:
        value, known = said.fields.get(name), getattr(held, name)
        if value is not None and str(value) != str(known):
            return f"the {kind.row.columns[name]} of this {kind.noun} is {known}, not {value}"
    return None


def _number(
    session: Session,
    kind: Kind,
    lines: Sequence[tuple[Taken, Said]],
    within: Within,
    series: str,
    held: Mapping[int, Any],
) -> None:
    code = str(kind.code_column)
    brought = {row.number: int(str(number)) for row, said in lines if (number := said.fields.get(code)) is not None}
    if brought:
        skip_series(session, series, max(brought.values()))
    owners = _owners(session, kind, within, brought.values())
    unnumbered: list[Said] = []
    for row, said in lines:
        record, number = row.copy.record_id if row.copy is not None else 0, brought.get(row.number)
        if number is not None and owners.setdefault(number, record) != record:
            row.reject(f"{kind.row.columns[code]} {number} is that of another {kind.noun}")
        elif number is None and getattr(held[record], code) is None:
            unnumbered.append(said)
    for said, number in zip(unnumbered, _free(session, kind, within, series, len(unnumbered)), strict=False):
        said.fields[code] = number


def _free(session: Session, kind: Kind, within: Within, series: str, count: int) -> Iterator[int]:
    """The next numbers of a series that no record has."""
    while count > 0:
        drawn = draw_series(session, series, count)
        owners = _owners(session, kind, within, drawn)
        free = [number for number in drawn if number not in owners]
        yield from free
        count -= len(free)


def _held(session: Session, kind: Kind, records: Sequence[int]) -> dict[int, Any]:
    """What records have of it already, by record."""
    typed = db.table_of(kind.made)
    columns = (typed.c[name] for name in (str(kind.code_column), *kind.code_within))
    rows = session.execute(select(typed.c.id, *columns).where(db.among(typed.c.id, sorted(records))))
    return {row.id: row for row in rows}


def _owners(session: Session, kind: Kind, within: Within, numbers: Iterable[int]) -> dict[int, int]:
    """The records of a series that have these numbers, by number."""
    typed = db.table_of(kind.made)
    code = typed.c[str(kind.code_column)]
    same = (typed.c[name] == value for name, value in zip(kind.code_within, within, strict=True))
    rows = session.execute(select(typed.c.id, code.label("code")).where(db.among(code, sorted(numbers)), *same))
    return {row.code: row.id for row in rows}
