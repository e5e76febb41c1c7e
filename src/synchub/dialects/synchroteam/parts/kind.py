"""What a part is: the item of other partners."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.words import Exact, Flag, Key, Shown, Text, Whole, number_out
from synchub.dialects.wire import Wire
from synchub.master.entities.products import Item
from synchub.master.values import spell_decimal

_EXACT_IN_FLOATS = 15


def not_negative(value: Decimal | None) -> Decimal | None:
    """The number, if it may be a price or a quantity.

    Raises:
        PydanticCustomError: it is below 0.
    """
    if value is not None and value < 0:
        raise PydanticCustomError("negative", "must not be negative")
    return value


def number_sent(value: Decimal | None) -> int | float | str | None:
    """A JSON number where that is exact, else its text."""
    exact = value is None or len(value.normalize().as_tuple().digits) <= _EXACT_IN_FLOATS
    return number_out(value) if exact else spell_decimal(value or Decimal())


Amount = Annotated[Exact, AfterValidator(not_negative), PlainSerializer(number_sent)]
"""An exact number of 0 or more: said to a server as a number, shown as text (PRT-1)."""


class PartRow(Wire, entity=Item, key=("code",)):
    """A part; its words stand in the order of the vendor's table. `taxVal` is the rate of the tax, in percent."""

    name: Text = Field(None, alias="name")
    code: Key = Field(None, alias="reference")
    price: Amount = Field(None, alias="price")
    tax_id: Whole = Field(None, alias="taxId")
    tax_rate: Amount = Field(None, alias="taxVal")
    category_id: Whole = Field(None, alias="categoryId")
    category: Text = Field(None, alias="categoryName")
    min_quantity: Annotated[Amount, Shown(number_out)] = Field(None, alias="minQuantity")
    tracked: Flag = Field(None, alias="tracked")
    serializable: Flag = Field(None, alias="serializable")


_NUMBER_OR_NONE: dict[str, Any] = {"type": ["number", "null"]}

PART = Kind(
    Item,
    PartRow,
    noun="part",
    plural="parts",
    root="Part",
    key="reference",
    filters={"name": "name", "categoryName": "category"},
    described={"minQuantity": _NUMBER_OR_NONE},
)
