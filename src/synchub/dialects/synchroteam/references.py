"""How rows and queries name other records: by id, by key or by name, whichever words they have.

An id or a key that nobody knows is an error that names it; of several records with one name the one that is known
longest is meant. Words that are all blank say that there is none. A record that is named by more than one word must be
the same by each of them; beside an id or a key a name says nothing, as it may have changed since.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic_core import PydanticCustomError
from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.bodies import Row
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import Book
from synchub.dialects.synchroteam.kinds import Kind, Reference
from synchub.dialects.synchroteam.views import CHUNK, Referred, conditions, matching, may_read, others
from synchub.dialects.synchroteam.words import part_of
from synchub.master import naming
from synchub.master.copies import Row as Fields

Look = Callable[[Kind, str, Any], list[int]]
"""Finds the records that one word means: of a kind, by a parameter of `conditions` or "name", and its value."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What a row says of another record: the words that it has, with what they say; all blank means none."""

    reference: Reference
    id: int | str | None = None
    key: str | None = None
    name: str | None = None

    @property
    def is_blank(self) -> bool:
        """Whether it names no record."""
        return self.id is None and self.key is None and self.name is None

    def selectors(self) -> list[tuple[str, str, Any]]:
        """What is looked for, the strongest first: the word, the parameter of `conditions`, and its value."""
        said, kind = self.reference, self.reference.to
        every = ((said.id, "id", self.id), (said.key, kind.key, self.key), (said.name, "name", self.name))
        return [(word, by, value) for word, by, value in every if word and value is not None]


def read_text(value: Any, word: str) -> str:
    """A key or a name; "" where it is blank.

    Raises:
        Declined: it is an object or a list.
    """
    try:
        return part_of(value, word)
    except PydanticCustomError as error:
        raise Declined(error.message()) from None


def read_id(value: Any, word: str = "id") -> int | None:
    """An id as number or text; a blank is none.

    Raises:
        Declined: it is no whole number.
    """
    text = read_text(value, word) if not isinstance(value, bool | list | Mapping | float) else None
    if text == "":
        return None
    if text is None or not (text.isascii() and text.isdecimal() and len(text) <= 18):  # noqa: PLR2004 - of 64 bits
        raise Declined(f"{word} must be a whole number")
    return int(text)


def split(references: Sequence[Reference], row: Row) -> tuple[Row, list[Naming]]:
    """The row without the words that name other records, and what those say.

    Raises:
        Declined: an id is none.
    """
    known = {word.lower(): (each, word) for each in references for word in each.words}
    known |= {spelt: (each, word) for each in references for spelt, word in each.also.items()}
    rest: Row = {}
    said: dict[str, dict[str, Any]] = {}
    for spelt, value in row.items():
        if spelt.lower() not in known:
            rest[spelt] = value
            continue
        each, word = known[spelt.lower()]
        said.setdefault(each.column, {})[word] = value
    return rest, [_naming(each, said[each.column]) for each in references if each.column in said]


def of_object(reference: Reference, value: Any, word: str) -> Naming:
    """What an object {id, myId, name} says; a blank in place of it names none.

    Raises:
        Declined: it is no object, or its id is none.
    """
    if value is None or value == "":
        return Naming(reference)
    if not isinstance(value, Mapping):
        raise Declined(f"{word} must be an object with {', '.join(reference.words)}")
    folded = {str(name).lower(): each for name, each in value.items()}
    try:
        return _naming(reference, {each: folded[each.lower()] for each in reference.words if each.lower() in folded})
    except Declined as error:
        raise Declined(f"{word}: {error}") from None


def _naming(reference: Reference, said: Mapping[str, Any]) -> Naming:
    word = reference.id or "id"
    if reference.to.id_column:
        text = read_text(said.get(word), word)
        number: int | str | None = text if text not in {"", "0"} else None
    else:
        number = read_id(said.get(word), word) or None  # some clients send 0 for none
    key, name = (read_text(said.get(word), word) or None if word else None for word in (reference.key, reference.name))
    return Naming(reference, number, key, name)


def find(
    session: Session,
    connection: Connection,
    said: Naming,
    known: Mapping[str, int | None] | None = None,
    look: Look | None = None,
) -> int | None:
    """The record that is named, as the connection sees it; None if there is none, or it names none.

    `known` are the records that the row names besides, by column. `look` finds records by ids and keys in place of
    `by_selector`, where much was looked up together.

    Raises:
        Declined: it names several, or it is not certain which.
    """
    look = look or partial(by_selector, session, connection)
    found: list[tuple[str, int]] = []
    for word, by, value in said.selectors():
        if found and by == "name":
            break
        if by == "name":
            ids = _of_name(session, connection, said.reference, value, known or {})
        else:
            ids = look(said.reference.to, by, value)
        if not ids:
            return None
        found.append((word, ids[0]))
    if len({record for _, record in found}) > 1:
        words = " and ".join(word for word, _ in found)
        raise Declined(f"{words} name different {said.reference.to.plural}")
    return found[0][1] if found else None


def by_selector(session: Session, connection: Connection, kind: Kind, by: str, value: Any) -> list[int]:
    """The records that one word means."""
    by = kind.name_word if by == "name" else by
    return matching(session, connection, kind, conditions(session, connection, kind, {by: value}))


def _of_name(
    session: Session, connection: Connection, reference: Reference, name: str, found: Mapping[str, int | None]
) -> list[int]:
    """The records of a name: those whose `within` is the record that was found for the row, if it names one.

    Raises:
        Declined: it names none, and records of that name have several.
    """
    ids = by_selector(session, connection, reference.to, "name", name)
    if reference.within is None or not ids:
        return ids
    typed = db.table_of(reference.to.made)
    chosen = select(typed.c.id, typed.c[reference.within].label("place")).where(db.among(typed.c.id, ids))
    places = {row.id: row.place for row in session.execute(chosen)}
    wanted = found.get(reference.within)
    if wanted is not None:
        return [id_ for id_ in ids if places[id_] == wanted]
    if len(set(places.values())) > 1:
        surer = " or ".join(word for word in (reference.id, reference.key) if word)
        raise Declined(f"there are several {reference.to.plural} with {reference.name} {name}: {surer} says which one")
    return ids


def resolve(session: Session, connection: Connection, namings: Iterable[Naming]) -> dict[str, int | None]:
    """The records that a row names, by column; None where it says that there is none.

    Raises:
        Declined: one is not known; the text names it.
    """
    found: dict[str, int | None] = {}
    for said in namings:
        found[said.reference.column] = surely(said, find(session, connection, said, found))
    return found


def surely(said: Naming, record: int | None) -> int | None:
    """The record that was found for what a row says; None where it says that there is none.

    Raises:
        Declined: none was found; the text names it.
    """
    if record is None and not said.is_blank:
        word, _, value = said.selectors()[0]
        raise Declined(f"there is no {said.reference.to.noun} with {word} {value}")
    return record


def keys_of(
    session: Session, connection: Connection, references: Sequence[Reference], found: Mapping[str, int | None]
) -> Fields:
    """What an image says of the records that were found: the connection's keys of them; a copy is made if it has none.

    The records are locked.
    """
    fields: Fields = {}
    for each in references:
        if each.column not in found:
            continue
        record = found[each.column]
        fields[each.column] = None if record is None else key_of(session, connection, each.to, record)
    return fields


def key_of(session: Session, connection: Connection, kind: Kind, record: int) -> str:
    """The connection's key of a record, which is locked; a copy is made if it has none."""
    copies = naming.copies_by(session, connection.id, kind.entity, "record_id", {record})
    if not copies:
        codes = naming.codes_of(session, kind.entity, {record})
        copies = Book(session, connection, kind.entity, kind.noun, codes=codes).copies_of(record)
    return str(copies[0].external_key)


def wanted(session: Session, connection: Connection, kind: Kind, found: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """As `conditions`, of filters that may also be the words by which a row names other records."""
    known = {word: each for each in kind.references for word in each.words}
    made = conditions(session, connection, kind, {word: value for word, value in found.items() if word not in known})
    said = [(known[word], word, value) for word, value in found.items() if word in known]
    return [*made, *(_refers(session, connection, kind, each, word, value) for each, word, value in said)]


def _refers(
    session: Session, connection: Connection, kind: Kind, reference: Reference, word: str, value: Any
) -> ColumnElement[bool]:
    """Whether a record refers to one that the word means."""
    if not may_read(connection, kind, reference.column):
        return false()
    by = {reference.id: "id", reference.key: reference.to.key, reference.name: "name"}[word]
    ids = by_selector(session, connection, reference.to, by, value)
    return db.among(db.table_of(kind.made).c[reference.column], ids)


def referring(session: Session, connection: Connection, kind: Kind, column: str, record: int) -> list[Referred]:
    """The records of a kind that refer to one by this column, as far as the connection sees them and is told of it."""
    if not may_read(connection, kind, column):
        return []
    ids = matching(session, connection, kind, [db.table_of(kind.made).c[column] == record])
    chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    return [each for chunk in chunks for each in others(session, connection, kind, chunk)]
