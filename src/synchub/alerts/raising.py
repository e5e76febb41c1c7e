"""Raising and clearing alerts, in a transaction of the caller's."""

from typing import Any

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.alerts.tables import Alert

ALERTS: Any = Alert.__table__


def raise_alert(session: Session, connection: int, kind: str, subject: str, said: str) -> bool:
    """Say that something is wrong; `said` is one line. Answers whether that is new."""
    now = clock.now()
    new = {
        "connection_id": connection,
        "kind": kind,
        "subject": subject,
        "said": said,
        "seen": 1,
        "raised_at": now,
        "last_at": now,
        "cleared_at": 0,
    }
    insert = db.insert(session, ALERTS).values(new)
    seen = insert.on_conflict_do_update(
        index_elements=["connection_id", "kind", "subject"],
        index_where=text("cleared_at = 0"),
        set_={"said": said, "last_at": now, "seen": ALERTS.c.seen + 1},
    ).returning(ALERTS.c.seen)
    return bool(session.execute(seen).scalar_one() == 1)


def clear(session: Session, connection: int, kind: str, subject: str | None = None) -> bool:
    """Say that it is over, for None whatever it is about. Answers whether it lasted until now."""
    lasting = update(Alert).where(Alert.connection_id == connection, Alert.kind == kind, Alert.cleared_at == 0)
    if subject is not None:
        lasting = lasting.where(Alert.subject == subject)
    return bool(session.execute(lasting.values(cleared_at=clock.now()).returning(Alert.id)).all())
