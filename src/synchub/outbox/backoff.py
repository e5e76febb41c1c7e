"""A target in trouble is left in peace for a while; it is the target that waits, and no record is blamed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import SystemRandom
from typing import Any

import structlog
from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from synchub import db
from synchub.clock import SECOND
from synchub.connections.tables import Connection

TARGETS = db.table_of(Connection)
_TARGET = db.locked(
    select(*(TARGETS.c[name] for name in ("name", "backoff_until", "backoff_count", "rests_until"))).where(
        TARGETS.c.id == bindparam("target")
    )
)
_SETTING = (
    update(TARGETS)
    .where(TARGETS.c.id == bindparam("target"))
    .values(
        backoff_until=bindparam("until"),
        backoff_count=bindparam("failures"),
        backoff_reason=bindparam("reason"),
        rests_until=bindparam("asked"),
    )
)

LONGEST = 3600.0
"""The longest that a target's own Retry-After is believed, in seconds."""
SPREAD = 0.2

log = structlog.get_logger(__name__)


def spread() -> float:
    """A factor around 1, so that many targets behind one gateway do not come back at once."""
    return SystemRandom().uniform(1 - SPREAD, 1 + SPREAD)


@dataclass(frozen=True, slots=True)
class Retry:
    """How long to leave a target in peace: `delays` in seconds by the number of failures, the last one repeats."""

    delays: Sequence[float]
    jitter: Callable[[], float] = spread

    def wait(self, failures: int, retry_after: float | None = None) -> int:
        """Microseconds after this many failures in a row, from 1; what the target asked for, within bounds."""
        usual = self.delays[min(failures, len(self.delays)) - 1]
        if retry_after is not None:
            return int(min(max(retry_after, self.delays[0]), LONGEST) * SECOND)
        return int(usual * self.jitter() * SECOND)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A back-off that has begun or goes on."""

    target: str
    until: int
    failures: int
    reason: str | None

    def log(self) -> None:
        """One line, when it begins; the operator sees the rest at the connection."""
        if self.failures == 1:
            log.warning("target in trouble", target=self.target, reason=self.reason)


def back_off(
    session: Session, connection: int, reason: str | None, retry_after: float | None, *, retry: Retry, now: int
) -> Trouble:
    """Leave a target in peace; calls that were under way together count as one failure, with the longest wait asked."""
    target = _locked(session, connection)
    together = target.backoff_until > now
    failures = target.backoff_count + (not together)
    until = now + retry.wait(failures, retry_after)
    if together and (retry_after is None or until <= target.backoff_until):
        return Trouble(target.name, target.backoff_until, 0, reason)
    asked = until if retry_after is not None else target.rests_until
    _set(session, connection, until, failures, reason, asked)
    return Trouble(target.name, until, 0 if together else failures, reason)


def recover(session: Session, connection: int, now: int) -> str | None:
    """The target answers again; its name if it was in trouble. A rest that it asked for meanwhile is kept."""
    target = _locked(session, connection)
    if not target.backoff_count or target.rests_until > now:
        return None
    _set(session, connection, 0, 0, None, 0)
    return str(target.name)


def _locked(session: Session, connection: int) -> Row[Any]:
    return session.execute(_TARGET, {"target": connection}).one()


def _set(session: Session, connection: int, until: int, failures: int, reason: str | None, asked: int) -> None:
    values = {"until": until, "failures": failures, "reason": reason, "asked": asked}
    session.execute(_SETTING, {"target": connection, **values})
