"""The rows of Inventory/Quantities: depots with their parts, each part a count."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import Field
from pydantic_core import PydanticCustomError

from synchub.dialects.synchroteam.parts import Amount
from synchub.dialects.synchroteam.stock.kinds import Serials
from synchub.dialects.synchroteam.stock.spots import Spot
from synchub.dialects.synchroteam.words import Key, part_of
from synchub.dialects.wire import Wire, parse
from synchub.master.entities.field_service import StockLevel
from synchub.master.values import as_list, spell_decimal, storable


class CountRow(Wire, entity=StockLevel, key=("reference",)):
    """A part in a depot."""

    reference: Key = Field(None, alias="reference")
    quantity: Amount = Field(None, alias="quantity")
    serials: Serials = Field(None, alias="serials")


@dataclass(slots=True)
class Count:
    """A row: the depot and the part that it names, what it says of them, or why it is bad; and which spot it means."""

    depot: str
    reference: str = ""
    quantity: Decimal = field(default_factory=Decimal)
    serials: tuple[str, ...] = ()
    why: str | None = None
    spot: Spot | None = None

    def reject(self, why: str) -> None:
        """Leave the row out."""
        self.why, self.spot = why, None

    def told(self) -> dict[str, str]:
        """The row among the errors."""
        return {"depot": self.depot, "reference": self.reference, "message": storable(self.why or "")}


def counts_of(rows: Sequence[Any]) -> Iterator[Count]:
    """The counts of a body."""
    for place, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            yield Count("", why=f"row {place} must be an object with depot and parts")
            continue
        members = {str(word).lower(): value for word, value in row.items()}
        depot, parts = _text(members.get("depot")), members.get("parts")
        if not depot or parts is None or not (isinstance(parts, list) or parts == ""):
            what = "a list of parts is" if depot else "the name of a depot is"
            yield Count(depot, why=f"row {place}: {what} required")
            continue
        yield from (_count(depot, part) for part in parts)


def _text(value: Any) -> str:
    try:
        return part_of(value, "a name")
    except PydanticCustomError:
        return ""


def _count(depot: str, part: Any) -> Count:
    members = {str(word).lower(): value for word, value in part.items()} if isinstance(part, Mapping) else {}
    made = Count(depot, _text(members.get("reference")))
    parsed = parse(CountRow, [part])
    if parsed.faults:
        made.reject("; ".join(f"{fault.word} {fault.rule}".strip() for fault in parsed.faults))
        return made
    row, _ = parsed.rows[0]
    serials = tuple(as_list(row.serials))
    if not row.reference or row.quantity is None:
        made.reject(f"{'quantity' if row.reference else 'reference'} is required")
    elif len(serials) > row.quantity:
        made.reject(f"{len(serials)} serial numbers are too many for a quantity of {spell_decimal(row.quantity)}")
    else:
        made.quantity, made.serials = row.quantity, serials
    return made
