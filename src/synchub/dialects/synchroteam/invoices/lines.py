"""The lines of an invoice: how they are read, what they come to, and how they are shown.

As a row says them their blanks are None; `pricing` fills those, and so they are kept, with the part as our record and
with frozen prices. What is kept can be read again, for a row that is made of it.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Annotated, Any

from pydantic import PlainSerializer
from pydantic_core import PydanticCustomError

from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.members import Member, number_in, reader_of, text_in
from synchub.dialects.synchroteam.views import Referred
from synchub.dialects.synchroteam.words import Shown, read_decimal, text_out
from synchub.master.values import as_decimal, as_list, spell_decimal

LARGEST = Decimal(10**12)
"""Of a price and of a quantity; of what a document comes to, too, so that a number in JSON has every cent of it."""
HUNDREDTH = Decimal("0.01")
_EXACT = Context(prec=400)
_BOUNDS = {
    "price": (-LARGEST, LARGEST),
    "quantity": (-LARGEST, LARGEST),
    "tax": (Decimal(), Decimal(1000)),
    "discount": (Decimal(), Decimal(100)),
}


def _amount_in(one: Member, word: str) -> Decimal | None:
    """A number with a point or a comma, None where it is blank."""
    least, most = _BOUNDS[word]
    try:
        number = read_decimal(one.get(word))
    except PydanticCustomError as error:
        raise PydanticCustomError("amount", "{word} {why}", {"word": word, "why": error.message()}) from None
    if number is not None and not least <= number <= most:
        bounds = {"least": spell_decimal(least), "most": spell_decimal(most)}
        raise PydanticCustomError("amount", "{word} must lie between {least} and {most}", {"word": word, **bounds})
    return number


def _spelt(number: Decimal | None) -> str | None:
    return None if number is None else spell_decimal(number)


def _read(one: Member) -> Member:
    amounts = {word: _amount_in(one, word) for word in _BOUNDS}
    if amounts["quantity"] is None:
        raise PydanticCustomError("quantity", "quantity is required")
    return {
        "id": number_in(one, "idPart"),
        "reference": text_in(one, "reference"),
        "description": text_in(one, "description"),
        **{word: _spelt(number) for word, number in amounts.items()},
    }


def amount(one: Member, word: str) -> Decimal:
    """A number of a line that is kept; 0 where it is blank."""
    return as_decimal(one.get(word)) or Decimal()


def line_total(price: Decimal, quantity: Decimal, discount: Decimal, tax: Decimal) -> Decimal:
    """What a line comes to; the discount is rounded before the tax is added, and both halves up (INV-6)."""
    with localcontext(_EXACT):
        gross = price * quantity
        net = gross - _cents(gross * discount * HUNDREDTH)
        return _cents(net + net * tax * HUNDREDTH)


def _cents(number: Decimal) -> Decimal:
    return number.quantize(HUNDREDTH, ROUND_HALF_UP)


def total(lines: list[Member]) -> Decimal:
    """What the lines come to together.

    Raises:
        Declined: it is too much.
    """
    with localcontext(_EXACT):
        made = sum((amount(one, "total") for one in lines), Decimal())
    if abs(made) > LARGEST:
        raise Declined(f"lines come to more than {spell_decimal(LARGEST)}")
    return made


def frozen(one: Member, item: int | None) -> Member:
    """A line as it is kept, which is about this part; whatever becomes of the part, it stays as it is."""
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


def line_shown(one: Member, found: Mapping[int, Referred]) -> Member:
    """A line as the list shows it: its part by the connection's id, 0 where there is none (INV-3, INV-4)."""
    other = found.get(one.get("item") or 0)
    return {
        "description": text_out(one.get("description")),
        "discount": _comma(amount(one, "discount")),
        "idPart": other.id if other else 0,
        "price": _comma(amount(one, "price")),
        "quantity": _comma(amount(one, "quantity")),
        "reference": text_out(one.get("reference")),
        "tax": _comma(amount(one, "tax")),
        "totalLine": None,
        "total": _comma(amount(one, "total"), 4),
    }


def _comma(number: Decimal, places: int = 2) -> str:
    """A number with a comma, and as many places after it at least."""
    whole, _, rest = spell_decimal(number).partition(".")
    return f"{whole},{rest:0<{places}}"


def line_sent(one: Member) -> Member:
    """A line as it is sent to a server."""
    words = ("reference", "description", "price", "tax", "quantity", "discount")
    return {"idPart": "", **{word: text_out(one.get(word)) for word in words}}


def _sent(value: Any) -> list[Member]:
    return [line_sent(one) for one in as_list(value)]


Lines = Annotated[str | None, reader_of("lines", _read), Shown(as_list), PlainSerializer(_sent)]
