"""Part/Prices: many prices at once. Good rows count; the others are sent back as they came, and why is in the journal.

Where a part comes more than once, its last good row counts.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi.responses import Response
from pydantic import Field
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import description
from synchub.dialects.synchroteam.description import NUMBER
from synchub.dialects.synchroteam.endpoints import Call, Door
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import Book, Named
from synchub.dialects.synchroteam.parts.kind import PART, Amount
from synchub.dialects.synchroteam.sending import Said, missing, read
from synchub.dialects.synchroteam.views import matching
from synchub.dialects.synchroteam.words import Key
from synchub.dialects.wire import Wire
from synchub.intake.alone import Work
from synchub.intake.submission import Answer, Arrival, Submission
from synchub.master.convergence import Mode
from synchub.master.entities.products import Item
from synchub.master.values import storable
from synchub.master.writes import Verdict, Write

ECHOED = ("id", "price", "reference")
MOST_TOLD = 20


class PriceRow(Wire, entity=Item, key=("code",)):
    """A part and its price."""

    code: Key = Field(None, alias="reference")
    price: Amount = Field(None, alias="price")


PRICE = replace(PART, row=PriceRow)
_TEXT = {"type": ["string", "null"]}
_ROW = {"type": "object", "properties": {"id": NUMBER, "reference": _TEXT, "price": _TEXT}, "required": ["price"]}
_BAD = {"type": "array", "items": {"type": "object", "properties": dict.fromkeys(ECHOED, _TEXT)}}
DESCRIBED = {
    "responses": {
        200: description.answer(
            "1, or 0 if a row was bad: those are in `errors` as they came.",
            {"type": "object", "properties": {"code": NUMBER, "errors": _BAD}, "required": ["code"]},
        ),
        **description.WRITE,
        **description.TYPED,
    },
    "openapi_extra": description.body(
        "Prices of parts, each named by its `id` or its `reference`.", {"type": "array", "items": _ROW}
    ),
}


@dataclass(slots=True)
class Priced:
    """A row: its place (from 1), its words as they came, and what it says or why it is bad."""

    place: int
    came: dict[str, str | None]
    said: Said | None = None
    why: str | None = None

    @classmethod
    def of(cls, connection: Connection, place: int, row: Any) -> "Priced":
        """A row as it came."""
        folded = {str(word).lower(): value for word, value in row.items()} if isinstance(row, Mapping) else {}
        came = {word: _as_sent(folded.get(word)) for word in ECHOED}
        try:
            return cls(place, came, _read(connection, row))
        except Declined as error:
            return cls(place, came, why=str(error))

    def reject(self, why: str) -> None:
        """Leave the row out."""
        self.said, self.why = None, why

    def told(self) -> str:
        """Why it is bad, for the operator."""
        return f"row {self.place}: {self.why}"


def _read(connection: Connection, row: Any) -> Said:
    if not isinstance(row, dict):
        raise Declined("must be an object with id or reference, and price")
    said = read(PRICE, connection, row, nameless=True)
    if said.named == Named(None, None):
        raise Declined("id or reference is required")
    if said.fields.get("price") is None:
        raise Declined(missing(PRICE, "price"))
    return said


def _as_sent(value: Any) -> str | None:
    """A value as text; what is none, as JSON."""
    if value is None or isinstance(value, str):
        return None if value is None else storable(value)
    return storable(json.dumps(value, default=str)) if isinstance(value, bool | list | dict) else str(value)


def put(door: Door, call: Call) -> Response:
    """Set prices."""

    def plan() -> Callable[[Arrival], Work]:
        call.may_write(PART)
        call.parameters()
        rows = call.rows()
        return lambda arrival: _pricing(call.connection, arrival, rows)

    return door.write(call, plan)


def _pricing(connection: Connection, arrival: Arrival, came: Sequence[Any]) -> Work:
    def work(session: Session) -> Submission:
        rows = [Priced.of(connection, place, row) for place, row in enumerate(came, 1)]
        writes = _writes(session, connection, rows)
        bad = [row for row in rows if row.why]
        answer: Answer = {"code": 0 if bad else 1, "errors": [row.came for row in bad]}
        why = [row.told() for row in bad]
        if bad and not writes:
            return Submission(arrival, (), _always(answer), refusal="; ".join(why[:MOST_TOLD]))
        if writes:
            writes[0].problems.extend(why)
        return Submission(arrival, writes, _always(answer))

    return work


def _always(answer: Answer) -> Callable[[Sequence[Verdict]], Answer]:
    return lambda _verdicts: answer


def _writes(session: Session, connection: Connection, rows: Sequence[Priced]) -> list[Write]:
    """What the good rows ask of the store; those that turn out to name no part are bad."""
    said = [row.said.named for row in rows if row.said]
    book = Book.open(session, connection, PART.entity, said, PART.noun)
    seen = _seen(session, connection, book)
    last: dict[int, Said] = {}
    for row in rows:
        if row.said is None:
            continue
        try:
            record = _record(book, row.said.named)
        except Declined as error:
            row.reject(str(error))
            continue
        if record in seen:
            last[record] = row.said
        else:
            row.reject("there is no such part")
    return [
        Write(PART.entity, book.copies_of(record)[0].external_key, Mode.PARTIAL, said.fields, said.extra)
        for record, said in last.items()
    ]


def _seen(session: Session, connection: Connection, book: Book) -> frozenset[int]:
    """Those of the records that rows may name which the connection sees."""
    ids = sorted(book.records)
    return frozenset(matching(session, connection, PART, [db.among(db.table_of(PART.made).c.id, ids)]) if ids else ())


def _record(book: Book, named: Named) -> int | None:
    """The record that a row names.

    Raises:
        Declined: its id and its reference are of two parts.
    """
    found = {each for each in (_of_id(book, named.id), _of_key(book, named.my_id)) if each != 0}
    if len(found) > 1:
        raise Declined("id and reference name different parts")
    return found.pop()


def _of_id(book: Book, number: int | None) -> int | None:
    """The record of an id: 0 where none is said, None where nobody knows it."""
    if number is None:
        return 0
    if number in book.by_id:
        return int(book.by_id[number].record_id)
    return number if number in book.records else None


def _of_key(book: Book, key: str | None) -> int | None:
    """The record of a reference, as `_of_id`."""
    if key is None:
        return 0
    if key in book.by_key:
        return int(book.by_key[key].record_id)
    return book.coded.get(key) if book.connection.matches_code else None
