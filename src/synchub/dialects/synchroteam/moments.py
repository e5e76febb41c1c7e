"""Dates and times as clients write them, in the connection's zone, and as the vendor shows them (contradiction JOB-3).

Read are yyyy-MM-dd and dd/MM/yyyy, each with HH:mm or HH:mm:ss after it or without; a Z at the end says UTC. A time
that the clocks skip is read as if they had not; of one that comes twice the first is meant.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from synchub.master.values import spell_moment

_DAY = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)|(\d\d?)/(\d\d?)/(\d{4})", re.ASCII)
_TIME = re.compile(r"(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z)?)?", re.ASCII | re.IGNORECASE)
LONG, SHORT = "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M"
"""How jobs and invoices, and how activities show a moment."""


class NotRead(Exception):
    """The text is no date."""


def read_moment(text: str) -> datetime:
    """The date and time of a text; aware only where the text says UTC.

    Raises:
        NotRead: it is none.
    """
    day = _DAY.match(text)
    time = _TIME.fullmatch(text, day.end()) if day else None
    if day is None or time is None:
        raise NotRead
    first = day.groups()
    year, month, date = first[:3] if first[0] else (first[5], first[4], first[3])
    hour, minute, second, utc = time.groups()
    try:
        made = datetime(int(year), int(month), int(date), int(hour or 0), int(minute or 0), int(second or 0))  # noqa: DTZ001
    except ValueError:
        raise NotRead from None
    return made.replace(tzinfo=UTC) if utc else made


def is_day(text: str) -> bool:
    """Whether a text that `read_moment` reads names a day and no time."""
    day = _DAY.match(text)
    return day is not None and day.end() == len(text)


def in_utc(text: str, zone: str) -> str:
    """The image value of a moment that `words.Moment` has read, which is in this zone unless it says UTC.

    Raises:
        NotRead: it lies outside the years that a date can have.
    """
    made = datetime.fromisoformat(text)
    try:
        return spell_moment(made if made.tzinfo else made.replace(tzinfo=ZoneInfo(zone)))
    except (OverflowError, ValueError):
        raise NotRead from None


def shown_moment(value: str | None, zone: str, form: str = LONG) -> str:
    """A moment's column in a zone; "" where it is blank."""
    if not value:
        return ""
    try:
        local = datetime.fromisoformat(value).astimezone(ZoneInfo(zone))
    except (OverflowError, ValueError):
        return ""
    return local.strftime(form.replace("%Y", f"{local.year:04}"))
