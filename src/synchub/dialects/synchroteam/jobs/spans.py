"""The jobs whose plan, or whose work, lies between two moments in part.

Each is found in one way: a walk along an index over no more than what begins there. Most jobs begin and end on one day
and are worked on that day, so that the indexes of the others (`OVERNIGHT`, `MOVED`) are short: those that begin before
the first moment and last until then are looked for there alone, as are those that lie there by their work but not by
their plan. Of all others the plan lies there if the work does, unless one of the two moments is of that day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, text

from synchub import db
from synchub.dialects.synchroteam.jobs.kind import LONGEST_DAYS
from synchub.master.entities.field_service import MOVED, OVERNIGHT, Job
from synchub.master.values import spell_moment

JOBS = db.table_of(Job)
Condition = ColumnElement[bool]
DAY = len("2026-07-19")
NEVER = "9999~"
"""What follows all moments."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` on, and before `until`; each may be missing."""

    since: str | None
    until: str | None

    def touched(self, begin: str, end: ColumnElement[Any]) -> Condition:
        """A span lies here in part, or the moment where it begins if it has no end."""
        column = JOBS.c[begin]
        made = [self._before(column)]
        if self.since:
            made += [column >= _long_before(self.since), func.coalesce(end, column) >= self.since]
        return and_(*made)

    def planned(self, end: ColumnElement[Any]) -> Iterator[Condition]:
        """The ways to a job whose plan lies here in part."""
        column, touched = JOBS.c.scheduled_begin, self.touched("scheduled_begin", end)
        if self.since is None:
            yield touched
        else:
            yield and_(touched, column >= _day(self.since))
            yield and_(touched, column < _day(self.since), text(OVERNIGHT))

    def worked(self, end: ColumnElement[Any]) -> Iterator[Condition]:
        """The ways to a job whose work lies here in part; of those whose plan lies here as well, some are left out."""
        column, touched = JOBS.c.real_begin, self.touched("real_begin", end)
        yield and_(touched, text(MOVED))
        for day in sorted({_day(moment) for moment in (self.since, self.until) if moment}):
            yield and_(touched, column >= day, column < _day(day, 1), text(f"NOT {MOVED}"))

    def _before(self, column: ColumnElement[Any]) -> Condition:
        return column < self.until if self.until else column.is_not(None)


def _day(moment: str, more: int = 0) -> str:
    """The moment at which the day begins that a moment is of, or so many days more."""
    day = f"{moment[:DAY]}T00:00:00Z"
    return _later(day, more) if more else day


def _long_before(since: str) -> str:
    """A moment before which nothing begins that still lasts."""
    return _later(since, -LONGEST_DAYS - 1)


def _later(moment: str, days: int) -> str:
    """A moment so many days later, or one that comes before or after all others."""
    try:
        return spell_moment(datetime.fromisoformat(moment) + timedelta(days=days))
    except OverflowError:
        return "" if days < 0 else NEVER
