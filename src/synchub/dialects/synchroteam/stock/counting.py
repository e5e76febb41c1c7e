"""Inventory/Quantities: depots are told what is in them. Good rows count, each of the others is named with its reason.

A quantity is all that is there, not what has come. Of rows about the same part in the same depot the last good one
counts. A serial number is in one depot: it can be told of another only together with a row that takes it from there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import partly
from synchub.dialects.synchroteam.endpoints import Call, Door
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import Named
from synchub.dialects.synchroteam.parts.finding import Finder
from synchub.dialects.synchroteam.stock.counts import Count, counts_of
from synchub.dialects.synchroteam.stock.depots import Depots, names_of
from synchub.dialects.synchroteam.stock.kinds import DEPOT, STOCK_LEVEL
from synchub.dialects.synchroteam.stock.levels import Stock, uncalled
from synchub.dialects.synchroteam.stock.serials import clashes
from synchub.dialects.synchroteam.stock.spots import Spot
from synchub.intake.alone import Work
from synchub.intake.submission import Answer, Arrival, Submission
from synchub.master.entities.products import Item
from synchub.master.writes import Kind, Verdict

ITEMS = db.table_of(Item)
OVERRULED = "this connection's counts do not count here: another one has precedence"


def put(door: Door, call: Call) -> Response:
    """Set quantities."""

    def plan() -> Callable[[Arrival], Work]:
        call.may_write(STOCK_LEVEL)
        call.parameters()
        rows = call.rows()
        return lambda arrival: _counting(call.connection, arrival, rows)

    return door.write(call, plan)


def _counting(connection: Connection, arrival: Arrival, rows: Sequence[Any]) -> Work:
    def work(session: Session) -> Submission:
        counts = list(counts_of(rows))
        stock = _place(session, connection, counts)
        good = _good(session, stock, counts)
        writes = [stock.put(spot, count.quantity, count.serials) for spot, count in good.items()]
        why = [f"{count.depot} {count.reference}: {count.why}" for count in counts if count.why]
        return partly.submitted(arrival, writes, why, lambda verdicts: _answer(counts, good.values(), verdicts))

    return work


def _answer(counts: Sequence[Count], good: Iterable[Count], verdicts: Sequence[Verdict]) -> Answer:
    for count, verdict in zip(good, verdicts, strict=bool(verdicts)):
        if verdict.kind in {Kind.SUPERSEDED, Kind.REJECTED}:
            count.reject(verdict.reason or OVERRULED)
    errors = [count.told() for count in counts if count.why]
    return {"code": 0, "errors": errors} if errors else {"code": 1, "errors": ""}


def _place(session: Session, connection: Connection, counts: Sequence[Count]) -> Stock:
    """Find the spots that rows mean, and hold the stock of their parts."""
    depots = Depots(session, connection)
    depots.look({count.depot for count in counts if not count.why})
    said = [Named(None, count.reference) for count in counts if not count.why]
    finder = Finder.of(session, connection, said, uncalled(session, connection, DEPOT, depots.every()))
    for count in counts:
        if not count.why:
            try:
                count.spot = Spot(depots.record(count.depot), finder.record(Named(None, count.reference)))
            except Declined as error:
                count.reject(str(error))
    return Stock.hold(session, connection, {count.spot.item for count in counts if count.spot})


def _good(session: Session, stock: Stock, counts: Sequence[Count]) -> dict[Spot, Count]:
    """The rows that count, by their spots; what one leaves as it is may clash with others in turn."""
    _refuse_serials(session, counts)
    while True:
        good = {count.spot: count for count in counts if count.spot}
        bad = _clashing(stock, good)
        if not bad:
            return good
        names = names_of(session, {other.depot for _, other in bad.values()})
        for spot, (serial, other) in bad.items():
            good[spot].reject(f"the serial number {serial} is in depot {names[other.depot]}")


def _clashing(stock: Stock, good: Mapping[Spot, Count]) -> dict[Spot, tuple[str, Spot]]:
    bad: dict[Spot, tuple[str, Spot]] = {}
    for item in {spot.item for spot in good}:
        said = {spot: count.serials for spot, count in good.items() if spot.item == item}
        bad |= clashes(stock.serials(item), said)
    return bad


def _refuse_serials(session: Session, counts: Sequence[Count]) -> None:
    """Refuse the rows that have serial numbers of parts which say that they have none."""
    items = sorted({count.spot.item for count in counts if count.spot and count.serials})
    without = select(ITEMS.c.id).where(db.among(ITEMS.c.id, items), ITEMS.c.serializable.is_(False))
    refused = set(session.scalars(without)) if items else set()
    for count in counts:
        if count.spot and count.serials and count.spot.item in refused:
            count.reject("serials: this part has no serial numbers (it is not serializable)")
