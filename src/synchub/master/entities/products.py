"""What is bought, sold and stored."""

from decimal import Decimal

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from synchub.db import ExactDecimal
from synchub.master.entities.entity import Entity, reference


class Item(Entity):
    """An item or material; `price` is without tax, `tax_rate` in percent."""

    __tablename__ = "item"

    name: Mapped[str | None]
    other_name: Mapped[str | None]
    uom: Mapped[str | None]
    kind: Mapped[str | None]
    group1: Mapped[str | None]
    group2: Mapped[str | None]
    group3: Mapped[str | None]
    active: Mapped[bool | None]
    price: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    tax_id: Mapped[int | None] = mapped_column(BigInteger)
    tax_rate: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    category_id: Mapped[int | None] = mapped_column(BigInteger)
    category: Mapped[str | None]
    min_quantity: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    tracked: Mapped[bool | None]
    serializable: Mapped[bool | None]


class UomConversion(Entity):
    """How many base units of an item one of its other units is."""

    __tablename__ = "uom_conversion"

    label_fields = ("uom", "coefficient")

    item_id: Mapped[int | None] = reference("item")
    uom: Mapped[str | None]
    coefficient: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    active: Mapped[bool | None]
