"""The time for which a file speaks: the start of its export, which nobody says.

It is the earliest of what hints at it, less the longest that an export may take (rules.md, C17): too early a time only
puts a repair off by a day, too late a one lets a file overwrite what came after it.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from synchub.clock import SECOND
from synchub.files.settings import FileSettings
from synchub.files.steady import Sight

_GAP = r"[-_. ]?"
_CLOCK = rf"(?:[T_\-. ]?(?P<hour>\d\d){_GAP}(?P<minute>\d\d)(?:{_GAP}(?P<second>\d\d))?)?"
_FORMS = (
    re.compile(rf"(?<!\d)(?P<year>20\d\d){_GAP}(?P<month>\d\d){_GAP}(?P<day>\d\d){_CLOCK}(?!\d)"),
    re.compile(rf"(?<!\d)(?P<month>\d\d){_GAP}(?P<day>\d\d){_GAP}(?P<year>20\d\d){_CLOCK}(?!\d)"),
)
"""How names tell a day, and a time of it: the year first, or the month as in the USA."""


def speaks_for(sight: Sight, settings: FileSettings, zone: ZoneInfo) -> int:
    """The time (microseconds) of a file's rows."""
    hints = [sight.entry.modified_at, sight.first_seen_at, *time_in(sight.entry.name, sight.entry.modified_at, zone)]
    return max(0, min(hints) - int(settings.files_margin * SECOND))


def time_in(name: str, modified_at: int, zone: ZoneInfo) -> Iterator[int]:
    """The time that a name tells, if it does.

    A name with a day alone says that nothing in the file is older; it says nothing of a file that was written that day,
    whose time is known better.
    """
    told = next(filter(None, map(_moment, (found for form in _FORMS for found in form.finditer(name)))), None)
    if told is None:
        return
    day, clock = told
    if clock is not None:
        yield _microseconds(datetime.combine(day, clock, zone))
    elif day != datetime.fromtimestamp(modified_at / SECOND, zone).date():
        yield _microseconds(datetime.combine(day, time.min, zone))


def _moment(found: "re.Match[str]") -> tuple[date, time | None] | None:
    """A day and perhaps a time of it; None for digits that are none."""
    parts = {name: int(digits) for name, digits in found.groupdict().items() if digits is not None}
    try:
        day = date(parts["year"], parts["month"], parts["day"])
        return day, time(parts["hour"], parts["minute"], parts.get("second", 0)) if "hour" in parts else None
    except ValueError:
        return None


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * SECOND)
