"""Depots by what requests call them: their names, or what the connection or we call them by."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.references import by_selector
from synchub.dialects.synchroteam.stock import guids
from synchub.dialects.synchroteam.stock.kinds import DEPOT
from synchub.master.entities.organisation import Warehouse
from synchub.master.tables import MasterRecord

DEPOTS, RECORDS = db.table_of(Warehouse), db.table_of(MasterRecord)


@dataclass(slots=True)
class Depots:
    """The depots that a request names, each looked up once."""

    session: Session
    connection: Connection
    _found: dict[str, list[int]] = field(default_factory=dict)

    def look(self, called: Iterable[str]) -> None:
        """Look up depots by their names, or their codes where nothing is called so."""
        mine = (self.session, self.connection, DEPOT)
        for name in called:
            self._found[name] = by_selector(*mine, "name", name) or by_selector(*mine, DEPOT.key, guids.plain(name))

    def record(self, called: str) -> int:
        """The depot that was looked up.

        Raises:
            Declined: there is none, or several have the name.
        """
        found = self._found[called]
        if not found:
            raise Declined("there is no such depot")
        if len(found) > 1:
            raise Declined("several depots have this name: use the code of the one that is meant")
        return found[0]

    def every(self) -> set[int]:
        """The records of all that were found so far."""
        return {record for found in self._found.values() for record in found}


def names_of(session: Session, ids: Collection[int]) -> Mapping[int, str]:
    """What depots are called in messages."""
    chosen = select(RECORDS.c.id, DEPOTS.c.name, RECORDS.c.code).where(db.among(RECORDS.c.id, sorted(ids)))
    rows = session.execute(chosen.join(DEPOTS, DEPOTS.c.id == RECORDS.c.id))
    return {row.id: row.name or row.code or str(row.id) for row in rows}
