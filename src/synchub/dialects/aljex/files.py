"""The morning files: which there are, and what a row of each means.

The thirteen are those of the vendor's document (section 1), their tables those of facts/aljex.md, section 4. Nobody has
published one: names of files are a setting, and what a header calls a field is matched without regard to letter case,
blanks and signs, and kept under the name that it has in live sync. A row says the same as a live post with the same
fields would, but only of the fields in the header.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from synchub.dialects.aljex.form import REDACTED
from synchub.dialects.aljex.rows import CONSTANTS, LONGEST_KEY, TABLE, key_of, look_through
from synchub.dialects.aljex.settings import AljexSettings
from synchub.dialects.aljex.spellings import folded, spelt_live
from synchub.dialects.aljex.tables import model_of
from synchub.dialects.aljex.titles import TITLES
from synchub.dialects.wire import Wire
from synchub.errors import Unreadable
from synchub.files.naming import letters_of
from synchub.files.reader import Bad, Columns, Table
from synchub.master import values
from synchub.master.convergence import Mode
from synchub.master.entities import entity_of
from synchub.master.writes import Write

ALSO = {
    "loads": {"pro": "id", "pronum": "id", "pickupcity": "origin_city", "consigneecity": "dest_city"},
    "invoicing": {"pro": "pro_num", "pronumber": "pro_num"},
}
"""What the vendor's own screens call a field (facts/aljex.md, section 3), for a file that calls them so too."""


def reader(settings: Mapping[str, Any]) -> "AljexReader":
    """The reader of a connection's files."""
    return AljexReader(AljexSettings.model_validate(dict(settings)))


class AljexReader:
    """Reads the files of one connection."""

    def __init__(self, settings: AljexSettings) -> None:
        self._settings = settings

    def tables(self) -> list[Table]:
        """The thirteen, and those that the connection names a pattern for."""
        return [self._table(name) for name in dict.fromkeys([*TITLES, *self._settings.files_patterns])]

    def table_of(self, name: str) -> Table | None:
        """The table of a file; a pattern of the connection's counts instead of the usual names of that table."""
        patterns = self._settings.files_patterns
        for table, pattern in patterns.items():
            if fnmatchcase(name.lower(), pattern.lower()):
                return self._table(table)
        letters = letters_of(name)
        usual = (table for table in TITLES if table not in patterns and letters in _names(table))
        return next(map(self._table, usual), None)

    def _table(self, name: str) -> Table:
        title, days, fields = TITLES.get(name, (name, 0, ()))
        return Table(name, title, entity_of(model_of(name).entity), self._settings.key_fields(name), days, fields)

    def columns(self, table: Table, header: Sequence[str]) -> Columns:
        """How rows under this header are read.

        Raises:
            Unreadable: no column is the key, or one that we know comes twice.
        """
        plan = _plan(table, header, self._settings.redact)
        words = {word for _, word in plan.known}
        missing = [word for word in model_of(table.name).columns.values() if word not in words | {TABLE}]
        places = tuple(place for place, _ in plan.keys)
        secrets = frozenset(place for place, _ in plan.secrets)
        unknown = tuple(header[place] for place, _ in plan.extra if header[place])
        return Columns(plan.read, unknown, tuple(missing), secrets, places, plan.key)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The places of a header by what becomes of them, each with the word that it is read or kept under."""

    table: str
    model: type[Wire]
    keys: tuple[tuple[int, str], ...]
    known: tuple[tuple[int, str], ...]
    extra: tuple[tuple[int, str], ...]
    secrets: tuple[tuple[int, str], ...]
    references: tuple[str, ...]

    def key(self, row: Sequence[str]) -> str | None:
        """The external key; None if it is blank."""
        found = self._found(row)
        return key_of(self.table, found[1]) if found else None

    def _found(self, row: Sequence[str]) -> tuple[str, str] | None:
        return next(((word, key) for place, word in self.keys if (key := values.clean(row[place]))), None)

    def read(self, row: Sequence[str]) -> Write | Bad:
        """What a row says."""
        found = self._found(row)
        if found is None:
            return Bad(f"the record of '{self.table}' has no {' or '.join(word for _, word in self.keys)}")
        key = key_of(self.table, found[1])
        if len(key) > LONGEST_KEY:
            return Bad(f"the key is longer than {LONGEST_KEY} characters")
        known = {word: row[place] for place, word in self.known}
        if TABLE in self.model.words:
            known[TABLE] = self.table
        stated = self.model.model_validate(known).stated()
        write = Write(entity_of(self.model.entity), key, Mode.PARTIAL, stated, dict(self._kept(row, found[0])))
        look_through(write, self.model)
        return write

    def _kept(self, row: Sequence[str], key_field: str) -> Iterator[tuple[str, str]]:
        """What is kept without a column; a blank takes away what was kept of it."""
        for place, spelt in self.extra:
            yield spelt, values.clean(row[place]) or ""
        for place, word in self.keys:
            if word != key_field and word not in self.model.words:
                yield word, values.clean(row[place]) or ""
        for place, spelt in self.secrets:
            yield spelt, REDACTED if row[place] else ""
        for word in self.references:
            yield word, ""  # where one stands that names no record, it is put by `look_through`


def _plan(table: Table, header: Sequence[str], secret: Sequence[str]) -> _Plan:
    model = model_of(table.name)
    words = _words(table, model)
    secrets = {folded(name): name for name in secret}
    constants = {folded(name) for name in CONSTANTS}
    known: dict[str, int] = {}
    extra: list[tuple[int, str]] = []
    hidden: list[tuple[int, str]] = []
    spellings: set[str] = set()
    present = {folded(spelt) for spelt in header}
    for place, spelt in enumerate(header):
        bare = folded(spelt)
        word = words.get(bare) or _also(table.name, bare, {*present, *map(folded, known)})
        if name := secrets.get(bare) or secrets.get(folded(word or "")):
            hidden.append((place, name))
        elif word is None and bare not in constants:
            extra.append((place, _different(spelt_live(values.storable(spelt)), place, spellings)))
        elif word is not None and word in known:
            raise Unreadable(f"the column {word} comes twice in its header")
        elif word is not None:
            known[word] = place
    keys = tuple((known[name], name) for name in table.key_fields if name in known)
    if not keys:
        raise Unreadable(f"its first line has no column {' or '.join(table.key_fields)}: is it a header?")
    columns = tuple((place, word) for word, place in known.items() if word in model.words)
    references = tuple(word for name in model.entity.references() if (word := model.columns.get(name)) in known)
    return _Plan(table.name, model, keys, columns, tuple(extra), tuple(hidden), references)


def _names(table: str) -> set[str]:
    """What a table's file may be called, folded: by its name in live sync, or in the document."""
    return {folded(table), folded(TITLES[table][0])}


def _words(table: Table, model: type[Wire]) -> dict[str, str]:
    """The words that a column may be called, each with the one that it is read under."""
    return {folded(name): name for name in [*model.words.values(), *table.key_fields] if name not in CONSTANTS}


def _also(table: str, bare: str, present: set[str]) -> str | None:
    """The word that the vendor's screens have another name for, if no other column is it."""
    word = ALSO.get(table, {}).get(bare)
    return word if word is not None and folded(word) not in present else None


def _different(spelt: str, place: int, spellings: set[str]) -> str:
    """A name for a column that no other has."""
    name = spelt or f"column {place + 1}"
    if name in spellings:
        name = f"{name} ({place + 1})"
    spellings.add(name)
    return name
