"""What Send and Delete do with the kinds that are sent alike: both look at what is stored before they write."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row as DbRow
from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import references
from synchub.dialects.synchroteam.agreeing import agree, identified
from synchub.dialects.synchroteam.bodies import Row
from synchub.dialects.synchroteam.faults import Declined, refused
from synchub.dialects.synchroteam.ids import Book, Misnamed, Named, sees, shown_id
from synchub.dialects.synchroteam.kinds import Kind, Mention
from synchub.dialects.synchroteam.moments import NotRead, in_utc
from synchub.dialects.synchroteam.references import Naming
from synchub.dialects.synchroteam.views import conditions, matching
from synchub.dialects.synchroteam.words import merged
from synchub.dialects.wire import parse
from synchub.intake import repeats
from synchub.intake.alone import Work
from synchub.intake.journal import ACCEPTED
from synchub.intake.submission import Answer, Arrival, Submission
from synchub.intake.tables import Message
from synchub.master import copies as copying
from synchub.master import naming
from synchub.master.convergence import Mode
from synchub.master.copies import Row as Fields
from synchub.master.values import Value, as_list, storable
from synchub.master.writes import Verdict, Write

Refusal = Callable[[str], Answer]
"""Makes the answer that refuses, of its text."""


@dataclass(slots=True)
class Said:
    """What a row says: how it calls its record, its columns, what has no column, and whom it refers to."""

    named: Named
    fields: Fields = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    namings: list[Naming] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """Where a row is written: the locked records that it names, the copy that it is about, and what it will say."""

    session: Session
    connection: Connection
    kind: Kind
    book: Book
    copy: DbRow[Any]
    said: Said
    is_new: bool
    referred: Mapping[str, int | None] = field(default_factory=dict)
    """The records that the row names, by column; None where it says that there is none."""
    besides: list[Write] = field(default_factory=list)
    """What the row says of other records, which are locked."""

    @property
    def record(self) -> int:
        """The record."""
        return int(self.copy.record_id)

    @property
    def id(self) -> int:
        """The id that the connection sees."""
        return shown_id(self.record, self.copy)

    def held(self) -> DbRow[Any]:
        """The typed columns of the record as they are stored."""
        typed = db.table_of(self.kind.made)
        return self.session.execute(select(typed).where(typed.c.id == self.record)).one()


Prepare = Callable[[Place], None]
"""Looks at what is stored and completes or changes what a row says; may raise `Declined`."""
Answering = Callable[[Place], Answer]
"""Makes the answer to a row that is stored."""


def by_id(place: Place) -> Answer:
    """The answer of most: the id."""
    return {"code": place.id, "message": ""}


def as_it_is(_place: Place) -> None:
    """Nothing is to be prepared."""


def read(kind: Kind, connection: Connection, row: Row, *, nameless: bool = False) -> Said:
    """What a row says; `nameless` says that what is required may be blank.

    Raises:
        Declined: it breaks a rule; the text names the words.
    """
    rest, number, text = identified(kind, kind.unfold(row))
    rest, namings = references.split(kind.references, rest)
    agree(kind, rest)
    parsed = parse(kind.row, [rest])
    if parsed.faults:
        raise Declined("; ".join(f"{fault.word} {fault.rule}" for fault in parsed.faults))
    model, extra = parsed.rows[0]
    fields = model.stated()
    for name in () if nameless else kind.required:
        if name in fields and fields[name] is None:
            raise Declined(missing(kind, name))
    _to_utc(kind, fields, connection.time_zone)
    key = model.external_key() if kind.key and getattr(model, kind.row.key_parts[0]) else None
    return Said(Named(number, key, text), fields, extra, namings)


def missing(kind: Kind, column: str) -> str:
    """What a row is told that lacks a column it must have."""
    return f"{kind.row.columns[column]} is required"


def _to_utc(kind: Kind, fields: Fields, zone: str) -> None:
    typed = db.table_of(kind.made)
    for name, value in fields.items():
        if value is not None and typed.c[name].info.get("is_moment"):
            try:
                fields[name] = in_utc(str(value), zone)
            except NotRead:
                raise Declined(f"{kind.row.columns[name]} lies too far away") from None


def refusal(arrival: Arrival, message: str, refuse: Refusal = refused) -> Work:
    """A request that is kept for the operator and changes nothing."""
    return lambda _: kept(arrival, message, refuse)


def kept(arrival: Arrival, message: str, refuse: Refusal = refused) -> Submission:
    """A submission that changes nothing."""
    return Submission(arrival, (), lambda _: refuse(storable(message)), refusal=storable(message))


def send(
    kind: Kind,
    connection: Connection,
    arrival: Arrival,
    said: Said,
    prepare: Prepare = as_it_is,
    answer: Answering = by_id,
    refuse: Refusal = refused,
) -> Work:
    """Create or update a record; what makes a new one is no repeat, though the same row came before."""

    def work(session: Session) -> Submission:
        repeats.lock(session, [Submission(arrival, (), _always({}), repeats=True)])
        try:
            with session.begin_nested():
                place = put(session, kind, connection, arrival, said)
                prepare(place)
                writes = [write_of(place), *place.besides]
        except (Declined, Misnamed) as error:
            return kept(arrival, str(error), refuse)
        return Submission(arrival, writes, lambda _: answer(place), repeats=not place.is_new and _names_the_same(place))

    return work


def _names_the_same(place: Place) -> bool:
    """Whether the row names whom its record is known to refer to; else its words mean others since it came last."""
    copy, fields = copying.load(place.copy), place.said.fields
    columns = fields.keys() & place.referred.keys()
    if any(fields[column] not in copy.holds(column) for column in columns):
        return False
    mentions = [each for each in place.kind.mentions if each.column in fields]
    return all(_members(each, [fields[each.column]]) <= _members(each, copy.holds(each.column)) for each in mentions)


def _members(mention: Mention, lists: Iterable[Value]) -> set[Any]:
    """The ids of the records that lists are about."""
    return {member.get(mention.member) for held in lists for member in as_list(held)}


def _always(answer: Answer) -> Callable[[Sequence[Verdict]], Answer]:
    return lambda _verdicts: answer


def put(session: Session, kind: Kind, connection: Connection, arrival: Arrival, said: Said) -> Place:
    """Where a row is written; one that names nothing known is about a new record, unless it is sent again.

    Raises:
        Declined: it is about a new record and lacks what one must have, or refers to one that is not known.
        Misnamed: its id and its key are of two records.
    """
    referred = references.resolve(session, connection, said.namings)
    also = [record for record in referred.values() if record is not None]
    named = kind.locate(session, connection, said)
    book = Book.open(session, connection, kind.entity, [named], kind.noun, kind.key, also=also)
    copy = book.copy_of(named)
    again_is_same = said.named.my_id is None and not kind.by_name
    if copy is None and again_is_same and (made := made_before(session, arrival)):
        again = _answered(session, kind, said, made)
        book = Book.open(session, connection, kind.entity, [again], kind.noun, kind.key, also=also)
        copy = book.copy_of(again)
    is_new = not holds(session, book, copy)
    for name in kind.required if is_new else ():
        if said.fields.get(name) is None:
            raise Declined(missing(kind, name))
    if copy is None:
        copy = book.make([said.named.my_id])[said.named.my_id] if said.named.my_id else book.found(1)[0]
    keys = references.keys_of(session, connection, kind.references, referred)
    known = Said(said.named, {**said.fields, **keys}, said.extra, said.namings)
    return Place(session, connection, kind, book, copy, known, is_new, referred)


def _answered(session: Session, kind: Kind, said: Said, code: int) -> Named:
    """What the record is called that was answered with this code."""
    if kind.code_column is None:
        return Named(code, None)
    typed = db.table_of(kind.made)
    within = (typed.c[name] == said.fields.get(name) for name in kind.code_within)
    same = select(typed.c.id).where(typed.c[kind.code_column] == code, *within).order_by(typed.c.id).limit(1)
    return Named(None, None, record=session.scalar(same))


def holds(session: Session, book: Book, copy: DbRow[Any] | None) -> bool:
    """Whether there is a record already to which a row without a name could belong."""
    if copy is None:
        return False
    record = naming.records_by_id(session, book.entity, {copy.record_id})[copy.record_id]
    return sees(record, book.copies_of(copy.record_id)) if copy.image else record.exists


def made_before(session: Session, arrival: Arrival) -> int | None:
    """The id, or the number, of the record that the same request made when it came last."""
    same = (
        Message.connection_id == arrival.connection,
        Message.digest == arrival.digest,
        Message.method == arrival.method,
        Message.path == arrival.path,
        Message.state == ACCEPTED,
    )
    answer = session.scalar(select(Message.answer).where(*same).order_by(Message.seen.desc()).limit(1))
    if not answer:
        return None
    data = answer["data"] if isinstance(answer.get("data"), dict) else {}
    made = next((data[word] for word in ("id", "num") if word in data), None)
    return int(answer["code"] if made is None else made) or None


def write_of(place: Place) -> Write:
    """What a row asks of the store, once its copy is known; custom fields that it leaves out stay."""
    fields, copy = dict(place.said.fields), place.copy
    if fields.get("custom_fields") is not None:
        fields["custom_fields"] = merged(place.held().custom_fields, fields["custom_fields"])
    former = place.book.renamed.get(copy.id)
    notes = [f"{place.book.word} {former} is now {copy.external_key}"] if former else []
    said = (copy.external_key, Mode.PARTIAL, fields, place.said.extra)
    return Write(place.kind.entity, *said, problems=notes, former=former)


def delete(
    kind: Kind, connection: Connection, arrival: Arrival, selected: Mapping[str, Any], refuse: Refusal = refused
) -> Work:
    """Delete the records that selectors mean: of a name all of them."""

    def work(session: Session) -> Submission:
        wanted = conditions(session, connection, kind, selected)
        naming.records_by_id(session, kind.entity, matching(session, connection, kind, wanted), lock=True)
        ids = matching(session, connection, kind, wanted)
        book = Book(session, connection, kind.entity, codes=naming.codes_of(session, kind.entity, ids))
        copies = [copy for id_ in ids for copy in book.copies_of(id_)]
        writes = [Write(kind.entity, copy.external_key, Mode.DELETE) for copy in copies]
        nothing = refuse(f"no {kind.noun} has this {next(iter(selected))}")
        return Submission(arrival, writes, lambda _: {"code": len(ids)} if ids else nothing)

    return work
