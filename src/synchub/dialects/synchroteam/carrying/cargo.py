"""How the records of a kind stand in files, beside what the kind says of them; and a line on its way into the store."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Row as DbRow
from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.dialects.dialect import Enclosed
from synchub.dialects.synchroteam.carrying.lookups import Lookup
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import Book, Named, own_text, shown_id
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.references import Naming
from synchub.dialects.synchroteam.sending import Place, Said, missing
from synchub.master.copies import Row as Fields
from synchub.master.writes import Verdict


@dataclass(slots=True)
class Taken:
    """A line of a file: what it says, or why it is rejected; and the copy that it is about.

    `notes` are for whoever reads the verdict of a line that is taken.
    """

    number: int
    said: Said | None = None
    reason: str | None = None
    copy: DbRow[Any] | None = None
    referred: dict[str, int | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def named(self) -> Named:
        """What it calls its record."""
        return self.said.named if self.said else Named(None, None)

    def reject(self, reason: str) -> None:
        """Leave the line out."""
        self.said, self.copy, self.reason = None, None, reason

    def member(self, named: Naming, where: str, lookup: Lookup) -> int | None:
        """The record that a member of a list names, which stands there in the line.

        Of one that names none by its id (0), or by its key alone what is gone, the word is kept.

        Raises:
            Declined: there is no record of its id.
        """
        if named.id != 0:
            try:
                return lookup.resolve(named, {})
            except Declined as error:
                if named.id is not None:
                    raise Declined(f"{where}: {error}") from None
        if named.key:
            self.notes.append(f"{where}: there is no {named.reference.to.noun} {named.key}: kept as a word")
        return None

    def placed(self, kind: Kind, book: Book, lookup: Lookup) -> Place | None:
        """Where it is written, with the keys of what it refers to."""
        if self.said is None or self.copy is None:
            return None
        said = replace(self.said, fields={**self.said.fields, **lookup.fields(self.referred)})
        return Place(book.session, book.connection, kind, book, self.copy, said, is_new=False)

    def told(self, kind: Kind, verdict: Verdict | None) -> dict[str, Any]:
        """What became of it."""
        if self.copy is None or verdict is None:
            return {"line": self.number, "verdict": "rejected", "reason": self.reason}
        shown = shown_id(self.copy.record_id, self.copy) if kind.id_column is None else own_text(self.copy)
        told: dict[str, Any] = {"line": self.number, "id": shown or self.named.text}
        reason = "; ".join([*([verdict.reason] if verdict.reason else []), *self.notes])
        return told | {"verdict": verdict.kind.value} | ({"reason": reason} if reason else {})


def accepted(rows: Iterable[Taken]) -> Iterator[tuple[Taken, Fields, int]]:
    """The lines that are not rejected, each with what it says and with its record."""
    for row in rows:
        if row.said is not None and row.copy is not None:
            yield row, row.said.fields, int(row.copy.record_id)


def held_of(session: Session, kind: Kind, rows: Iterable[Taken], *columns: str) -> dict[int, DbRow[Any]]:
    """What is stored of lines' records, by record."""
    typed = db.table_of(kind.made)
    records = sorted({record for *_, record in accepted(rows)})
    asked = select(typed.c.id, *(typed.c[name] for name in columns)).where(db.among(typed.c.id, records))
    return {row.id: row for row in session.execute(asked)}


def _nobody(_said: Said) -> Iterable[Naming]:
    return ()


def _as_said(_row: Taken, _said: Said, _lookup: Lookup) -> None:
    """Its lists refer to nobody."""


def _complete(_session: Session, _rows: Sequence[Taken]) -> None:
    """What lines say is all there is."""


@dataclass(frozen=True, slots=True)
class Cargo:
    """A kind that is carried.

    `mentioned` tells whom the lists within a line name, and `refer` puts our records in their place; `complete` makes
    of lines whose copies are known what is stored: it may change what they say, and reject them. `required` are columns
    without which nothing is stored, `code` those that together name a record of which a line has no id. `more` are
    columns that no endpoint shows, each with our word for it. `is_flat` says that tables can hold it, `enclosed` by
    which words it names its bytes.
    """

    kind: Kind
    mentioned: Callable[[Said], Iterable[Naming]] = _nobody
    refer: Callable[[Taken, Said, Lookup], None] = _as_said
    complete: Callable[[Session, Sequence[Taken]], None] = _complete
    required: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)
    is_flat: bool = True
    enclosed: Enclosed | None = None


def require(session: Session, cargo: Cargo, rows: Sequence[Taken]) -> None:
    """Reject lines that would leave a record without what it must have."""
    held = held_of(session, cargo.kind, rows, *cargo.required)
    for row, fields, record in accepted(rows):
        lacking = (name for name in cargo.required if fields.get(name, getattr(held[record], name)) is None)
        if name := next(lacking, None):
            row.reject(missing(cargo.kind, name))
