"""Who the company deals with and who works for it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from synchub.db import ExactDecimal
from synchub.master.entities.entity import Entity
from synchub.master.values import as_text


class Customer(Entity):
    """A customer or supplier.

    `address` is the whole address on one line where a partner has `street` beside it. `tags` (a list of texts) and
    `custom_fields` (a list of objects with id, name and value) are one value each: JSON (`values.spell_list`).
    """

    __tablename__ = "customer"

    name: Mapped[str | None]
    other_name: Mapped[str | None]
    kind: Mapped[str | None]
    status: Mapped[str | None]
    active: Mapped[bool | None]
    is_supplier: Mapped[bool | None]
    is_employee: Mapped[bool | None]
    salesperson: Mapped[str | None]
    contact: Mapped[str | None]
    contact2: Mapped[str | None]
    contact3: Mapped[str | None]
    contact4: Mapped[str | None]
    address: Mapped[str | None]
    address2: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    postal_code: Mapped[str | None]
    phone: Mapped[str | None]
    phone2: Mapped[str | None]
    phone3: Mapped[str | None]
    fax: Mapped[str | None]
    email: Mapped[str | None]
    email2: Mapped[str | None]
    email3: Mapped[str | None]
    email4: Mapped[str | None]
    group1: Mapped[str | None]
    group2: Mapped[str | None]
    group3: Mapped[str | None]
    tax_number: Mapped[str | None]
    bank_account: Mapped[str | None]
    bank_name: Mapped[str | None]
    bank_branch: Mapped[str | None]
    bank_account_holder: Mapped[str | None]
    payment_term: Mapped[str | None]
    revenue_type: Mapped[str | None]
    credit_limit: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    exposure: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    description: Mapped[str | None]
    contact_first_name: Mapped[str | None]
    contact_last_name: Mapped[str | None]
    mobile: Mapped[str | None]
    street: Mapped[str | None]
    address_complement: Mapped[str | None]
    country: Mapped[str | None]
    latitude: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    longitude: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    tags: Mapped[str | None]
    custom_fields: Mapped[str | None]


class Employee(Entity):
    """A user of a partner system; a partner has either a `name` or its parts.

    `groups` and `skilled_trades` are lists of texts, `custom_fields` of objects.
    """

    __tablename__ = "employee"

    name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    team: Mapped[str | None]
    kind: Mapped[str | None]
    status: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    login: Mapped[str | None]
    profile: Mapped[str | None]
    language: Mapped[str | None]
    groups: Mapped[str | None]
    skilled_trades: Mapped[str | None]
    start_address: Mapped[str | None]
    start_latitude: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    start_longitude: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    custom_fields: Mapped[str | None]

    @classmethod
    def label_of(cls, typed: Mapping[str, Any]) -> str | None:
        """The name, else its parts."""
        parts = [text for each in ("first_name", "last_name") if (text := as_text(typed.get(each)))]
        return as_text(typed.get("name")) or " ".join(parts) or None


class Salesrep(Entity):
    """A sales representative."""

    __tablename__ = "salesrep"

    name: Mapped[str | None]
