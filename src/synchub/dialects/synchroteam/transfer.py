"""Customers carried over from elsewhere and to elsewhere: one per line, as Customer/Details shows it, with its id.

What was exported can be imported into an empty hub, and exported from there is the same again. An id is kept as the
number by which the connection knows the record, so that after a cut-over every stored id still works.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row as DbRow
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.bodies import read_row
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.formats import Format
from synchub.dialects.synchroteam.ids import Book, Misnamed, Named, own_id, shown_id, shown_key
from synchub.dialects.synchroteam.sending import Place, Said, read, write_of
from synchub.dialects.synchroteam.views import load, matching, shown
from synchub.dialects.synchroteam.wire import line as spelled
from synchub.errors import Refused
from synchub.intake.submission import Answer, Arrival, Submission, digest_of
from synchub.master import naming
from synchub.master.entities.parties import Customer
from synchub.master.series import skip_records
from synchub.master.tables import FIRST_RECORD
from synchub.master.writes import Verdict

LARGEST_OWN = FIRST_RECORD + 2**29
"""Ids above are refused: new records' ids begin above all that were brought along, and there must be some left."""


@dataclass(slots=True)
class _Line:
    """A line of the file: what it says, or why it is rejected; and the copy that it is about."""

    number: int
    said: Said | None = None
    reason: str | None = None
    copy: DbRow[Any] | None = None

    @classmethod
    def of(cls, connection: Connection, number: int, text: str) -> "_Line":
        try:
            said = read(CUSTOMER, connection, read_row(_bytes(text), Format.JSON), nameless=True)
        except (Refused, Declined) as error:
            return cls(number, reason=str(error))
        if said.named == Named(None, None):
            return cls(number, reason="an id or a myId is required, or each import would make the customer anew")
        if said.named.id is not None and not 0 < said.named.id <= LARGEST_OWN:
            return cls(number, reason=f"an id must lie between 1 and {LARGEST_OWN}")
        return cls(number, said)

    def reject(self, reason: str) -> None:
        """Leave the line out."""
        self.said, self.reason = None, reason

    def told(self, verdict: Verdict | None) -> dict[str, Any]:
        """What became of it."""
        if self.copy is None or verdict is None:
            return {"line": self.number, "verdict": "rejected", "reason": self.reason}
        told: dict[str, Any] = {"line": self.number, "id": shown_id(self.copy.record_id, self.copy)}
        return told | {"verdict": verdict.kind.value} | ({"reason": verdict.reason} if verdict.reason else {})


def take(session: Session, connection: Connection, arrival: Arrival, lines: Sequence[tuple[int, str]]) -> Submission:
    """What lines of a file (with their numbers) ask of the store.

    Only those before the first that names a customer for the second time are taken: its answer's `rows` says how many.
    """
    taken = _once_each([_Line.of(connection, number, text) for number, text in lines])
    book = _place(session, connection, [line for line in taken if line.said])
    good = [line for line in taken if line.copy is not None]
    writes = [
        write_of(Place(session, connection, CUSTOMER, book, line.copy, line.said, is_new=False))
        for line in good
        if line.copy is not None and line.said
    ]
    body = b"".join(_bytes(text) for _, text in lines[: len(taken)])

    def answer(verdicts: Sequence[Verdict]) -> Answer:
        became = {line.number: verdict for line, verdict in zip(good, verdicts, strict=True)}
        return {"rows": [line.told(became.get(line.number)) for line in taken]}

    return Submission(replace(arrival, body=body, digest=digest_of(body)), writes, answer)


def _bytes(text: str) -> bytes:
    """A line as it stands in the file; what is no UTF-8 there is refused like any other line that cannot be read."""
    return text.encode(errors="surrogateescape")


def _once_each(lines: list[_Line]) -> list[_Line]:
    ids: set[int | None] = {None}
    keys: set[str | None] = {None}
    for place, line in enumerate(lines):
        named = line.said.named if line.said else Named(None, None)
        if named.id in ids - {None} or named.my_id in keys - {None}:
            return lines[:place]
        ids.add(named.id)
        keys.add(named.my_id)
    return lines


def _place(session: Session, connection: Connection, lines: list[_Line]) -> Book:
    """Find or make the copies that the lines are about, and write down their ids."""
    brought = [line.said.named.id for line in lines if line.said and line.said.named.id is not None]
    if (highest := max(brought, default=0)) >= FIRST_RECORD:
        skip_records(session, highest)
    book = Book.open(
        session, connection, CUSTOMER.entity, [line.said.named for line in lines if line.said], CUSTOMER.noun
    )
    for line in lines:
        _find(book, line)
    _make(book, [line for line in lines if line.said and line.copy is None])
    _number(session, lines)
    return book


def _find(book: Book, line: _Line) -> None:
    if line.said is None:
        return
    try:
        _check_own(book, line.said)
        line.copy = book.copy_of(line.said.named)
    except Misnamed as error:
        line.reject(str(error))
        return
    their, number = own_id(line.copy), line.said.named.id
    if number is not None and their not in {None, number}:
        line.copy = None
        line.reject(f"myId {line.said.named.my_id} is that of another customer, whose id is {their}")


def _check_own(book: Book, said: Said) -> None:
    """See that an id of ours is meant for the very record that has it here, not for one of another hub."""
    number = said.named.id
    record = None if number in book.by_id else book.records.get(number)
    if record is None:
        return
    key = shown_key(record.id, book.codes.get(record.id), book.by_record.get(record.id))
    if (said.named.my_id or "") != key or (not key and said.fields.get("name") != record.label):
        raise Misnamed(f"the id {number} is that of another customer here")


def _make(book: Book, lines: list[_Line]) -> None:
    keyed = {line.said.named.my_id: line for line in lines if line.said and line.said.named.my_id}
    if keyed:
        made = book.make([key for key in keyed if key])
        for key, line in keyed.items():
            line.copy = made[str(key)]
    unkeyed = [line for line in lines if line.copy is None]
    for line, copy in zip(unkeyed, book.found(len(unkeyed)), strict=True):
        line.copy = copy


def _number(session: Session, lines: list[_Line]) -> None:
    """Give copies the ids that their lines name; one that is our own needs no writing down."""
    numbered: dict[int, str] = {}
    for line in lines:
        number = line.said.named.id if line.said else None
        if line.copy is None or number is None or own_id(line.copy) is not None or number == line.copy.record_id:
            continue
        numbered[line.copy.id] = str(number)
    naming.number(session, numbered.items())
    rows = naming.copies_with_ids(session, numbered.keys())
    for line in lines:
        if line.copy is not None:
            line.copy = rows.get(line.copy.id, line.copy)


def give(session: Session, connection: Connection) -> Iterator[str]:
    """The lines of all customers that a connection sees, in the order of their ids."""
    every = tuple(Customer.fields())
    seen_ids = matching(session, connection, CUSTOMER, [])
    ids = sorted((seen.id, seen.row.id) for seen in load(session, connection, CUSTOMER, seen_ids))
    for seen in load(session, connection, CUSTOMER, [record for _, record in ids]):
        yield spelled(shown(connection, CUSTOMER, seen, every))
