"""Records that many rows name, looked up together.

It finds what `references.by_selector` finds; by ids and keys in a few statements however many rows there are.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.dialect import Promised
from synchub.dialects.synchroteam import references
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import sees, whole
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.references import Naming
from synchub.master import naming
from synchub.master.copies import Row as Fields
from synchub.master.locating import find_codes
from synchub.master.tables import LARGEST_ID

Found = dict[tuple[str, Any], int]
"""Records by what names them: "id" or the word of a kind's key, and the value."""


@dataclass(slots=True)
class Lookup:
    """What rows of one connection name, as it sees it; `records` are the ids of all that were found, by kind.

    What was `promised` is taken for none.
    """

    session: Session
    connection: Connection
    promised: Promised | None = None
    records: dict[Kind, set[int]] = field(default_factory=dict)
    _found: dict[Kind, Found] = field(default_factory=dict)
    _keys: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, session: Session, connection: Connection, namings: Iterable[Naming], promised: Promised | None = None
    ) -> "Lookup":
        """Look up what is named."""
        made = cls(session, connection, promised)
        asked: dict[Kind, list[Naming]] = {}
        for each in namings:
            asked.setdefault(each.reference.to, []).append(each)
        for kind, named in asked.items():
            made._found[kind] = made._look(kind, named)
        return made

    def _look(self, kind: Kind, named: Iterable[Naming]) -> Found:
        ids, keys = ({getattr(each, part) for each in named} - {None, 0} for part in ("id", "key"))
        found = self.by_id(kind, ids) | self._by_key(kind, keys)
        seen = self._seen(kind, set(found.values()))
        return {name: record for name, record in found.items() if record in seen}

    def by_id(self, kind: Kind, ids: Collection[int | str]) -> Found:
        """The records of ids, whether or not the connection sees them: of its own first, then of ours."""
        texts = {str(said): said for said in ids}
        numbers = {said: whole(text) for text, said in texts.items()}
        found: Found = {("id", said): number for said, number in numbers.items() if number and number <= LARGEST_ID}
        if kind.id_column:
            typed = db.table_of(kind.made)
            column = typed.c[kind.id_column]
            ours = select(typed.c.id, column.label("said")).where(db.among(column, sorted(texts)))
            found |= {("id", row.said): row.id for row in self.session.execute(ours.order_by(typed.c.id.desc()))}
        mine = (self.session, self.connection.id, kind.entity)
        called = naming.copies_by(*mine, "their_id", texts.keys())
        return found | {("id", texts[row.their_id]): row.record_id for row in reversed(called)}

    def _by_key(self, kind: Kind, keys: set[str]) -> Found:
        mine = (self.session, self.connection.id, kind.entity)
        codes = find_codes(self.session, kind.entity, keys)
        ours: Found = {(kind.key, code): record for code, record in codes.items()}
        keyed = naming.copies_by(*mine, "external_key", keys)
        return ours | {(kind.key, row.external_key): row.record_id for row in reversed(keyed)}

    def _seen(self, kind: Kind, ids: set[int]) -> set[int]:
        """Those of the records that the connection sees."""
        copies: dict[int, list[Any]] = {}
        for copy in naming.copies_by(self.session, self.connection.id, kind.entity, "record_id", ids):
            copies.setdefault(copy.record_id, []).append(copy)
        records = naming.records_by_id(self.session, kind.entity, ids)
        return {id_ for id_, record in records.items() if sees(record, copies.get(id_, []))}

    def resolve(self, named: Naming, known: Mapping[str, int | None]) -> int | None:
        """The record that a row names beside those that are `known`; None if it names none, or but a promised one.

        Raises:
            Declined: it is not known; the text names it.
        """
        try:
            found = references.find(self.session, self.connection, named, known, self._called)
            record = references.surely(named, found)
        except Declined:
            if not self._is_promised(named):
                raise
            record = None
        if record is not None:
            self.records.setdefault(named.reference.to, set()).add(record)
        return record

    def _is_promised(self, named: Naming) -> bool:
        """Whether what is named would be there, had the lines before been stored."""
        entity = named.reference.to.entity
        called = {"id": named.id, "key": named.key, "name": named.name}
        return any((entity, by, str(value)) in (self.promised or ()) for by, value in called.items())

    def _called(self, kind: Kind, by: str, value: Any) -> list[int]:
        record = self._found[kind].get((by, value))
        if record is None and by == kind.key and kind.any_case:
            return references.by_selector(self.session, self.connection, kind, by, value)
        return [] if record is None else [record]

    def settle(self) -> None:
        """Find the connection's keys of what was resolved, which is locked; copies are made where it has none."""
        for kind, ids in self.records.items():
            for copy in reversed(naming.copies_by(self.session, self.connection.id, kind.entity, "record_id", ids)):
                self._keys[copy.record_id] = copy.external_key
            for record in sorted(ids - self._keys.keys()):
                self._keys[record] = references.key_of(self.session, self.connection, kind, record)

    def fields(self, referred: dict[str, int | None]) -> Fields:
        """What an image says of records that were resolved, by column: the connection's keys of them."""
        return {column: None if record is None else self._keys[record] for column, record in referred.items()}
