"""StockRequest/Complete: what was asked for has gone from one depot to the other.

A partial completion leaves the rest open. Any other closes the request, whatever quantity it names; without one all
that is still wanted has gone. More may go than was asked for: the vendor shows such requests with a quantity below 0.

The same body again is the same completion, not another one: a partial one for as long as its sender may still wait for
the answer, as the same quantity can go twice; any other while nothing changed the request.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import Row as DbRow
from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.bodies import Row
from synchub.dialects.synchroteam.endpoints import Call, Door
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import Book
from synchub.dialects.synchroteam.meaning import records_by_key
from synchub.dialects.synchroteam.sending import kept
from synchub.dialects.synchroteam.stock import guids
from synchub.dialects.synchroteam.stock.kinds import DEPOT, STOCK_LEVEL, STOCK_REQUEST, Serials
from synchub.dialects.synchroteam.stock.levels import Stock, uncalled
from synchub.dialects.synchroteam.stock.moving import moved
from synchub.dialects.synchroteam.stock.spots import Spot
from synchub.dialects.synchroteam.views import RECORDS, matching
from synchub.dialects.synchroteam.words import Exact, Flag, Text
from synchub.dialects.wire import Wire, parse
from synchub.errors import NotAllowed, Unreadable
from synchub.intake import repeats
from synchub.intake.alone import Work
from synchub.intake.submission import Answer, Arrival, Submission
from synchub.intake.tables import Message
from synchub.master import naming
from synchub.master.convergence import Mode
from synchub.master.entities.field_service import StockRequest
from synchub.master.values import as_list, spell_decimal, spell_list
from synchub.master.writes import Kind, Verdict, Write

REQUESTS = db.table_of(StockRequest)
PATIENCE = 600 * clock.SECOND
"""For how long the sender of a partial completion may wait for its answer, and send it again."""


class CompletionRow(Wire, entity=StockRequest, key=("id", "is_partial")):
    """The words of a body."""

    id: Text = Field(None, alias="id")
    is_partial: Flag = Field(None, alias="isPartial")
    quantity: Exact = Field(None, alias="quantity")
    serials: Serials = Field(None, alias="serials")


@dataclass(frozen=True, slots=True)
class Completion:
    """What a body says."""

    id: str
    is_partial: bool
    quantity: Decimal | None
    serials: tuple[str, ...]

    @classmethod
    def of(cls, body: Row) -> "Completion":
        """The completion that a body asks for.

        Raises:
            Unreadable: it has a word that is not known: what was meant by it would not be done.
            Declined: a word says what it may not.
        """
        parsed = parse(CompletionRow, [body])
        if parsed.faults:
            raise Declined("; ".join(f"{fault.word} {fault.rule}" for fault in parsed.faults))
        row, unknown = parsed.rows[0]
        if unknown:
            known = ", ".join(CompletionRow.words.values())
            raise Unreadable(f"there is no word '{next(iter(unknown))[:64]}' here: known are {known}")
        if not row.id:
            raise Declined("id is required")
        if row.quantity is not None and row.quantity <= 0:
            raise Declined("quantity must be more than 0")
        return cls(row.id, bool(row.is_partial), row.quantity, tuple(as_list(row.serials)))


@dataclass(slots=True)
class Order:
    """A request that the connection sees, locked with the stock that it is about."""

    row: DbRow[Any]
    stock: Stock
    key: str

    @classmethod
    def hold(cls, session: Session, connection: Connection, called: str) -> "Order":
        """The request of an id.

        Raises:
            Declined: there is none, or it names no part.
        """
        record = _record(session, connection, called)
        row = _row(session, record)
        depots = {id_ for id_ in (row.source_id, row.destination_id) if id_}
        if row.item_id is None:
            raise Declined(f"the stock request {called} names no part")
        naming.lock_records(session, {record, row.item_id, *uncalled(session, connection, DEPOT, depots)})
        stock = Stock.hold(session, connection, {row.item_id})
        now = _row(session, record)
        if (now.item_id, now.source_id, now.destination_id) != (row.item_id, row.source_id, row.destination_id):
            raise db.Overtaken("the stock request was changed while it was being locked")
        codes = naming.codes_of(session, STOCK_REQUEST.entity, {record})
        book = Book(session, connection, STOCK_REQUEST.entity, STOCK_REQUEST.noun, codes=codes)
        return cls(now, stock, str(book.copies_of(record)[0].external_key))

    def spot(self, depot: int | None) -> Spot | None:
        """The part in a depot, if the request names one."""
        return None if depot is None else Spot(depot, self.row.item_id)

    def write(self, **fields: Any) -> Write:
        """What is said of the request: what it holds now was read under its lock."""
        return Write(STOCK_REQUEST.entity, self.key, Mode.PARTIAL, fields, insists=bool(fields))


def _record(session: Session, connection: Connection, called: str) -> int:
    """The request of an id, which may be one that was made here."""
    ids = records_by_key(session, connection, STOCK_REQUEST, guids.plain(called))
    made = guids.record_of(called)
    seen = matching(
        session, connection, STOCK_REQUEST, [db.among(RECORDS.c.id, ids or ([] if made is None else [made]))]
    )
    if not seen:
        raise Declined(f"there is no stock request {called}")
    return seen[0]


def _row(session: Session, record: int) -> DbRow[Any]:
    return session.execute(select(REQUESTS).where(REQUESTS.c.id == record)).one()


def put(door: Door, call: Call) -> Response:
    """Complete a request."""

    def plan() -> Callable[[Arrival], Work]:
        call.may_write(STOCK_REQUEST)
        call.may_write(STOCK_LEVEL)
        call.parameters()
        said = Completion.of(call.row())
        return lambda arrival: _completing(call.connection, arrival, said)

    return door.write(call, plan)


def _completing(connection: Connection, arrival: Arrival, said: Completion) -> Work:
    def work(session: Session) -> Submission:
        repeats.lock(session, [_submitted(arrival, [])])
        try:
            with session.begin_nested():
                order = Order.hold(session, connection, said.id)
                if _is_again(session, arrival, said, order):
                    return _submitted(arrival, [order.write()])
                writes = _writes(order, said)
        except Declined as error:
            return kept(arrival, str(error))
        return _submitted(arrival, writes, repeats=False)

    return work


def _submitted(arrival: Arrival, writes: Sequence[Write], *, repeats: bool = True) -> Submission:
    return Submission(arrival, writes, _answer, repeats=repeats)


def _answer(verdicts: Sequence[Verdict]) -> Answer:
    for verdict in verdicts:
        if verdict.kind in {Kind.SUPERSEDED, Kind.REJECTED}:
            raise NotAllowed(verdict.reason or "another connection has precedence over this one's word on stock")
    return {"code": 1}


def _is_again(session: Session, arrival: Arrival, said: Completion, order: Order) -> bool:
    """Whether this is the completion that was taken last, sent again."""
    first = repeats.find(session, [_submitted(arrival, [order.write()])]).get(arrival.id)
    if first is None or not said.is_partial:
        return first is not None
    received = session.scalar(select(Message.received_at).where(Message.id == first.id))
    return received is not None and arrival.received_at - received <= PATIENCE


def _writes(order: Order, said: Completion) -> list[Write]:
    """What a completion asks of the store.

    Raises:
        Declined: the request is not open, or not so much can go.
    """
    row, wanted = order.row, order.row.quantity or Decimal()
    if row.is_deleted:
        raise Declined(f"the stock request {said.id} is deleted")
    if wanted <= 0:
        raise Declined(f"the stock request {said.id} is completed already")
    if said.quantity is None and said.is_partial:
        raise Declined("quantity is required where isPartial is true")
    quantity = wanted if said.quantity is None else said.quantity
    if len(said.serials) > quantity:
        raise Declined(f"{len(said.serials)} serial numbers are too many for a quantity of {spell_decimal(quantity)}")
    left = wanted - quantity if said.is_partial else min(wanted - quantity, Decimal())
    gone = dict.fromkeys((*map(str, as_list(row.serials)), *said.serials))
    request = order.write(
        quantity=spell_decimal(left),
        completed=spell_decimal((row.completed or Decimal()) + quantity),
        serials=spell_list(list(gone)),
    )
    spots = order.spot(row.source_id), order.spot(row.destination_id)
    return [request, *moved(order.stock, *spots, quantity, said.serials)]
