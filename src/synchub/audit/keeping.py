"""Writing an act down, in the transaction that does it."""

import getpass
from typing import Any

from sqlalchemy.orm import Session

from synchub import clock
from synchub.audit.tables import AuditEntry


def system_user() -> str:
    """The user of this machine who runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def note(session: Session, action: str, subject: str, details: dict[str, Any], actor: str | None = None) -> None:
    """Keep that somebody (the system's user, unless `actor` says another) did something."""
    session.add(
        AuditEntry(at=clock.now(), actor=actor or system_user(), action=action, subject=subject, details=details)
    )
    session.flush()
