"""Lines filled from the parts that they name; what is filled is frozen, whatever becomes of the part's price."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from synchub import db
from synchub.dialects.synchroteam import references
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.invoices.lines import frozen
from synchub.dialects.synchroteam.kinds import Reference
from synchub.dialects.synchroteam.members import Member
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.references import Naming
from synchub.dialects.synchroteam.sending import Place
from synchub.dialects.synchroteam.views import may_read, others
from synchub.master.entities.products import Item
from synchub.master.values import Value, as_decimal, as_list, spell_decimal

_PART = Reference("item", PART, id="idPart", key="reference")
ITEMS = db.table_of(Item)
BETWEEN = " > "
"""What stands between a part's category and its name, where they describe a line."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What a part gives to a line."""

    record: int
    reference: str
    description: str
    price: Decimal | None
    tax: Decimal | None


def priced(place: Place, said: Value) -> list[Member]:
    """Lines as they are kept.

    Raises:
        Declined: one names a part that is not known, or lacks what no part gives it.
    """
    made = []
    for row, one in enumerate(as_list(said), 1):
        try:
            made.append(_line(place, one))
        except Declined as error:
            raise Declined(f"lines row {row}: {error}") from None
    return made


def _line(place: Place, one: Member) -> Member:
    part = _part(place, one)
    price, tax = as_decimal(one["price"]), as_decimal(one["tax"])
    if not price and part and part.price is not None:
        price = part.price
    if price is None:
        raise Declined(f"price is required, as the part {part.reference} has none" if part else _unknown(one))
    if tax is None:
        tax = (part.tax if part else None) or Decimal()
    description = one["description"] or (part.description if part else None)
    if description is None:
        raise Declined(_unknown(one))
    filled = {"description": description, "price": spell_decimal(price), "tax": spell_decimal(tax)}
    reference = part.reference if part else one["reference"]
    return frozen({**one, **filled, "reference": reference}, part.record if part else None)


def _unknown(one: Member) -> str:
    """Why a line without a part is not taken."""
    needed = "a line without a part needs a description and a price"
    return f"there is no part with reference {one['reference']}, and {needed}" if one["reference"] else needed


def _part(place: Place, one: Member) -> _Part | None:
    """The part that a line names: its id counts before its reference, which may be free text.

    Raises:
        Declined: no part has the id.
    """
    said = Naming(_PART, one["id"] or None, None if one["id"] else one["reference"])
    record = references.find(place.session, place.connection, said)
    if record is None and one["id"]:
        raise Declined(f"there is no part with idPart {one['id']}")
    return None if record is None else _of_record(place, record, one)


def _of_record(place: Place, record: int, one: Member) -> _Part:
    """A part as far as the connection is told of it."""
    row = place.session.execute(select(ITEMS).where(ITEMS.c.id == record)).one()

    def told(column: str) -> Any:
        return getattr(row, column) if may_read(place.connection, PART, column) else None

    (called,) = others(place.session, place.connection, PART, [record])
    reference = called.key or one["reference"] or ""
    described = BETWEEN.join(filter(None, (told("category"), told("name"))))
    return _Part(record, reference, described or reference, told("price"), told("tax_rate"))
