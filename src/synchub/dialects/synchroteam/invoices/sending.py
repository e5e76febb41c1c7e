"""Invoices/Send: a document is found by its `num` within its type, else made; `code` is 1 or 0 (INV-1)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from fastapi.responses import Response
from sqlalchemy import Row as DbRow
from sqlalchemy import select

from synchub import db
from synchub.dialects.synchroteam import description, references, sending
from synchub.dialects.synchroteam.bodies import Row
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.description import NUMBER, TEXT, TYPED, WRITE
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.invoices import pricing
from synchub.dialects.synchroteam.invoices.kind import INVOICE, STATES, of_number, settle_state
from synchub.dialects.synchroteam.invoices.lines import total
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.kinds import Reference
from synchub.dialects.synchroteam.references import Naming, key_of
from synchub.dialects.synchroteam.sending import Place, Said
from synchub.dialects.synchroteam.sites import SITE
from synchub.dialects.synchroteam.views import others
from synchub.intake.alone import Work
from synchub.intake.submission import Answer, Arrival
from synchub.master import naming
from synchub.master.entities.field_service import Job
from synchub.master.series import draw_series, skip_series
from synchub.master.values import as_list, spell_decimal, spell_list, storable

OBJECTS: Mapping[str, Reference] = {
    "customer": Reference("customer_id", CUSTOMER, id="id", key="myId", name="name"),
    "job": Reference("job_id", JOB, id="id", key="myId", name="num"),
    "site": Reference("site_id", SITE, id="id", key="myId", name="name", within="customer_id"),
}
"""The words that are objects."""
ACTION, ADD, REPLACE = "action", "add", "replace"
OURS = "total"
"""What the list shows and the hub computes; in a row it is a word like any other that is not known."""
JOBS = db.table_of(Job)


def refuse(message: str) -> Answer:
    """The answer to what is not taken."""
    return {"code": 0, "message": storable(message), "data": None}


def _send(door: Door, call: Call) -> Response:
    def plan() -> Callable[[Arrival], Work]:
        call.may_write(INVOICE)
        row = call.row()
        call.parameters()
        said, adds = _read(call, row)

        def prepare(place: Place) -> None:
            _complete(place, adds=adds)

        return lambda arrival: sending.send(INVOICE, call.connection, arrival, said, prepare, _answer, refuse)

    return door.write(call, plan, refuse)


def _read(call: Call, row: Row) -> tuple[Said, bool]:
    """What a row says, and whether its lines are added to those that are there.

    Raises:
        Declined: it breaks a rule; the text names the words.
    """
    apart = {each: value for name, value in row.items() if (each := name.lower()) in {*OBJECTS, ACTION, OURS}}
    said = sending.read(INVOICE, call.connection, {n: v for n, v in row.items() if n.lower() not in apart})
    if said.fields.get("kind") is None:
        raise Declined(sending.missing(INVOICE, "kind"))
    for word, reference in OBJECTS.items():
        if word in apart:
            _refer(said, word, references.of_object(reference, apart[word], word), clears=apart[word] in (None, ""))
    extra = {OURS: storable(str(apart[OURS]))} if OURS in apart else {}
    return replace(said, extra=said.extra | extra), _adds(apart.get(ACTION))


def _refer(said: Said, word: str, named: Naming, *, clears: bool) -> None:
    """Take what an object says; one whose members are all blank says nothing."""
    if named.is_blank and not clears:
        return
    column = named.reference.column
    if any(each.reference.column == column and not each.is_blank for each in said.namings):
        raise Declined(f"{word} is named twice")
    said.namings[:] = [each for each in said.namings if each.reference.column != column]
    said.namings.append(named)
    said.namings.sort(key=lambda each: each.reference.column)  # the customer before its site


def _adds(value: Any) -> bool:
    action = references.read_text(value, ACTION).lower() or REPLACE
    if action not in {ADD, REPLACE}:
        raise Declined(f"{ACTION} must be {ADD} or {REPLACE}")
    return action == ADD


def _complete(place: Place, *, adds: bool) -> None:
    """Complete a row that is about to be written.

    Raises:
        Declined: it breaks a rule, or names what is not known.
    """
    held, fields = place.held(), place.said.fields
    if place.is_new and not fields.get("lines") and not any(place.referred.values()):
        raise Declined("a new document needs lines, a customer or a job")
    settle_state(fields, is_new=place.is_new)
    _whose(place, held)
    if "lines" in fields or place.is_new:
        before = as_list(held.lines) if adds and not place.is_new else []
        lines = before + pricing.priced(place, fields.get("lines"))
        fields |= {"lines": spell_list(lines), "total": spell_decimal(total(lines))}
    _number(place, held)


def _whose(place: Place, held: DbRow[Any]) -> None:
    """Take the customer and the site of the job, where the row and the document have none."""
    job = place.referred.get("job_id")
    if job is None:
        return
    known = place.session.execute(select(JOBS).where(JOBS.c.id == job)).one()
    for column, kind in (("customer_id", CUSTOMER), ("site_id", SITE)):
        record = getattr(known, column)
        wanted = column not in place.referred and getattr(held, column) is None and record is not None
        if wanted and others(place.session, place.connection, kind, [record]):
            naming.lock_records(place.session, [record])
            place.said.fields[column] = key_of(place.session, place.connection, kind, record)


def _number(place: Place, held: DbRow[Any]) -> None:
    """Give a document that has none its number; that and its type stay what they are."""
    fields = place.said.fields
    type_, said = str(fields["kind"]), fields.get("number")
    if held.number is not None:
        if (held.kind, held.number) != (type_, said if said is not None else held.number):
            raise Declined(f"this document is the {held.kind} with the num {held.number}")
        fields["number"] = held.number
    elif said is None:
        fields["number"] = _drawn(place, type_)
    else:
        skip_series(place.session, type_, int(said))
        if of_number(place.session, place.connection, type_, said) is not None:
            raise db.Overtaken("another request has just used this number")


def _drawn(place: Place, type_: str) -> int:
    """The next number; one that a document has, because it was brought in beside the series, is passed over."""
    while True:
        (number,) = draw_series(place.session, type_, 1)
        if of_number(place.session, place.connection, type_, number) is None:
            return number


def _answer(place: Place) -> Answer:
    held = place.held()
    return {"code": 1, "message": None, "data": {"num": held.number, "numberLines": len(as_list(held.lines))}}


_OBJECT = {"type": ["object", "null"], "properties": {"id": TEXT, "myId": TEXT, "name": TEXT}}
_TEXTS = ("idPart", "reference", "description", "price", "tax", "quantity", "discount")
_SENT = {
    "type": "object",
    "title": "Invoice",
    "properties": {
        "type": {"type": "string", "enum": list(STATES)},
        ACTION: {"type": "string", "enum": [ADD, REPLACE]},
        "status": NUMBER,
        "num": NUMBER,
        "dueDate": TEXT,
        "job": {**_OBJECT, "properties": {"id": TEXT, "myId": TEXT, "num": TEXT}},
        "customer": _OBJECT,
        "site": _OBJECT,
        "lines": {"type": "array", "items": {"type": "object", "properties": dict.fromkeys(_TEXTS, TEXT)}},
    },
    "required": ["type"],
}
_DONE = {
    "type": "object",
    "title": "Result",
    "properties": {
        "code": NUMBER,
        "message": {"type": ["string", "null"]},
        "data": {"type": ["object", "null"], "properties": {"num": NUMBER, "numberLines": NUMBER}},
    },
    "required": ["code"],
}

SEND = Endpoint(
    "POST",
    "/Invoices/Send",
    _send,
    "Create or update an invoice or a quotation",
    {
        "responses": {
            200: description.answer("`code` 1, with the number and its lines; or 0, and in `message` why not.", _DONE),
            **WRITE,
            **TYPED,
        },
        "openapi_extra": description.body(
            "One document, found by `num` within its `type`, else created. What it leaves out stays as it is; its "
            "lines take the place of those that are there, unless `action` is `add`.",
            _SENT,
        ),
    },
    writes=True,
)
