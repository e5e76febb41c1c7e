"""How the company is organised: its places, departments, projects, contracts and expenses."""

from datetime import date

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from synchub.master.entities.entity import Entity, reference


class Warehouse(Entity):
    """A place where items are stored."""

    __tablename__ = "warehouse"

    name: Mapped[str | None]
    other_name: Mapped[str | None]
    address: Mapped[str | None]
    group1: Mapped[str | None]
    is_agent: Mapped[bool | None]
    note: Mapped[str | None]
    active: Mapped[bool | None]


class Department(Entity):
    """A department."""

    __tablename__ = "department"

    name: Mapped[str | None]
    other_name: Mapped[str | None]
    address: Mapped[str | None]
    phone: Mapped[str | None]
    note: Mapped[str | None]
    active: Mapped[bool | None]


class Project(Entity):
    """A project, case or job that costs are booked on."""

    __tablename__ = "project"

    name: Mapped[str | None]
    other_name: Mapped[str | None]
    note: Mapped[str | None]
    active: Mapped[bool | None]


class Contract(Entity):
    """A contract."""

    __tablename__ = "contract"

    name: Mapped[str | None]
    other_name: Mapped[str | None]
    contract_number: Mapped[str | None]
    signed_on: Mapped[date | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    note: Mapped[str | None]
    active: Mapped[bool | None]


class Expense(Entity):
    """A kind of expense or fee."""

    __tablename__ = "expense"

    name: Mapped[str | None]
    other_name: Mapped[str | None]
    department_id: Mapped[int | None] = reference("department")
    note: Mapped[str | None]
    active: Mapped[bool | None]
