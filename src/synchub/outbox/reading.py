"""Looking at the outbox: what is still to be told, and what is in trouble."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.master.tables import CrossReference, MasterRecord
from synchub.outbox.tables import Delivery

PAGE = 1000


def list_deliveries(
    session: Session, *, connection: str | None = None, state: str | None = None
) -> Iterator[dict[str, Any]]:
    """Deliveries, the oldest first, each with the names of its connection and record; read a page at a time."""
    statement = _statement()
    if connection is not None:
        statement = statement.where(Connection.name == connection)
    if state is not None:
        statement = statement.where(Delivery.state == state)
    for row in session.execute(statement.execution_options(yield_per=PAGE)).mappings():
        yield dict(row)


def _statement() -> Any:
    return (
        select(
            Delivery.copy_id.label("id"),
            Connection.name.label("connection"),
            Delivery.entity,
            CrossReference.external_key.label("key"),
            CrossReference.record_id.label("record"),
            MasterRecord.label,
            Delivery.state,
            Delivery.wanted,
            Delivery.forced,
            Delivery.tries,
            Delivery.due,
            Delivery.created_at,
            Delivery.token.is_not(None).label("claimed"),
            Delivery.last_error,
        )
        .join(Connection, Connection.id == Delivery.connection_id)
        .join(CrossReference, CrossReference.id == Delivery.copy_id)
        .join(MasterRecord, MasterRecord.id == CrossReference.record_id)
        .order_by(Delivery.created_at, Delivery.copy_id)
    )
