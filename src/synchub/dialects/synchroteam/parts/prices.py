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

from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import description, partly
from synchub.dialects.synchroteam.description import NUMBER
from synchub.dialects.synchroteam.endpoints import Call, Door
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import Named
from synchub.dialects.synchroteam.parts.finding import Finder
from synchub.dialects.synchroteam.parts.kind import PART, Amount
from synchub.dialects.synchroteam.sending import Said, missing, read
from synchub.dialects.synchroteam.words import Key
from synchub.dialects.wire import Wire
from synchub.intake.alone import Work
from synchub.intake.submission import Answer, Arrival, Submission
from synchub.master.convergence import Mode
from synchub.master.entities.products import Item
from synchub.master.values import storable
from synchub.master.writes import Write

ECHOED = ("id", "price", "reference")


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
        return partly.submitted(arrival, writes, [row.told() for row in bad], lambda _: answer)

    return work


def _writes(session: Session, connection: Connection, rows: Sequence[Priced]) -> list[Write]:
    """What the good rows ask of the store; those that turn out to name no part are bad."""
    finder = Finder.of(session, connection, [row.said.named for row in rows if row.said])
    last: dict[int, Said] = {}
    for row in rows:
        if row.said is None:
            continue
        try:
            last[finder.record(row.said.named)] = row.said
        except Declined as error:
            row.reject(str(error))
    return [
        Write(PART.entity, finder.key(record), Mode.PARTIAL, said.fields, said.extra) for record, said in last.items()
    ]
