"""StockRequest/Search: the requests that fulfil all filters, in French words (STK-1, STK-2)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from fastapi.responses import Response
from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import formats, query
from synchub.dialects.synchroteam.endpoints import Call, Door
from synchub.dialects.synchroteam.meaning import CHANGES, first_number
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.parts.kind import number_sent
from synchub.dialects.synchroteam.questions import Question, text_of
from synchub.dialects.synchroteam.stock import guids
from synchub.dialects.synchroteam.stock.kinds import DEPOT, STOCK_REQUEST
from synchub.dialects.synchroteam.users import USER
from synchub.dialects.synchroteam.verbs import paged
from synchub.dialects.synchroteam.views import (
    CHANGED_FROM,
    CHUNK,
    RECORDS,
    Referred,
    Seen,
    conditions,
    load,
    matching,
    may_read,
    readable,
)
from synchub.dialects.synchroteam.words import read_flag
from synchub.errors import Unreadable
from synchub.master.entities.field_service import StockRequest
from synchub.master.entities.parties import Employee
from synchub.master.entities.products import Item
from synchub.master.values import spell_moment

REQUESTS = db.table_of(StockRequest)
FLAGS = STOCK_REQUEST.filters
MODIFIED, CREATED = "modifiedAfter", "createdAfter"


def post(door: Door, call: Call) -> Response:
    """The requests."""
    question = Question.of(call, (*FLAGS, MODIFIED, CREATED))
    fields = readable(call.connection, STOCK_REQUEST)
    with door.reading() as session:
        ids = matching(session, call.connection, STOCK_REQUEST, _wanted(session, call.connection, question))
        part, headers = paged(call, ids, question.page)
        return formats.listing(
            call.request, _rows(session, call.connection, part, fields), headers, root=STOCK_REQUEST.root
        )


def _wanted(session: Session, connection: Connection, question: Question) -> list[ColumnElement[bool]]:
    """What a request must fulfil; a flag that nobody said is false."""
    made = conditions(session, connection, STOCK_REQUEST, question.changed)
    for word, column in FLAGS.items():
        if word in question.filters:
            flag = _flag(word, question.filters[word])
            told = may_read(connection, STOCK_REQUEST, column)
            made.append(func.coalesce(REQUESTS.c[column], False) == flag if told else false())
    if (modified := _moment(connection, question, MODIFIED)) is not None:
        made += conditions(session, connection, STOCK_REQUEST, {CHANGED_FROM: modified})
    if (created := _moment(connection, question, CREATED)) is not None:
        made.append(_created_after(session, connection, created))
    return made


def _flag(word: str, value: Any) -> bool:
    try:
        return bool(read_flag(value))
    except ValueError:
        raise Unreadable(f"{word} must be true or false") from None


def _moment(connection: Connection, question: Question, word: str) -> int | None:
    if word not in question.filters:
        return None
    return query.moment(word, text_of(word, question.filters[word]), connection.time_zone)


def _created_after(session: Session, connection: Connection, moment: int) -> ColumnElement[bool]:
    """Whether a request was made at or after a moment; one that does not say when, when it was first heard of."""
    if not may_read(connection, STOCK_REQUEST, "requested_at"):
        return false()
    text = spell_moment(datetime.fromtimestamp(moment / clock.SECOND, UTC))
    heard = select(func.min(CHANGES.c.number)).where(CHANGES.c.record_id == RECORDS.c.id).scalar_subquery()
    silent = and_(REQUESTS.c.requested_at.is_(None), heard >= first_number(session, moment))
    return or_(REQUESTS.c.requested_at >= text, silent)


def _rows(
    session: Session, connection: Connection, ids: Sequence[int], fields: Collection[str]
) -> Iterator[dict[str, Any]]:
    seen = load(session, connection, STOCK_REQUEST, ids)
    while chunk := list(islice(seen, CHUNK)):
        prices = _columns(session, Item, ("price",), _referred(chunk, "item_id"))
        people = _columns(session, Employee, ("first_name", "last_name"), _referred(chunk, "employee_id"))
        yield from (_row(each, fields, prices, people) for each in chunk)


def _referred(requests: Iterable[Seen], column: str) -> set[int]:
    return {other.record for each in requests if (other := each.referred.get(column))}


def _columns(session: Session, made: type[Any], names: Sequence[str], ids: Collection[int]) -> Mapping[int, Any]:
    """Columns of records, by their ids."""
    typed = db.table_of(made)
    chosen = select(typed.c.id, *(typed.c[name] for name in names)).where(db.among(typed.c.id, sorted(ids)))
    return {row.id: row for row in session.execute(chosen)} if ids else {}


def _row(each: Seen, fields: Collection[str], prices: Mapping[int, Any], people: Mapping[int, Any]) -> dict[str, Any]:
    """A request in the order in which the vendor shows it."""
    row = {name: getattr(each.row, name) if name in fields else None for name in (*FLAGS.values(), "quantity")}
    named = {column: other for column, other in each.referred.items() if column in fields}
    return {
        "destination": _depot(each, named.get("destination_id")),
        "id": guids.shown(each.row.id, each.key),
        "isDeleted": bool(row["is_deleted"]),
        "isSent": bool(row["is_sent"]),
        "isUrgent": bool(row["is_urgent"]),
        "part": _part(each.connection, named.get("item_id"), prices),
        "quantity": number_sent(row["quantity"]) or 0,
        "source": _depot(each, named.get("source_id")),
        "user": _user(each.connection, named.get("employee_id"), people),
    }


def _depot(each: Seen, depot: Referred | None) -> dict[str, Any]:
    told = may_read(each.connection, DEPOT, DEPOT.named)
    return {
        "idStock": guids.shown(depot.record, depot.key) if depot else None,
        "nmStock": depot.name or "" if depot and told else "",
    }


def _part(connection: Connection, part: Referred | None, prices: Mapping[int, Any]) -> dict[str, Any]:
    priced = part is not None and may_read(connection, PART, "price")
    return {
        "codeProduit": part.key if part else "",
        "idPiece": part.id if part else None,
        "nmPiece": part.name or "" if part and may_read(connection, PART, PART.named) else "",
        "prixPiece": number_sent(prices[part.record].price) if part and priced else None,
    }


def _user(connection: Connection, user: Referred | None, people: Mapping[int, Any]) -> dict[str, Any]:
    def told(column: str) -> str:
        return (getattr(people[user.record], column) or "") if user and may_read(connection, USER, column) else ""

    return {
        "idUser": user.id if user else None,
        "loginUser": user.key if user else "",
        "nomUser": told("last_name"),
        "prenomUser": told("first_name"),
    }
