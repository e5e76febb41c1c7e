"""An invoice or a quotation in the vendor's words (facts/synchroteam_endpoints.json, section Invoices).

Its number is one of its type's series: it says which document is meant, together with the type.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.description import NUMBER, TEXT
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import Named
from synchub.dialects.synchroteam.invoices.lines import Lines, line_shown
from synchub.dialects.synchroteam.jobs.kind import JOB, LARGEST_BROUGHT, between
from synchub.dialects.synchroteam.kinds import Kind, Mention, Reference
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.sending import Said
from synchub.dialects.synchroteam.sites import SITE
from synchub.dialects.synchroteam.views import RECORDS, Seen, conditions, matching
from synchub.dialects.synchroteam.words import Day, Exact, Key, Shown, Whole, number_out, part_of
from synchub.dialects.wire import Wire
from synchub.master import naming
from synchub.master.copies import Row as Fields
from synchub.master.entities.field_service import Invoice
from synchub.master.values import Value

INVOICES = db.table_of(Invoice)
STATES: Mapping[str, tuple[str, ...]] = {
    "invoice": ("draft", "sent", "late", "payed"),
    "quotation": ("draft", "sent"),
}
"""The types, and what their states are called, from 0 on."""


def _type(value: Any) -> str | None:
    text = part_of(value, "type").lower() or None
    if text not in {None, *STATES}:
        raise PydanticCustomError("type", "must be invoice or quotation")
    return text


def _type_out(value: str | None) -> str:
    return (value or "").capitalize()


def _midnight(value: date | None) -> str:
    """A day as the vendor shows it, with a time."""
    return f"{value.day:02}/{value.month:02}/{value.year:04} 00:00:00" if value else ""


Type = Annotated[str | None, BeforeValidator(_type), Shown(_type_out)]
"""One of `STATES` in any letter case, shown with a capital (INV-2)."""
Number = Annotated[Whole, between(1, LARGEST_BROUGHT)]


class InvoiceRow(Wire, entity=Invoice, key=("code",)):
    """An invoice or a quotation; the vendor knows no key of it beside its type and its number."""

    code: Key = Field(None, alias="myId")
    due_date: Annotated[Day, Shown(_midnight)] = Field(None, alias="dueDate")
    lines: Lines = Field(None, alias="lines")
    number: Number = Field(None, alias="num")
    status: Whole = Field(None, alias="status")
    total: Annotated[Exact, Shown(number_out)] = Field(None, alias="total")
    kind: Type = Field(None, alias="type")


def _finished(row: dict[str, Any], seen: Seen) -> dict[str, Any]:
    row.pop("myId")
    return row | {"lines": [line_shown(one, seen.mentioned["lines"]) for one in row["lines"]]}


def _locate(session: Session, connection: Connection, said: Said) -> Named:
    """The document that a row names by its type and number, or by its id.

    Raises:
        Declined: they name different ones.
    """
    number, id_ = said.fields.get("number"), said.named.id
    record = of_number(session, connection, said.fields.get("kind"), number)
    if id_ is not None:
        ids = matching(session, connection, INVOICE, conditions(session, connection, INVOICE, {"id": id_}))
        if ids and record not in {None, *ids}:
            raise Declined(f"id {id_} and num {number} name different documents")
        record = next(iter(ids), record)
    return Named(None, None, record=record)


def settle_state(fields: Fields, *, is_new: bool) -> None:
    """See that a document has a state of its type: a blank one says nothing, and a new document begins with the first.

    Raises:
        Declined: its type has no such state.
    """
    state, type_ = fields.pop("status", None), str(fields["kind"])
    if state is None and not is_new:
        return
    last = len(STATES[type_]) - 1
    if not 0 <= int(state or 0) <= last:
        raise Declined(f"status of a document of the type {type_} must lie between 0 and {last}")
    fields["status"] = int(state or 0)


def of_number(session: Session, connection: Connection, type_: Value, number: Value) -> int | None:
    """The document of a type that has a number: of the connection's own first, then of others' that exist."""
    if number is None:
        return None
    same = (INVOICES.c.kind == type_, INVOICES.c.number == number)
    found = session.execute(
        select(RECORDS.c.id, RECORDS.c.exists)
        .join(INVOICES, INVOICES.c.id == RECORDS.c.id)
        .where(*same)
        .order_by(RECORDS.c.exists.desc(), RECORDS.c.id)
    ).all()
    ids = [row.id for row in found]
    mine = {row.record_id for row in naming.copies_by(session, connection.id, INVOICE.entity, "record_id", ids)}
    own = [row.id for row in found if row.id in mine]
    return next(iter(own), next((row.id for row in found if row.exists), None))


_LINE = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("description", "discount", "price", "quantity", "reference", "tax", "total"), TEXT),
        "idPart": NUMBER,
        "totalLine": {"type": ["string", "null"]},
    },
}
INVOICE = Kind(
    Invoice,
    InvoiceRow,
    noun="document",
    plural="invoices",
    root="Invoice",
    key="",
    named="number",
    code_column="number",
    code_within=("kind",),
    filters={"num": "number", "type": "kind"},
    references=(
        Reference("customer_id", CUSTOMER, id="idClient"),
        Reference("job_id", JOB, id="idJob"),
        Reference("site_id", SITE, id="idSite"),
    ),
    mentions=(Mention("lines", "item", PART),),
    required=("kind",),
    described={"lines": {"type": "array", "items": _LINE}, "total": {"type": ["number", "null"]}},
    finish=_finished,
    locate=_locate,
)
