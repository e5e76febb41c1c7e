"""Field service: where customers have what, what is done there, and what it costs.

Lists (parts, activities, report items, lines, serial numbers) are one value each: JSON (`values.spell_list`). Moments
are texts in UTC, "2026-07-19T12:43:00Z" (`values.as_moment`), so that they sort as they follow each other.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, String, text
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from synchub.db import ExactDecimal
from synchub.master.entities.entity import Entity, reference

MOMENT_LENGTH = len("2026-07-19T12:43:00Z")


OVERNIGHT = "substr(scheduled_end, 1, 10) > substr(scheduled_begin, 1, 10)"
"""Jobs that are planned beyond the day on which they begin."""
MOVED = (
    "(scheduled_begin IS NULL OR scheduled_end < scheduled_begin"
    " OR substr(scheduled_begin, 1, 10) <> substr(real_begin, 1, 10)"
    " OR real_end IS NULL OR substr(real_end, 1, 10) <> substr(real_begin, 1, 10))"
)
"""Jobs on which the work did not begin and end on the day for which it was planned."""


def only(name: str, column: str, where: str) -> Index:
    """An index of the rows alone for which this is true: a statement that says the same may use it."""
    return Index(name, column, sqlite_where=text(where), postgresql_where=text(where))


def moment(*, index: bool = False) -> MappedColumn[str | None]:
    """A column for a moment."""
    return mapped_column(String(MOMENT_LENGTH), index=index, info={"is_moment": True})


def exact() -> MappedColumn[Decimal | None]:
    """A column for an exact number."""
    return mapped_column(ExactDecimal)


class Site(Entity):
    """A place of a customer where work is done."""

    __tablename__ = "site"

    name: Mapped[str | None]
    customer_id: Mapped[int | None] = reference("customer")
    address: Mapped[str | None]
    address_complement: Mapped[str | None]
    street: Mapped[str | None]
    postal_code: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    country: Mapped[str | None]
    contact_first_name: Mapped[str | None]
    contact_last_name: Mapped[str | None]
    phone: Mapped[str | None]
    mobile: Mapped[str | None]
    fax: Mapped[str | None]
    email: Mapped[str | None]
    latitude: Mapped[Decimal | None] = exact()
    longitude: Mapped[Decimal | None] = exact()
    tags: Mapped[str | None]
    custom_fields: Mapped[str | None]


class Equipment(Entity):
    """A thing at a customer's that is worked on."""

    __tablename__ = "equipment"

    name: Mapped[str | None]
    customer_id: Mapped[int | None] = reference("customer")
    site_id: Mapped[int | None] = reference("site")
    tags: Mapped[str | None]
    custom_fields: Mapped[str | None]


class ActivityType(Entity):
    """A kind of activity."""

    __tablename__ = "activity_type"

    name: Mapped[str | None]
    color: Mapped[str | None]
    has_conflict: Mapped[bool | None]


class Block(Entity):
    """A group of questions that reports of jobs are made of; `items` is a list of objects."""

    __tablename__ = "block"

    name: Mapped[str | None]
    published: Mapped[bool | None]
    shared: Mapped[bool | None]
    items: Mapped[str | None]


class Activity(Entity):
    """What somebody does for a time, other than a job."""

    __tablename__ = "activity"

    name: Mapped[str | None]
    note: Mapped[str | None]
    begins_at: Mapped[str | None] = moment(index=True)
    ends_at: Mapped[str | None] = moment()
    employee_id: Mapped[int | None] = reference("employee")


class Job(Entity):
    """A job of a technician at a customer's.

    `job_id` is its id in the vendor's pattern and `number` the number that people call it by. `parts`, `activities`,
    `report` are lists of objects, `other_technicians` and `tags` of texts. `status` counts from 0 (created) to 7
    (cancelled). `creator` is the number of the user who made it, `duration` is in minutes.
    """

    __tablename__ = "job"
    __table_args__: Any = (
        only("ix_job_overnight", "scheduled_begin", OVERNIGHT),
        only("ix_job_moved", "real_begin", MOVED),
    )

    label_fields = ("number", "description")
    mentions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "parts": ("item", "item"),
        "activities": ("employee", "employee"),
    }

    job_id: Mapped[str | None] = mapped_column(index=True)
    number: Mapped[int | None] = mapped_column(BigInteger, index=True)
    customer_id: Mapped[int | None] = reference("customer")
    site_id: Mapped[int | None] = reference("site")
    equipment_id: Mapped[int | None] = reference("equipment")
    employee_id: Mapped[int | None] = reference("employee")
    creator: Mapped[int | None] = mapped_column(BigInteger)
    job_type_id: Mapped[int | None] = mapped_column(BigInteger)
    job_type: Mapped[str | None]
    report_id: Mapped[int | None] = mapped_column(BigInteger)
    description: Mapped[str | None]
    priority: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[int | None] = mapped_column(BigInteger)
    scheduled_begin: Mapped[str | None] = moment(index=True)
    scheduled_end: Mapped[str | None] = moment()
    real_begin: Mapped[str | None] = moment(index=True)
    real_end: Mapped[str | None] = moment()
    validated_at: Mapped[str | None] = moment()
    validated_by: Mapped[int | None] = mapped_column(BigInteger)
    report_changed_at: Mapped[str | None] = moment(index=True)
    duration: Mapped[int | None] = mapped_column(BigInteger)
    address: Mapped[str | None]
    address_complement: Mapped[str | None]
    street: Mapped[str | None]
    postal_code: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    country: Mapped[str | None]
    contact_first_name: Mapped[str | None]
    contact_last_name: Mapped[str | None]
    phone: Mapped[str | None]
    mobile: Mapped[str | None]
    email: Mapped[str | None]
    latitude: Mapped[Decimal | None] = exact()
    longitude: Mapped[Decimal | None] = exact()
    activities: Mapped[str | None]
    parts: Mapped[str | None]
    report: Mapped[str | None]
    other_technicians: Mapped[str | None]
    tags: Mapped[str | None]
    custom_fields: Mapped[str | None]


class Invoice(Entity):
    """An invoice or a quotation (`kind`); `lines` is a list of objects with frozen prices."""

    __tablename__ = "invoice"

    label_fields = ("kind", "number")
    mentions: ClassVar[Mapping[str, tuple[str, str]]] = {"lines": ("item", "item")}

    kind: Mapped[str | None]
    number: Mapped[int | None] = mapped_column(BigInteger, index=True)
    status: Mapped[int | None] = mapped_column(BigInteger)
    due_date: Mapped[date | None]
    job_id: Mapped[int | None] = reference("job")
    customer_id: Mapped[int | None] = reference("customer")
    site_id: Mapped[int | None] = reference("site")
    lines: Mapped[str | None]
    total: Mapped[Decimal | None] = exact()


class StockLevel(Entity):
    """How much of an item is in a warehouse, with the serial numbers of its pieces."""

    __tablename__ = "stock_level"

    label_fields = ("quantity",)

    warehouse_id: Mapped[int | None] = reference("warehouse")
    item_id: Mapped[int | None] = reference("item")
    quantity: Mapped[Decimal | None] = exact()
    serials: Mapped[str | None]


class StockRequest(Entity):
    """A wish that items go from one warehouse to another; `completed` is how many have gone already."""

    __tablename__ = "stock_request"

    label_fields = ("quantity",)

    source_id: Mapped[int | None] = reference("warehouse")
    destination_id: Mapped[int | None] = reference("warehouse")
    item_id: Mapped[int | None] = reference("item")
    employee_id: Mapped[int | None] = reference("employee")
    quantity: Mapped[Decimal | None] = exact()
    completed: Mapped[Decimal | None] = exact()
    serials: Mapped[str | None]
    is_sent: Mapped[bool | None]
    is_urgent: Mapped[bool | None]
    is_deleted: Mapped[bool | None]
    requested_at: Mapped[str | None] = moment()


class Attachment(Entity):
    """A file that belongs to a job or a customer; `content` is the digest by which its bytes are found."""

    __tablename__ = "attachment"

    label_fields = ("file_name",)

    file_name: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    content: Mapped[str | None]
    comment: Mapped[str | None]
    job_id: Mapped[int | None] = reference("job")
    customer_id: Mapped[int | None] = reference("customer")


class Photo(Entity):
    """A picture that was taken at a job, for an item of its report; `iteration` counts repeated blocks."""

    __tablename__ = "photo"

    label_fields = ("file_name",)

    file_name: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    content: Mapped[str | None]
    comment: Mapped[str | None]
    job_id: Mapped[int | None] = reference("job")
    report_item: Mapped[int | None] = mapped_column(BigInteger)
    iteration: Mapped[int | None] = mapped_column(BigInteger)
