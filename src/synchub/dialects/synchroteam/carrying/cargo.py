"""How the records of a kind stand in files, beside what the kind says of them; and a line on its way into the store."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Row as DbRow
from sqlalchemy.orm import Session

from synchub.dialects.dialect import Enclosed
from synchub.dialects.synchroteam.carrying.lookups import Lookup
from synchub.dialects.synchroteam.ids import Book, Named, own_text, shown_id
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.references import Naming
from synchub.dialects.synchroteam.sending import Place, Said
from synchub.master.writes import Verdict


@dataclass(slots=True)
class Taken:
    """A line of a file: what it says, or why it is rejected; and the copy that it is about.

    `row` is the line as it came, its words in small letters. `notes` are for whoever reads the verdict of a line that
    is taken.
    """

    number: int
    said: Said | None = None
    reason: str | None = None
    copy: DbRow[Any] | None = None
    referred: dict[str, int | None] = field(default_factory=dict)
    row: Mapping[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def denies(self, list_: str, place: int, word: str) -> bool:
        """Whether a member of a list (counted from 1) says that there is no record that it means: null, or 0."""
        members = self.row.get(list_.lower())
        one = members[place - 1] if isinstance(members, list) and place <= len(members) else None
        folded = {name.lower(): value for name, value in one.items()} if isinstance(one, dict) else {}
        return word.lower() in folded and folded[word.lower()] in {None, 0}

    @property
    def named(self) -> Named:
        """What it calls its record."""
        return self.said.named if self.said else Named(None, None)

    def reject(self, reason: str) -> None:
        """Leave the line out."""
        self.said, self.copy, self.reason = None, None, reason

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


def _nobody(_row: Taken, _said: Said) -> Iterable[Naming]:
    return ()


def _as_said(_row: Taken, _said: Said, _lookup: Lookup) -> None:
    """Its lists refer to nobody."""


def _complete(_session: Session, _rows: Sequence[Taken]) -> None:
    """What lines say is all there is."""


@dataclass(frozen=True, slots=True)
class Cargo:
    """A kind that is carried.

    `mentioned` tells whom the lists within a line name, and `refer` puts our records in their place; `complete` makes
    of lines whose copies are known what is stored: it may change what they say, and reject them. `more` are columns
    that no endpoint shows, each with our word for it. `is_flat` says that tables can hold it, `enclosed` by which words
    it names its bytes.
    """

    kind: Kind
    mentioned: Callable[[Taken, Said], Iterable[Naming]] = _nobody
    refer: Callable[[Taken, Said, Lookup], None] = _as_said
    complete: Callable[[Session, Sequence[Taken]], None] = _complete
    more: Mapping[str, str] = field(default_factory=dict)
    is_flat: bool = True
    enclosed: Enclosed | None = None
