"""What goes wrong with files: one lasting alert and one line in the log, however often it is met."""

from typing import Any

import structlog
from sqlalchemy.orm import Session

from synchub import alerts
from synchub.connections.tables import HUB
from synchub.connections.tables import Connection as Partner

PLACE, FILE, MOVE, SPOOL, STRANGE = "files", "file", "file-move", "spool", "file-unknown"
"""Kinds of alerts: the place cannot be looked into; one file cannot be read, or moved away; the spool is full."""
EVERY_FILE, DISK, NAMES = "place", "disk", "names"
"""What the first and the last of them are about."""

log = structlog.get_logger(__name__)


def trouble(session: Session, connection: int, kind: str, subject: str, said: str, **more: Any) -> None:
    """Raise an alert, and log it if it is new."""
    if alerts.raise_alert(session, connection, kind, subject, said):
        partner = session.get(Partner, connection) if connection != HUB else None
        name = partner.name if partner is not None else None
        log.warning(said, connection=name, **more)
