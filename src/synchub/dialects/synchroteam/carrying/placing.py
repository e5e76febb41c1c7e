"""Which records lines of a file are about: they are found or made, and what the lines call them is written down."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.carrying.cargo import Cargo, Taken, require
from synchub.dialects.synchroteam.carrying.lookups import Lookup
from synchub.dialects.synchroteam.ids import Book, Misnamed, Named, own_id, own_text, shown_key
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.sending import Said
from synchub.master import naming
from synchub.master.series import skip_records
from synchub.master.tables import FIRST_RECORD


def place(session: Session, cargo: Cargo, connection: Connection, rows: list[Taken], lookup: Lookup) -> Book:
    """Find or make the copies that the lines are about, and write down their ids."""
    kind = cargo.kind
    brought = [row.named.id for row in rows if row.named.id is not None]
    if (highest := max(brought, default=0)) >= FIRST_RECORD:
        skip_records(session, highest)
    _locate(kind, rows, lookup)
    others = {record for ids in lookup.records.values() for record in ids}
    book = Book.open(session, connection, kind.entity, [row.named for row in rows], kind.noun, also=others)
    for row in rows:
        _find(kind, book, row)
    _make(book, [row for row in rows if row.said and row.copy is None])
    if kind.id_column:
        _spell(kind.id_column, kind, session, rows)
    else:
        _number(session, rows)
    lookup.settle()
    if cargo.required:
        require(session, cargo, rows)
    cargo.complete(session, [row for row in rows if row.said])
    return book


def _locate(kind: Kind, rows: list[Taken], lookup: Lookup) -> None:
    """Find the records of lines that have other words for them than an id and a key."""
    found = lookup.by_id(kind, {row.named.text for row in rows if row.named.text}) if kind.id_column else {}
    for row in rows:
        if row.said and row.named.text:
            row.said.named = replace(row.named, record=found.get(("id", row.named.text)))
        elif row.said and (kind.any_case or row.named == Named(None, None)):
            row.said.named = kind.locate(lookup.session, lookup.connection, row.said)


def _find(kind: Kind, book: Book, row: Taken) -> None:
    if row.said is None:
        return
    try:
        _check_own(kind, book, row.said)
        row.copy = book.copy_of(row.named)
    except Misnamed as error:
        row.reject(str(error))
        return
    their, said = (own_text(row.copy), row.named.text) if kind.id_column else (own_id(row.copy), row.named.id)
    if said is not None and their not in {None, said}:
        row.reject(f"{kind.key} {row.named.my_id} is that of another {kind.noun}, whose id is {their}")


def _check_own(kind: Kind, book: Book, said: Said) -> None:
    """See that an id of ours is meant for the very record that has it here, not for one of another hub."""
    number = said.named.id
    record = None if number in book.by_id else book.records.get(number)
    if record is None:
        return
    key = shown_key(record.id, book.codes.get(record.id), book.by_record.get(record.id))
    label = kind.made.label_of(said.fields)
    if (said.named.my_id or "") != key or (not key and label != record.label):
        raise Misnamed(f"the id {number} is that of another {kind.noun} here")


def _make(book: Book, rows: list[Taken]) -> None:
    keyed = {row.named.my_id: row for row in rows if row.named.my_id}
    if keyed:
        made = book.make([key for key in keyed if key])
        for key, row in keyed.items():
            row.copy = made[str(key)]
    unkeyed = [row for row in rows if row.copy is None]
    for row, copy in zip(unkeyed, book.found(len(unkeyed)), strict=True):
        row.copy = copy


def _number(session: Session, rows: list[Taken]) -> None:
    """Give copies the numbers that their lines name; one that is our own needs no writing down."""
    numbered: dict[int, str] = {}
    for row in rows:
        number = row.named.id
        if row.copy is None or number is None or own_id(row.copy) is not None or number == row.copy.record_id:
            continue
        numbered[row.copy.id] = str(number)
    _write_down(session, rows, numbered)


def _spell(name: str, kind: Kind, session: Session, rows: list[Taken]) -> None:
    """As `_number`, of ids that are texts; a record that has none of the hub's gets it as such, for everybody."""
    typed = db.table_of(kind.made)
    column = typed.c[name]
    records = sorted(row.copy.record_id for row in rows if row.copy is not None)
    asked = select(typed.c.id, column.label("own")).where(db.among(typed.c.id, records))
    held = {one.id: one.own for one in session.execute(asked)}
    texts = sorted(row.named.text for row in rows if row.named.text)
    taken = set(session.scalars(select(column).where(db.among(column, texts))))
    spelled: dict[int, str] = {}
    for row in rows:
        if row.said is None or row.copy is None or row.named.text is None or own_text(row.copy) is not None:
            continue
        spelled[row.copy.id] = row.named.text
        if held[row.copy.record_id] is None and row.named.text not in taken:
            row.said.fields[name] = row.named.text
    _write_down(session, rows, spelled)


def _write_down(session: Session, rows: list[Taken], names: Mapping[int, str]) -> None:
    naming.number(session, names.items())
    copies = naming.copies_with_ids(session, names.keys())
    for row in rows:
        if row.copy is not None:
            row.copy = copies.get(row.copy.id, row.copy)
