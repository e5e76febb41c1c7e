"""Records of files on their way into the store, batch by batch."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from synchub import db, dialects
from synchub.cli.store import Opened
from synchub.cli.transfer import lines
from synchub.cli.transfer.enclosed import Enclosure
from synchub.cli.transfer.folders import Held
from synchub.connections import registry
from synchub.connections.tables import Connection
from synchub.dialects.dialect import Line, Promised, Transfer
from synchub.errors import Misconfigured, Unreadable
from synchub.intake.submission import Arrival, Kept
from synchub.intake.write import write

BATCH = 500
"""Lines in one transaction, and in one message of the journal."""
Rows = list[dict[str, Any]]


def partner(hub: Opened, name: str) -> tuple[Connection, Sequence[Transfer]]:
    """A connection, and how its records are carried.

    Raises:
        Misconfigured: they cannot be.
    """
    with db.reading(hub.engine) as session:
        connection = registry.get(session, name)
    transfers = dialects.named(connection.dialect).transfers
    if not transfers:
        raise Misconfigured(
            f"connection '{name}' speaks {connection.dialect}, whose records cannot be carried in files"
        )
    return connection, transfers


@dataclass(slots=True)
class Carrier:
    """Takes a partner's files; in a dry run nothing is stored, but what lines promise counts for those behind them."""

    hub: Opened
    name: str
    dry_run: bool
    connection: Connection = field(init=False)
    _transfers: Sequence[Transfer] = field(init=False)
    _promised: Promised | None = field(init=False)

    def __post_init__(self) -> None:
        self.connection, self._transfers = partner(self.hub, self.name)
        self._promised = set() if self.dry_run else None

    def transfers(self) -> Sequence[Transfer]:
        """How the partner's records are carried."""
        return self._transfers

    def carry(self, file: Held) -> Iterator[Rows]:
        """Store a file; yields what became of the lines of each batch.

        Raises:
            Unreadable: its header cannot be understood; the text names the file.
        """
        try:
            with lines.opened(file.path, file.transfer.columns if file.is_table else None) as pages:
                if pages.unknown:
                    print(
                        f"{file.path.name}: not among an export's columns: {', '.join(pages.unknown)}", file=sys.stderr
                    )
                yield from self._batches(file, pages, self._enclosure(file))
        except Unreadable as error:
            raise Unreadable(f"{file.path.name}: {error}") from None

    def _enclosure(self, file: Held) -> Enclosure | None:
        enclosed = file.transfer.enclosed
        return Enclosure(self.hub, file.path.parent, enclosed, self.dry_run) if enclosed else None

    def _batches(self, file: Held, pages: lines.Pages, enclosure: Enclosure | None) -> Iterator[Rows]:
        batch = self._looked(enclosure, pages.lines, BATCH)
        while batch:
            rows = self._store(file, pages.head, batch, enclosure)
            yield [{"file": file.path.name, **row} for row in rows]
            batch = batch[len(rows) :] + self._looked(enclosure, pages.lines, len(rows))

    def _looked(self, enclosure: Enclosure | None, given: Iterator[Line], count: int) -> list[Line]:
        """The next lines; the bytes that belong to them are taken in."""
        batch = list(islice(given, count))
        return enclosure.look(batch) if enclosure else batch

    def _store(self, file: Held, head: bytes, batch: Sequence[Line], enclosure: Enclosure | None) -> Rows:
        partner = self.connection
        arrival = Arrival(partner.dialect, partner.id, "IMPORT", file.path.name, head, b"")

        def work(session: Session) -> Rows:
            submission = file.transfer.take(session, partner, arrival, batch, self._promised)
            submission.kept = Kept(b"", None) if self.dry_run else None
            submission.beside = enclosure.record if enclosure else None
            (receipt,) = write(session, [submission], self.hub.settings)
            if self.dry_run:
                session.rollback()
            rows: Rows = receipt.answer["rows"]
            return rows

        rows = db.retrying(self.hub.engine, work)
        if enclosure:
            enclosure.done()
        return rows
