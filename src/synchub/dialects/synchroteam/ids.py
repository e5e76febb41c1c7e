"""Which record a client means by `id` and `myId`.

An `id` is the number by which the connection knows a copy, if that has one (it was imported, or the partner's server
answered it), else our record id; numbers are looked up in that order. `myId` is the key of the connection's copy, else
our code, which is the hub's own key of the record. A record that nobody gave one has its record id as its key, and
shows no `myId`. A key that the connection gave up names nothing of its, though it may be our code still: it is vacant
then, which is a copy of a record of which nobody has stated anything.

A number that a server answered and that is as large as our record ids is another hub's id of its own record. The two
hubs number alike, so it is kept with a mark: it is said to that server, but neither shown nor looked up.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.master import naming
from synchub.master.convergence import wished
from synchub.master.copies import load
from synchub.master.locating import Key, find_codes, find_or_make
from synchub.master.renaming import give_up, rename
from synchub.master.tables import FIRST_RECORD, LARGEST_ID

Rows = dict[Any, Row[Any]]

ANOTHER_HUBS = "#"


class Misnamed(Exception):
    """A row names two records at once."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a row calls its record; each may be missing.

    `text` is the id where ids are texts, and `record` our own id of the record, where it is known already.
    """

    id: int | None
    my_id: str | None
    text: str | None = None
    record: int | None = None


def kept(answered: int) -> str:
    """How the number is kept that a server answered."""
    return str(answered) if answered < FIRST_RECORD else f"{ANOTHER_HUBS}{answered}"


def said_id(their_id: str | None) -> int | None:
    """The number that is said to a server, if it answered one or one was imported."""
    return whole((their_id or "").removeprefix(ANOTHER_HUBS))


def own_id(copy: Any) -> int | None:
    """The number by which a connection knows its copy (a cross reference's row), if it has one."""
    return whole(copy.their_id or "") if copy is not None else None


def own_text(copy: Any) -> str | None:
    """As `own_id`, of a kind whose ids are texts."""
    own = copy.their_id if copy is not None else None
    return None if own is None or own.startswith(ANOTHER_HUBS) else str(own)


def whole(text: str) -> int | None:
    """The whole number that a text is, if it is one."""
    return int(text) if text.isascii() and text.isdecimal() else None


def shown_id(record: int, copy: Any) -> int:
    """The id that a connection sees of a record, of which it may have a copy."""
    own = own_id(copy)
    return record if own is None else own


def shown_key(record: int, code: str | None, copy: Any) -> str:
    """The `myId` that a connection sees."""
    key = code if copy is None else copy.external_key
    return "" if key is None or key == str(record) else str(key)


def sees(record: Any, copies: Sequence[Any]) -> bool:
    """Whether a connection sees a record, of which it has these copies: it exists, and the connection did not say gone.

    One that has several sees it while any of them is not gone.
    """
    if not copies:
        return bool(record.exists)
    return any(wished(load(copy), exists=record.exists, stamp=record.exists_stamp) for copy in copies)


@dataclass(slots=True)
class Book:
    """The records that rows of one connection name, locked, with the copies that it has of them.

    `renamed` has the former keys of copies that were given another one.
    """

    session: Session
    connection: Connection
    entity: str
    noun: str = "record"
    word: str = "myId"
    by_id: Rows = field(default_factory=dict)
    by_key: Rows = field(default_factory=dict)
    by_record: Rows = field(default_factory=dict)
    records: Rows = field(default_factory=dict)
    coded: dict[str, int] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)
    renamed: dict[int, str] = field(default_factory=dict)

    @classmethod
    def open(
        cls,
        session: Session,
        connection: Connection,
        entity: str,
        asked: Sequence[Named],
        noun: str = "record",
        word: str = "myId",
        *,
        also: Collection[int] = (),
    ) -> "Book":
        """Look up what rows name, lock the records, and those that they refer to (`also`), and look again.

        `noun` and `word` are what messages call a record and its key.
        """
        book = cls(session, connection, entity, noun, word)
        book._look(asked)
        naming.lock_records(session, {*book.records.keys(), *also})
        book._look(asked)
        book.codes |= naming.codes_of(session, entity, also) if also else {}
        return book

    def _look(self, asked: Sequence[Named]) -> None:
        mine = (self.session, self.connection.id, self.entity)
        numbers = {named.id for named in asked if named.id is not None}
        keys = {named.my_id for named in asked if named.my_id is not None}
        called = naming.copies_by(*mine, "their_id", {str(number) for number in numbers})
        keyed = naming.copies_by(*mine, "external_key", keys)
        ours = {number for number in numbers if number <= LARGEST_ID}
        self.coded = find_codes(self.session, self.entity, keys)
        ids = ours | {row.record_id for row in (*called, *keyed)} | set(self.coded.values())
        ids |= {named.record for named in asked if named.record is not None}
        self.records = dict(naming.records_by_id(self.session, self.entity, ids))
        self.by_id = _first((int(row.their_id), row) for row in called)
        self.by_key = _first((row.external_key, row) for row in keyed)
        self.by_record = _first((row.record_id, row) for row in naming.copies_by(*mine, "record_id", self.records))
        self.codes = naming.codes_of(self.session, self.entity, self.records)

    def copy_of(self, named: Named) -> Row[Any] | None:
        """The copy that a row names, made if the record is there; None if it names nothing that is known.

        Raises:
            Misnamed: its id and its `myId` are of two records.
        """
        copy, record = self._of_id(named.id) if named.record is None else self._of_record(named.record)
        if record is None:
            return self._of_key(named.my_id)
        self._check(named.my_id, record)
        if copy is None:
            return self._adopt(record, named.my_id)
        if named.my_id is not None and copy.external_key != named.my_id and self._is_free(named.my_id):
            return self._rename(copy, named.my_id)
        return copy

    def is_vacant(self, copy: Any) -> bool:
        """Whether a copy is but that of a key which the connection gave up."""
        record = self.records.get(copy.record_id)
        return record is not None and not record.changed

    def spell(self, copy: Row[Any], key: str) -> Row[Any]:
        """Spell a vacant key otherwise."""
        naming.write_names(self.session, "external_key", [(copy.id, key)])
        return self._read_again(copy.record_id, copy.id)

    def _is_free(self, key: str) -> bool:
        return key not in self.by_key or self.is_vacant(self.by_key[key])

    def _rename(self, copy: Row[Any], key: str) -> Row[Any]:
        """Give a copy another key; the former one names nothing any more, nor what it was given to before."""
        old = self.renamed[copy.id] = copy.external_key
        if key in self.by_key:
            self.spell(self.by_key[key], str(self.by_key[key].record_id))
        rename(self.session, copy, self.records[copy.record_id], key)
        self.by_key[key] = renamed = self._read_again(copy.record_id, copy.id)
        self.by_key.pop(old, None)
        if old != str(copy.record_id):
            self._give_up(old)
        return renamed

    def _give_up(self, key: str) -> None:
        """Let a key name nothing of the connection's any more."""
        self.coded.pop(key, None)
        if (vacant := give_up(self.session, self.connection, self.entity, key)) is not None:
            self.by_key[key] = vacant
            self.records |= naming.records_by_id(self.session, self.entity, {vacant.record_id})

    def _of_id(self, number: int | None) -> tuple[Row[Any] | None, int | None]:
        """The copy and the record of an id; a record that the connection does not see has none."""
        if number in self.by_id:
            return self.by_id[number], self.by_id[number].record_id
        return self._of_record(number)

    def _of_record(self, number: int | None) -> tuple[Row[Any] | None, int | None]:
        record = self.records.get(number)
        if record is None:
            return None, None
        copy = self.by_record.get(number)
        return (copy, record.id) if copy is not None or record.exists else (None, None)

    def _of_key(self, my_id: str | None) -> Row[Any] | None:
        """The copy of a key; made where another partner's record has it as its code."""
        if my_id is None or my_id in self.by_key:
            return self.by_key.get(my_id)
        if self.connection.matches_code and my_id in self.coded:
            return self.make([my_id])[my_id]
        return None

    def _check(self, my_id: str | None, record: int) -> None:
        other = self.by_key.get(my_id)
        if other is not None and self.is_vacant(other):
            return
        owner = self.coded.get(my_id or "") if self.connection.matches_code else None
        taken = other.record_id if other is not None else owner
        if taken not in {None, record}:
            shown = shown_id(int(taken or 0), other)
            raise Misnamed(f"{self.word} {my_id} is that of another {self.noun}, whose id is {shown}")

    def copies_of(self, record: int) -> list[Row[Any]]:
        """The copies of a record that the connection has; one is made if it has none."""
        mine = (self.session, self.connection.id, self.entity)
        return naming.copies_by(*mine, "record_id", {record}) or [self._adopt(record, None)]

    def _adopt(self, record: int, my_id: str | None) -> Row[Any]:
        code = self.codes.get(record)
        wanted = (my_id, code, str(record))
        taken = {
            row.external_key
            for row in naming.copies_by(
                self.session, self.connection.id, self.entity, "external_key", {key for key in wanted if key}
            )
        }
        key = next(key for key in wanted if key and key not in taken)
        naming.adopt(self.session, self.connection.id, self.entity, [(key, record)])
        if code and code not in {key, str(record), *taken}:
            self._give_up(code)
        return self._read_again(record)

    def _read_again(self, record: int, copy: int | None = None) -> Row[Any]:
        rows = naming.copies_by(self.session, self.connection.id, self.entity, "record_id", {record})
        return next(row for row in rows if copy in {None, row.id})

    def make(self, keys: Sequence[str]) -> Mapping[str, Row[Any]]:
        """Copies of keys that the connection does not have; their records are found by code, or founded."""
        partners = {each.id: each for each in self.session.scalars(select(Connection))}
        wanted = {Key(self.connection.id, self.entity, key) for key in keys}
        made = {key.key: row for key, row in find_or_make(self.session, wanted, partners).items()}
        self.by_key |= made
        return made

    def found(self, count: int) -> list[Row[Any]]:
        """Copies of new records that have no key but their own id."""
        ids = naming.found(self.session, self.connection, self.entity, count)
        rows = naming.copies_by(self.session, self.connection.id, self.entity, "record_id", set(ids))
        return sorted(rows, key=lambda row: int(row.record_id))


def _first(pairs: Any) -> Rows:
    """The first row of each name."""
    found: Rows = {}
    for name, row in pairs:
        found.setdefault(name, row)
    return found
