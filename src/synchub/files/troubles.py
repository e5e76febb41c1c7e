"""What goes wrong with files: one lasting alert and one line in the log, however often it is met."""

from typing import Any

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session

from synchub import alerts
from synchub.connections.tables import HUB
from synchub.connections.tables import Connection as Partner

PLACE, FILE, MOVE, STRANGE, UNTAKEN = "files", "file", "file-move", "file-unknown", "file-not-taken"
"""Kinds of alerts: a place cannot be looked into; a file cannot be read, or moved away; files are of no kind, or do not
become whole."""
UPLOAD = "upload"
"""Kind of the alert that an upload to the hub's own SFTP server was refused."""
SPOOL, ROWS = "spool", "file-rows"
"""Kinds of alerts about the hub itself: the spool does not take a connection's file; rows cannot be stored."""
EVERY_FILE, NAMES, DISK, EVERY_ROW = "place", "names", "disk", "rows"
"""What alerts are about that are not about one file."""

log = structlog.get_logger(__name__)


def trouble(session: Session, connection: int, kind: str, subject: str, said: str, **more: Any) -> None:
    """Raise an alert, and log it if it is new, once it is kept: a transaction may be run again."""
    if alerts.raise_alert(session, connection, kind, subject, said):
        partner = session.get(Partner, connection) if connection != HUB else None
        name = partner.name if partner is not None else None
        event.listen(session, "after_commit", lambda _: log.warning(said, connection=name, **more), once=True)
