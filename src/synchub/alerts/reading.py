"""Looking alerts up."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub.alerts.tables import Alert

COLUMNS = ("id", "connection_id", "kind", "subject", "said", "seen", "raised_at", "last_at", "cleared_at")


def lasting(session: Session, connection: int, kind: str) -> set[str]:
    """What the alerts of a kind that last are about."""
    about = select(Alert.subject).where(Alert.connection_id == connection, Alert.kind == kind, Alert.cleared_at == 0)
    return set(session.scalars(about))


def list_alerts(session: Session, *, ended: bool = False) -> list[dict[str, Any]]:
    """Alerts that last, with `ended` the others too, the oldest first."""
    found = select(Alert).order_by(Alert.id)
    if not ended:
        found = found.where(Alert.cleared_at == 0)
    return [{name: getattr(alert, name) for name in COLUMNS} for alert in session.scalars(found)]
