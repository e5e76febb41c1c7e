"""Invoices in files: their lines name parts by ids alone, and keep their prices; numbers are of a series for each type.

What a line comes to is computed as everywhere; a document whose total says otherwise is taken with a note.
"""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy.orm import Session

from synchub.dialects.synchroteam.carrying import numbers
from synchub.dialects.synchroteam.carrying.cargo import Cargo, Taken
from synchub.dialects.synchroteam.carrying.lookups import Lookup
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.invoices.kind import INVOICE
from synchub.dialects.synchroteam.invoices.lines import amount, line_total, total
from synchub.dialects.synchroteam.kinds import Reference
from synchub.dialects.synchroteam.members import Member
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.references import Naming
from synchub.dialects.synchroteam.sending import Said
from synchub.master.values import as_decimal, as_list, spell_decimal, spell_list

_PART = Reference("item", PART, id="idPart", key="reference")


def _listed(row: Taken, said: Said) -> Iterator[tuple[int, Member, Naming]]:
    """The lines, each with its place and the part that it names; an idPart of 0 says that it is none (INV-3)."""
    for place, one in enumerate(as_list(said.fields.get("lines")), 1):
        reference = None if one["id"] or row.denies("lines", place, "idPart") else one["reference"]
        yield place, one, Naming(_PART, one["id"], reference)


def _mentioned(row: Taken, said: Said) -> Iterable[Naming]:
    return (named for *_, named in _listed(row, said) if not named.is_blank)


def _refer(row: Taken, said: Said, lookup: Lookup) -> None:
    if "lines" not in said.fields:
        return
    lines = []
    for place, one, named in _listed(row, said):
        try:
            lines.append(_line(one, None if named.is_blank else lookup.resolve(named, {})))
        except Declined as error:
            if named.id is not None or one["price"] is None:
                raise Declined(f"lines row {place}: {error}") from None
            row.notes.append(f"lines row {place}: there is no part {named.key}: kept as a word")
            lines.append(_line(one, None))
    comes_to, given = total(lines), as_decimal(said.fields.get("total"))
    if given not in {None, comes_to}:
        row.notes.append(f"total {spell_decimal(given or comes_to)}: the lines come to {spell_decimal(comes_to)}")
    said.fields |= {"lines": spell_list(lines), "total": spell_decimal(comes_to)}


def _line(one: Member, item: int | None) -> Member:
    """A line as it is kept.

    Raises:
        Declined: it lacks its price; parts give none here, as prices are frozen.
    """
    if one["price"] is None:
        raise Declined("price is required")
    price, quantity, discount, tax = (amount(one, word) for word in ("price", "quantity", "discount", "tax"))
    return {
        "item": item,
        "reference": one["reference"] or "",
        "description": one["description"] or "",
        "price": spell_decimal(price),
        "tax": spell_decimal(tax),
        "quantity": spell_decimal(quantity),
        "discount": spell_decimal(discount),
        "total": spell_decimal(line_total(price, quantity, discount, tax)),
    }


def _complete(session: Session, rows: Sequence[Taken]) -> None:
    for row in rows:
        if row.said and row.said.fields.get("kind") is None:
            row.reject("type is required")
    numbers.settle(session, INVOICE, rows, lambda within: str(within[0]))


INVOICES = Cargo(INVOICE, mentioned=_mentioned, refer=_refer, complete=_complete, is_flat=False)
