"""What an operator does about deliveries in trouble: try them again, or give them up."""

from collections.abc import Collection

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from synchub import clock
from synchub.connections.tables import Connection
from synchub.db import among, locked
from synchub.master.tables import CrossReference
from synchub.outbox.tables import Delivery, State


def choose(session: Session, copies: Collection[int], connection: Connection | None) -> list[int]:
    """The copies among those named, or of those in trouble if none is named, whose delivery is not on its way now."""
    statement = select(Delivery.copy_id).where((Delivery.token.is_(None)) | (Delivery.lease_until <= clock.now()))
    statement = statement.where(among(Delivery.copy_id, copies) if copies else Delivery.state != State.WAITING)
    if connection is not None:
        statement = statement.where(Delivery.connection_id == connection.id)
    return list(session.scalars(locked(statement.order_by(Delivery.copy_id))))


def retry(session: Session, copies: Collection[int]) -> None:
    """Send deliveries again at once; a loop gets another chance, and a target in trouble is called."""
    again = {"state": State.WAITING, "due": clock.now(), "tries": 0, "token": None, "lease_until": 0}
    session.execute(update(Delivery).where(among(Delivery.copy_id, copies)).values(again))
    session.execute(
        locked(select(CrossReference.id).where(among(CrossReference.id, copies)).order_by(CrossReference.id))
    )
    session.execute(update(CrossReference).where(among(CrossReference.id, copies)).values(rounds=None))
    targets = select(Delivery.connection_id).where(among(Delivery.copy_id, copies))
    calm = {"backoff_until": 0, "backoff_count": 0, "backoff_reason": None, "rests_until": 0}
    session.execute(update(Connection).where(Connection.id.in_(targets)).values(calm))


def discard(session: Session, copies: Collection[int]) -> None:
    """Give deliveries up: the partner is told again only when the record changes once more."""
    session.execute(delete(Delivery).where(among(Delivery.copy_id, copies)))
