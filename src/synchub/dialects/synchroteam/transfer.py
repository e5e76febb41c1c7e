"""Records carried over from elsewhere: one per line, as the reading endpoints show them, with their ids.

What was exported can be imported into an empty hub, and exported from there is the same again. An id is kept as the
number by which the connection knows the record, so that after a cut-over every stored id still works.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Row as DbRow
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.dialects.dialect import Line, Promised
from synchub.dialects.synchroteam.bodies import read_row
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.formats import Format
from synchub.dialects.synchroteam.ids import Book, Misnamed, Named, own_id, shown_id, shown_key
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.lookups import Lookup
from synchub.dialects.synchroteam.references import Naming
from synchub.dialects.synchroteam.sending import Place, Said, read, write_of
from synchub.errors import Refused
from synchub.intake.submission import Answer, Arrival, Submission, digest_of
from synchub.master import naming
from synchub.master.series import skip_records
from synchub.master.tables import FIRST_RECORD
from synchub.master.writes import Verdict

LARGEST_OWN = FIRST_RECORD + 2**29
"""Ids above are refused: new records' ids begin above all that were brought along, and there must be some left."""


@dataclass(slots=True)
class _Row:
    """A line of the file: what it says, or why it is rejected; and the copy that it is about."""

    number: int
    said: Said | None = None
    reason: str | None = None
    copy: DbRow[Any] | None = None
    referred: dict[str, int | None] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: Kind, connection: Connection, line: Line) -> "_Row":
        if line.fault:
            return cls(line.number, reason=line.fault)
        try:
            said = read(kind, connection, read_row(line.said, Format.JSON), nameless=True)
        except (Refused, Declined) as error:
            return cls(line.number, reason=str(error))
        if said.named == Named(None, None):
            made_anew = f"or each import would make the {kind.noun} anew"
            return cls(line.number, reason=f"an id or a {kind.key} is required, {made_anew}")
        if said.named.id is not None and not 0 < said.named.id <= LARGEST_OWN:
            return cls(line.number, reason=f"an id must lie between 1 and {LARGEST_OWN}")
        return cls(line.number, said)

    @property
    def named(self) -> Named:
        """What it calls its record."""
        return self.said.named if self.said else Named(None, None)

    def reject(self, reason: str) -> None:
        """Leave the line out."""
        self.said, self.copy, self.reason = None, None, reason

    def placed(self, kind: Kind, book: Book, lookup: Lookup) -> Place | None:
        """Where it is written, with the keys of what it refers to."""
        if self.said is None or self.copy is None:
            return None
        fields = {**self.said.fields, **lookup.fields(self.referred)}
        said = replace(self.said, fields=fields)
        return Place(book.session, book.connection, kind, book, self.copy, said, is_new=False)

    def told(self, verdict: Verdict | None) -> dict[str, Any]:
        """What became of it."""
        if self.copy is None or verdict is None:
            return {"line": self.number, "verdict": "rejected", "reason": self.reason}
        told: dict[str, Any] = {"line": self.number, "id": shown_id(self.copy.record_id, self.copy)}
        return told | {"verdict": verdict.kind.value} | ({"reason": verdict.reason} if verdict.reason else {})


def take(
    kind: Kind,
    session: Session,
    connection: Connection,
    arrival: Arrival,
    lines: Sequence[Line],
    promised: Promised | None = None,
) -> Submission:
    """What lines of a file ask of the store.

    Only those before the first that names a record for the second time are taken: its answer's `rows` says how many.
    """
    rows = _once_each([_Row.of(kind, connection, line) for line in lines])
    lookup = Lookup.of(session, connection, [each for row in rows if row.said for each in row.said.namings])
    for row in rows:
        _refer(lookup, row, promised)
    book = _place(session, kind, connection, [row for row in rows if row.said], lookup)
    good = [row for row in rows if row.copy is not None]
    writes = [write_of(place) for row in good if (place := row.placed(kind, book, lookup))]
    if promised is not None:
        promised |= {name for row in good if row.said for name in _names(kind, row.said)}
    body = arrival.body + b"".join(line.raw for line in lines[: len(rows)])

    def answer(verdicts: Sequence[Verdict]) -> Answer:
        became = {row.number: verdict for row, verdict in zip(good, verdicts, strict=True)}
        return {"rows": [row.told(became.get(row.number)) for row in rows]}

    return Submission(replace(arrival, body=body, digest=digest_of(body)), writes, answer)


def _once_each(rows: list[_Row]) -> list[_Row]:
    ids: set[int | None] = {None}
    keys: set[str | None] = {None}
    for place, row in enumerate(rows):
        if row.named.id in ids - {None} or row.named.my_id in keys - {None}:
            return rows[:place]
        ids.add(row.named.id)
        keys.add(row.named.my_id)
    return rows


def _refer(lookup: Lookup, row: _Row, promised: Promised | None) -> None:
    """Find the records that a line refers to; one that is but promised is left out."""
    for each in row.said.namings if row.said else ():
        try:
            row.referred[each.reference.column] = lookup.resolve(each, row.referred)
        except Declined as error:
            if promised is None or promised.isdisjoint(_promises(each)):
                row.reject(str(error))
                return


def _names(kind: Kind, said: Said) -> Iterator[tuple[str, ...]]:
    """What others may call the record of a line."""
    called = {"id": said.named.id, "key": said.named.my_id, "name": said.fields.get(kind.named)}
    return ((kind.entity, by, str(value)) for by, value in called.items() if value is not None)


def _promises(named: Naming) -> Iterator[tuple[str, ...]]:
    called = {"id": named.id, "key": named.key, "name": named.name}
    return ((named.reference.to.entity, by, str(value)) for by, value in called.items() if value is not None)


def _place(session: Session, kind: Kind, connection: Connection, rows: list[_Row], lookup: Lookup) -> Book:
    """Find or make the copies that the lines are about, and write down their ids."""
    brought = [row.named.id for row in rows if row.named.id is not None]
    if (highest := max(brought, default=0)) >= FIRST_RECORD:
        skip_records(session, highest)
    others = {record for ids in lookup.records.values() for record in ids}
    book = Book.open(session, connection, kind.entity, [row.named for row in rows], kind.noun, also=others)
    for row in rows:
        _find(kind, book, row)
    _make(book, [row for row in rows if row.said and row.copy is None])
    _number(session, rows)
    lookup.settle()
    return book


def _find(kind: Kind, book: Book, row: _Row) -> None:
    if row.said is None:
        return
    try:
        _check_own(kind, book, row.said)
        row.copy = book.copy_of(row.named)
    except Misnamed as error:
        row.reject(str(error))
        return
    their, number = own_id(row.copy), row.named.id
    if number is not None and their not in {None, number}:
        row.reject(f"{kind.key} {row.named.my_id} is that of another {kind.noun}, whose id is {their}")


def _check_own(kind: Kind, book: Book, said: Said) -> None:
    """See that an id of ours is meant for the very record that has it here, not for one of another hub."""
    number = said.named.id
    record = None if number in book.by_id else book.records.get(number)
    if record is None:
        return
    key = shown_key(record.id, book.codes.get(record.id), book.by_record.get(record.id))
    label = kind.made.label_of(said.fields)
    if (said.named.my_id or "") != key or (not key and label != record.label):
        raise Misnamed(f"the id {number} is that of another {kind.noun} here")


def _make(book: Book, rows: list[_Row]) -> None:
    keyed = {row.named.my_id: row for row in rows if row.named.my_id}
    if keyed:
        made = book.make([key for key in keyed if key])
        for key, row in keyed.items():
            row.copy = made[str(key)]
    unkeyed = [row for row in rows if row.copy is None]
    for row, copy in zip(unkeyed, book.found(len(unkeyed)), strict=True):
        row.copy = copy


def _number(session: Session, rows: list[_Row]) -> None:
    """Give copies the ids that their lines name; one that is our own needs no writing down."""
    numbered: dict[int, str] = {}
    for row in rows:
        number = row.named.id
        if row.copy is None or number is None or own_id(row.copy) is not None or number == row.copy.record_id:
            continue
        numbered[row.copy.id] = str(number)
    naming.number(session, numbered.items())
    copies = naming.copies_with_ids(session, numbered.keys())
    for row in rows:
        if row.copy is not None:
            row.copy = copies.get(row.copy.id, row.copy)
