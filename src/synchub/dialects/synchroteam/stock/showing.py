"""What is in the depots, beyond v2: in the shape in which Inventory/Quantities is told of it.

A level whose depot or part the connection does not see is left out; it is there again when they are. Pages are of
levels, since one depot may have more than fits on any: it goes on on the next.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from typing import Any

from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import formats, query
from synchub.dialects.synchroteam.endpoints import Call, Door
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.parts.kind import PART, number_sent
from synchub.dialects.synchroteam.query import Page
from synchub.dialects.synchroteam.references import by_selector, wanted
from synchub.dialects.synchroteam.stock.kinds import DEPOT, STOCK_LEVEL
from synchub.dialects.synchroteam.stock.spots import LEVELS
from synchub.dialects.synchroteam.verbs import filtered, paged
from synchub.dialects.synchroteam.views import CHANGED_FROM, Referred, Seen, load, matching, may_read, others, readable
from synchub.master.values import as_list

FILTERS = (CHANGED_FROM, "depot", "reference")


def get(door: Door, call: Call) -> Response:
    """The depots with their parts."""
    fields, connection = readable(call.connection, STOCK_LEVEL), call.connection
    asked = call.parameters((*FILTERS, query.PAGE, query.PAGE_SIZE))
    found = filtered(call, STOCK_LEVEL, asked)
    with door.reading() as session:
        if "depot" in found and not by_selector(session, connection, DEPOT, "name", found["depot"]):
            found[DEPOT.key] = found.pop("depot")
        ids = matching(session, connection, STOCK_LEVEL, wanted(session, connection, STOCK_LEVEL, found))
        part, headers = paged(call, _by_depot(session, connection, ids), Page.of(asked))
        rows = _rows(load(session, connection, STOCK_LEVEL, part), _Names.of(session, connection), fields)
        return formats.listing(call.request, rows, headers, root=STOCK_LEVEL.root)


def _by_depot(session: Session, connection: Connection, ids: Collection[int]) -> list[int]:
    """Levels whose depot and part the connection sees, in the order of their depots, within one of their parts."""
    if not ids:
        return []
    columns = (LEVELS.c.warehouse_id, LEVELS.c.item_id, LEVELS.c.id)
    levels = session.execute(select(*columns).where(db.among(LEVELS.c.id, ids)).order_by(*columns)).all()
    depots = _seen(session, connection, DEPOT, {level.warehouse_id for level in levels})
    parts = _seen(session, connection, PART, {level.item_id for level in levels})
    return [level.id for level in levels if level.warehouse_id in depots and level.item_id in parts]


def _seen(session: Session, connection: Connection, kind: Kind, records: Collection[int | None]) -> set[int]:
    ids = sorted(id_ for id_ in records if id_ is not None)
    return set(matching(session, connection, kind, [db.among(db.table_of(kind.made).c.id, ids)]))


class _Names:
    """What depots are called so that they are found by it: their name, or what stands for it where others have it."""

    def __init__(self, depots: Iterable[Referred], *, told: bool) -> None:
        self._told = told
        self._count = Counter(depot.name for depot in depots)

    @classmethod
    def of(cls, session: Session, connection: Connection) -> "_Names":
        every = matching(session, connection, DEPOT, [])
        return cls(others(session, connection, DEPOT, every), told=may_read(connection, DEPOT, DEPOT.named))

    def of_depot(self, depot: Referred) -> str:
        """The name of a depot."""
        alone = self._told and depot.name and self._count[depot.name] == 1
        return str(depot.name) if alone else depot.key


def _rows(levels: Iterable[Seen], names: _Names, fields: Collection[str]) -> Iterator[dict[str, Any]]:
    for _, group in groupby(levels, key=lambda level: level.row.warehouse_id):
        parts = list(group)
        yield {
            "depot": names.of_depot(parts[0].referred["warehouse_id"]) if "warehouse_id" in fields else "",
            "parts": [_part(level, fields) for level in parts],
        }


def _part(level: Seen, fields: Collection[str]) -> dict[str, Any]:
    row = level.row
    return {
        "reference": level.referred["item_id"].key if "item_id" in fields else "",
        "quantity": number_sent(row.quantity) if "quantity" in fields else None,
        "serials": as_list(row.serials) if "serials" in fields else [],
    }
