"""Looking at the journal: lists of messages, and one message with what it did."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.errors import NotFound
from synchub.intake.tables import Message
from synchub.master.tables import Change, MasterRecord

PAGE = 1000
_LISTED = ("id", "surface", "state", "method", "path", "received_at", "duration", "size", "counts", "error")


@dataclass(frozen=True, slots=True)
class Step:
    """One change that a message made, and the record that it was made to."""

    change: Change
    entity: str
    code: str | None


def list_messages(
    session: Session, *, state: str | None = None, connection: str | None = None, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Messages from the latest back, without bodies and answers, each with its connection's name."""
    columns = [getattr(Message, name) for name in _LISTED]
    statement = select(*columns, Connection.name.label("connection")).join(
        Connection, Connection.id == Message.connection_id
    )
    if state is not None:
        statement = statement.where(Message.state == state)
    if connection is not None:
        statement = statement.where(Connection.name == connection)
    statement = statement.order_by(Message.received_at.desc(), Message.id.desc()).limit(limit)
    for row in session.execute(statement.execution_options(yield_per=PAGE)).mappings():
        yield dict(row)


def get_message(session: Session, text: str) -> Message:
    """A message by its id as a partner was told it.

    Raises:
        NotFound: there is none with this id.
    """
    try:
        found = session.get(Message, UUID(text))
    except ValueError:
        found = None
    if found is None:
        raise NotFound(f"there is no message '{text}': see 'synchub message list'")
    return found


def steps_of(session: Session, message: Message) -> list[Step]:
    """What a message changed, in order."""
    rows = session.execute(
        select(Change, MasterRecord.entity, MasterRecord.code)
        .join(MasterRecord, MasterRecord.id == Change.record_id)
        .where(Change.message_id == message.id)
        .order_by(Change.number)
    )
    return [Step(change, entity, code) for change, entity, code in rows]
