"""Which parts the rows of a request mean, whose records are locked once for all of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import Book, Named
from synchub.dialects.synchroteam.parts.kind import PART
from synchub.dialects.synchroteam.views import RECORDS, matching


@dataclass(slots=True)
class Finder:
    """The parts that rows may name; those that the connection does not see are not there."""

    book: Book
    seen: frozenset[int]

    @classmethod
    def of(
        cls, session: Session, connection: Connection, said: Sequence[Named], also: Collection[int] = ()
    ) -> "Finder":
        """Look up what rows name, and lock the records, with others (`also`)."""
        book = Book.open(session, connection, PART.entity, said, PART.noun, PART.key, also=also)
        ids = sorted(book.records)
        seen = matching(session, connection, PART, [db.among(RECORDS.c.id, ids)]) if ids else ()
        return cls(book, frozenset(seen))

    def record(self, named: Named) -> int:
        """The record of the part that a row names.

        Raises:
            Declined: there is none, or its id and its reference are of two parts.
        """
        found = [self._of_id(named.id)] if named.id is not None else []
        found += [self._of_key(named.my_id)] if named.my_id is not None else []
        if len(set(found)) > 1:
            raise Declined("id and reference name different parts")
        record = found[0] if found else None
        if record is None or record not in self.seen:
            raise Declined("there is no such part")
        return record

    def key(self, record: int) -> str:
        """The connection's key of a part; a copy is made if it has none."""
        return str(self.book.copies_of(record)[0].external_key)

    def _of_id(self, number: int) -> int | None:
        book = self.book
        if number in book.by_id:
            return int(book.by_id[number].record_id)
        return number if number in book.records else None

    def _of_key(self, key: str) -> int | None:
        book = self.book
        if key in book.by_key:
            return int(book.by_key[key].record_id)
        return book.coded.get(key) if book.connection.matches_code else None
