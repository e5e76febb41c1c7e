"""What Customer/Send and Customer/Delete do: both read what is stored before they know what to write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Row as DbRow
from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.bodies import Row
from synchub.dialects.synchroteam.faults import refused
from synchub.dialects.synchroteam.ids import Book, Misnamed, Named, sees, shown_id
from synchub.dialects.synchroteam.views import CUSTOMERS, ENTITY, conditions, matching
from synchub.dialects.synchroteam.wire import CustomerRow, merged
from synchub.dialects.wire import parse
from synchub.intake import repeats
from synchub.intake.alone import Work
from synchub.intake.journal import ACCEPTED
from synchub.intake.submission import Answer, Arrival, Submission
from synchub.intake.tables import Message
from synchub.master import naming
from synchub.master.convergence import Mode
from synchub.master.copies import Row as Fields
from synchub.master.values import storable
from synchub.master.writes import Verdict, Write

ID_WORDS = frozenset({"id", "customerid"})
NAMELESS = "name is required"


class Declined(Exception):
    """A row that is answered with code 0 and this text, and changes nothing."""


@dataclass(slots=True)
class Said:
    """What a row says: how it calls its record, the columns that it names, and what has no column."""

    named: Named
    fields: Fields = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)


def read(row: Row, *, nameless: bool = False) -> Said:
    """What a row says; `nameless` says that its name may be blank.

    Raises:
        Declined: it breaks a rule; the text names the words.
    """
    number = None
    rest: Row = {}
    for name, value in row.items():
        if name.lower() in ID_WORDS:
            number = _id(value)
        else:
            rest[name] = value
    parsed = parse(CustomerRow, [rest])
    if parsed.faults:
        raise Declined("; ".join(f"{fault.word} {fault.rule}" for fault in parsed.faults))
    model, extra = parsed.rows[0]
    fields = model.stated()
    if not nameless and "name" in fields and fields["name"] is None:
        raise Declined(NAMELESS)
    return Said(Named(number, model.external_key() if model.code else None), fields, extra)


def _id(value: Any) -> int | None:
    """An id as number or text; a blank is none."""
    text = str(value).strip() if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
    if value is None or text == "":
        return None
    if text is None or not (text.isascii() and text.isdecimal() and len(text) <= 18):  # noqa: PLR2004 - of 64 bits
        raise Declined("id must be a whole number")
    return int(text)


def refusal(arrival: Arrival, message: str) -> Work:
    """A request that is kept for the operator and changes nothing."""
    return lambda _: _refused(arrival, message)


def _refused(arrival: Arrival, message: str) -> Submission:
    return Submission(arrival, (), lambda _: refused(message), refusal=storable(message))


def send(connection: Connection, arrival: Arrival, said: Said) -> Work:
    """Create or update a customer."""

    def work(session: Session) -> Submission:
        repeats.lock(session, [Submission(arrival, (), _code(0), repeats=True)])
        try:
            with session.begin_nested():
                book, copy = _place(session, connection, arrival, said)
        except (Declined, Misnamed) as error:
            return _refused(arrival, str(error))
        return Submission(
            arrival,
            [write_of(book, copy, said)],
            _code(shown_id(copy.record_id, copy)),
            repeats=True,
        )

    return work


def _place(session: Session, connection: Connection, arrival: Arrival, said: Said) -> tuple[Book, DbRow[Any]]:
    """The copy that a row is about; one that names nothing known is about a new one, unless it is sent again."""
    book = Book.open(session, connection, ENTITY, [said.named])
    copy = book.copy_of(said.named)
    if copy is None and said.named.my_id is None and (made := _made_before(session, arrival)):
        again = Named(made, None)
        book = Book.open(session, connection, ENTITY, [again])
        copy = book.copy_of(again)
    if said.fields.get("name") is None and not _holds(session, book, copy):
        raise Declined(NAMELESS)
    if copy is None:
        copy = book.make([said.named.my_id])[said.named.my_id] if said.named.my_id else book.found(1)[0]
    return book, copy


def _holds(session: Session, book: Book, copy: DbRow[Any] | None) -> bool:
    """Whether there is a record already to which a row without a name could belong."""
    if copy is None:
        return False
    record = naming.records_by_id(session, ENTITY, {copy.record_id})[copy.record_id]
    return sees(record, book.copies_of(copy.record_id)) if copy.image else record.exists


def _made_before(session: Session, arrival: Arrival) -> int | None:
    """The id that the same request was answered with when it came last."""
    same = (
        Message.connection_id == arrival.connection,
        Message.digest == arrival.digest,
        Message.method == arrival.method,
        Message.path == arrival.path,
        Message.state == ACCEPTED,
    )
    answer = session.scalar(select(Message.answer).where(*same).order_by(Message.seen.desc()).limit(1))
    return int(answer["code"]) if answer else None


def write_of(book: Book, copy: DbRow[Any], said: Said) -> Write:
    """What a row asks of the store, once its copy is known; custom fields that it leaves out stay."""
    fields = dict(said.fields)
    if fields.get("custom_fields") is not None:
        held = book.session.scalar(select(CUSTOMERS.c.custom_fields).where(CUSTOMERS.c.id == copy.record_id))
        fields["custom_fields"] = merged(held, fields["custom_fields"])
    notes = [book.renamed[copy.id]] if copy.id in book.renamed else []
    return Write(ENTITY, copy.external_key, Mode.PARTIAL, fields, said.extra, problems=notes)


def delete(connection: Connection, arrival: Arrival, selected: Mapping[str, str | int]) -> Work:
    """Delete the customers that a selector means: of a name all of them."""

    def work(session: Session) -> Submission:
        wanted = conditions(session, connection, selected)
        naming.records_by_id(session, ENTITY, matching(session, connection, wanted), lock=True)
        ids = matching(session, connection, wanted)
        book = Book(session, connection, ENTITY, codes=naming.codes_of(session, ENTITY, ids))
        copies = [copy for id_ in ids for copy in book.copies_of(id_)]
        writes = [Write(ENTITY, copy.external_key, Mode.DELETE) for copy in copies]
        nothing = refused(f"no customer has this {next(iter(selected))}")
        return Submission(arrival, writes, lambda _: {"code": len(ids)} if ids else nothing)

    return work


def _code(number: int) -> Any:
    def answer(_verdicts: Sequence[Verdict]) -> Answer:
        return {"code": number, "message": ""}

    return answer
