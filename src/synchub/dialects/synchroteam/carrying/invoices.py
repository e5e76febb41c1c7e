"""Invoices in files: their lines keep their prices, and their numbers are of one series for each type.

The vendor's lists do not show the id of a document: its type and number name it then. What its lines come to is
computed as everywhere, but a total that a line of a file says is kept.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row as DbRow
from sqlalchemy.orm import Session

from synchub.dialects.synchroteam.carrying import numbers
from synchub.dialects.synchroteam.carrying.cargo import Cargo, Taken, accepted, held_of
from synchub.dialects.synchroteam.carrying.lookups import Lookup
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.invoices.kind import INVOICE, STATES, settle_state
from synchub.dialects.synchroteam.invoices.lines import LARGEST, frozen, total
from synchub.dialects.synchroteam.kinds import Reference
from synchub.dialects.synchroteam.members import Member
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.references import Naming
from synchub.dialects.synchroteam.sending import Said
from synchub.master.copies import Row as Fields
from synchub.master.values import as_decimal, as_list, spell_decimal, spell_list

_PART = Reference("item", PART, id="idPart", key="reference")


def _part(one: Member) -> Naming:
    """The part that a line names: its id counts before its reference, and an id of 0 says that it has none (INV-3)."""
    return Naming(_PART, one["id"] or None, one["reference"] if one["id"] is None else None)


def _mentioned(said: Said) -> Iterable[Naming]:
    return map(_part, as_list(said.fields.get("lines")))


def _refer(row: Taken, said: Said, lookup: Lookup) -> None:
    if "lines" not in said.fields:
        return
    lines = []
    for place, one in enumerate(as_list(said.fields["lines"]), 1):
        if one["price"] is None:
            raise Declined(f"lines row {place}: price is required")
        lines.append(frozen(one, row.member(_part(one), f"lines row {place}", lookup)))
    said.fields["lines"] = spell_list(lines)


def _complete(session: Session, rows: Sequence[Taken]) -> None:
    held = held_of(session, INVOICE, rows, "kind", "lines")
    for row, fields, record in accepted(rows):
        try:
            _settle_type(fields, held[record])
            settle_state(fields, is_new=held[record].kind is None)
            _settle_total(row, fields, held[record])
        except Declined as error:
            row.reject(str(error))
    for type_ in STATES:
        of_type = [row for row, fields, _ in accepted(rows) if fields["kind"] == type_]
        numbers.settle(session, INVOICE, type_, of_type, (type_,))


def _settle_type(fields: Fields, held: DbRow[Any]) -> None:
    type_ = fields.setdefault("kind", held.kind)
    if held.kind not in {None, type_}:
        raise Declined(f"the type of this document is {held.kind}, not {type_}")


def _settle_total(row: Taken, fields: Fields, held: DbRow[Any]) -> None:
    comes_to = total(as_list(fields.get("lines", held.lines)))
    said = as_decimal(fields.pop("total", None))
    if said is not None and abs(said) > LARGEST:
        raise Declined(f"total must not be more than {spell_decimal(LARGEST)}")
    if said not in {None, comes_to}:
        row.notes.append(f"total is kept, though the lines come to {spell_decimal(comes_to)}")
    if said is not None or "lines" in fields or held.kind is None:
        fields["total"] = spell_decimal(comes_to if said is None else said)


INVOICES = Cargo(
    INVOICE,
    mentioned=_mentioned,
    refer=_refer,
    complete=_complete,
    required=INVOICE.required,
    code=("kind", "number"),
    is_flat=False,
)
