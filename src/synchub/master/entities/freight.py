"""Freight: who carries it, what is carried, what is invoiced, what is offered.

The columns are those that receivers of such data filter, show or compute with; a load has hundreds more, in its image.
"""

from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Mapped, mapped_column

from synchub.db import ExactDecimal
from synchub.master.entities.entity import Entity, reference


def amount() -> Mapped[Decimal | None]:
    """A column for an exact number."""
    return mapped_column(ExactDecimal)


class Carrier(Entity):
    """A carrier, with what its compliance is judged by."""

    __tablename__ = "carrier"

    name: Mapped[str | None]
    legal_name: Mapped[str | None]
    status: Mapped[str | None]
    kind: Mapped[str | None]
    scac: Mapped[str | None]
    mc_number: Mapped[str | None]
    dot_number: Mapped[str | None]
    address: Mapped[str | None]
    address2: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    postal_code: Mapped[str | None]
    phone: Mapped[str | None]
    fax: Mapped[str | None]
    email: Mapped[str | None]
    email2: Mapped[str | None]
    dispatcher: Mapped[str | None]
    smartway: Mapped[bool | None]
    power_units: Mapped[Decimal | None] = amount()
    liability_expires: Mapped[date | None]
    liability_amount: Mapped[Decimal | None] = amount()
    cargo_expires: Mapped[date | None]
    cargo_amount: Mapped[Decimal | None] = amount()
    general_liability_expires: Mapped[date | None]
    general_liability_amount: Mapped[Decimal | None] = amount()
    workers_compensation_expires: Mapped[date | None]
    workers_compensation_amount: Mapped[Decimal | None] = amount()
    created_on: Mapped[date | None]


class Load(Entity):
    """A load: one shipment from pickup to delivery."""

    __tablename__ = "load"

    label_fields = ("status", "origin_city", "destination_city")

    status: Mapped[str | None]
    kind: Mapped[str | None]
    equipment: Mapped[str | None]
    office: Mapped[str | None]
    customer_id: Mapped[int | None] = reference("customer")
    shipper: Mapped[str | None]
    carrier_id: Mapped[int | None] = reference("carrier")
    carrier_name: Mapped[str | None]
    origin_city: Mapped[str | None]
    origin_state: Mapped[str | None]
    destination_city: Mapped[str | None]
    destination_state: Mapped[str | None]
    pickup_name: Mapped[str | None]
    pickup_address: Mapped[str | None]
    pickup_date: Mapped[date | None]
    pickup_time: Mapped[str | None]
    pickup_hours: Mapped[str | None]
    pickup_appointment_date: Mapped[date | None]
    consignee: Mapped[str | None]
    consignee_address: Mapped[str | None]
    consignee_address2: Mapped[str | None]
    consignee_contact: Mapped[str | None]
    consignee_phone: Mapped[str | None]
    consignee_hours: Mapped[str | None]
    delivery_date: Mapped[date | None]
    delivery_time: Mapped[str | None]
    must_ship_date: Mapped[date | None]
    must_deliver_date: Mapped[date | None]
    covered_date: Mapped[date | None]
    arrived_date: Mapped[date | None]
    created_on: Mapped[date | None]
    load_reference: Mapped[str | None]
    weight: Mapped[Decimal | None] = amount()
    pieces: Mapped[Decimal | None] = amount()
    miles: Mapped[Decimal | None] = amount()
    goods_value: Mapped[Decimal | None] = amount()
    line_haul: Mapped[Decimal | None] = amount()
    carrier_total: Mapped[Decimal | None] = amount()
    invoice_total: Mapped[Decimal | None] = amount()


class FreightInvoice(Entity):
    """The invoice of one load, re-sent with each new balance."""

    __tablename__ = "freight_invoice"

    label_fields = ("customer_name", "total")

    load_id: Mapped[int | None] = reference("load")
    customer_name: Mapped[str | None]
    bill_to: Mapped[str | None]
    salesperson: Mapped[str | None]
    office: Mapped[str | None]
    kind: Mapped[str | None]
    hold: Mapped[str | None]
    customer_reference: Mapped[str | None]
    shipped_on: Mapped[date | None]
    delivered_on: Mapped[date | None]
    invoiced_on: Mapped[date | None]
    posted_on: Mapped[date | None]
    weight: Mapped[Decimal | None] = amount()
    total: Mapped[Decimal | None] = amount()
    debits: Mapped[Decimal | None] = amount()
    credits: Mapped[Decimal | None] = amount()
    advances: Mapped[Decimal | None] = amount()
    revenue: Mapped[Decimal | None] = amount()
    expense: Mapped[Decimal | None] = amount()
    profit: Mapped[Decimal | None] = amount()
    revenue_due: Mapped[Decimal | None] = amount()
    expense_due: Mapped[Decimal | None] = amount()


class Spot(Entity):
    """A spot quote."""

    __tablename__ = "spot"

    label_fields = ("pickup_city", "destination_city")

    kind: Mapped[str | None]
    entered_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    pickup_city: Mapped[str | None]
    pickup_state: Mapped[str | None]
    destination_city: Mapped[str | None]
    destination_state: Mapped[str | None]
    weight: Mapped[Decimal | None] = amount()
    carrier_rate: Mapped[Decimal | None] = amount()
