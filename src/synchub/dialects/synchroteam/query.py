"""What a query may ask: each endpoint knows its parameters, and an unknown one is refused by name.

A filter that is not known must never return everything: a real bridge takes the first row of an unfiltered list for
the one that it asked for, and overwrites it (facts/synchroteam.md, section 2).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request

from synchub import clock
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.moments import NotRead, read_moment
from synchub.dialects.synchroteam.settings import SynchroteamSettings
from synchub.errors import Unreadable
from synchub.master.values import clean

PAGE, PAGE_SIZE, AFTER = "page", "pageSize", "after"
USUAL_SIZE, LARGEST_SIZE = 25, 1000
LONGEST_NUMBER = 18


def parameters(request: Request, connection: Connection, known: Collection[str]) -> dict[str, str]:
    """The parameters of a request as they are spelled in `known`, their values as they are kept; a blank one is absent.

    Raises:
        Unreadable: one is not known, or given twice.
    """
    ignored = SynchroteamSettings.model_validate(connection.settings).ignored_parameters
    spelled = {name.lower(): name for name in known}
    found: dict[str, str] = {}
    for given, value in request.query_params.multi_items():
        name = spelled.get(given.lower())
        if name is None and given.lower() not in ignored:
            raise Unreadable(f"there is no parameter '{given[:64]}' here: known are {', '.join(known)}")
        if name in found:
            raise Unreadable(f"the parameter {name} is given twice")
        if name is not None and (plain := clean(value)):
            found[name] = plain
    return found


def selector(request: Request, connection: Connection, known: Collection[str]) -> tuple[str, str]:
    """The one parameter that says which record is meant, and its value.

    Raises:
        Unreadable: there is none, more than one, or an unknown one.
    """
    found = parameters(request, connection, known)
    if len(found) != 1:
        raise Unreadable(f"exactly one of {', '.join(known)} says which record is meant")
    return next(iter(found.items()))


def whole_number(name: str, text: str) -> int:
    """An id.

    Raises:
        Unreadable: the text is none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise Unreadable(f"{name} must be a whole number")
    return int(text)


def moment(name: str, text: str, zone: str) -> int:
    """The moment (microseconds) of a date, with or without a time, in a time zone unless it says Z.

    Raises:
        Unreadable: the text is none.
    """
    try:
        made = read_moment(text)
        return int(made.replace(tzinfo=made.tzinfo or ZoneInfo(zone)).timestamp()) * clock.SECOND
    except (NotRead, OverflowError, ValueError):
        raise Unreadable(f"{name} must be a date as yyyy-mm-dd") from None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: pages count from 1."""

    number: int
    size: int

    @classmethod
    def of(cls, found: Mapping[str, str]) -> "Page | None":
        """The page that parameters ask for, if they do.

        Raises:
            Unreadable: they ask for one that cannot be.
        """
        if PAGE not in found and PAGE_SIZE not in found:
            return None
        number = whole_number(PAGE, found.get(PAGE, "1"))
        size = whole_number(PAGE_SIZE, found.get(PAGE_SIZE, str(USUAL_SIZE)))
        if number < 1 or not 1 <= size <= LARGEST_SIZE:
            raise Unreadable(f"{PAGE} begins with 1, {PAGE_SIZE} lies between 1 and {LARGEST_SIZE}")
        return cls(number, size)

    @property
    def start(self) -> int:
        """The rows before it."""
        return (self.number - 1) * self.size

    def headers(self, request: Request, total: int) -> dict[str, str]:
        """How many rows there are, and where the other pages are (RFC 8288)."""
        last = max(1, -(-total // self.size))
        places = {"first": 1, "prev": self.number - 1, "next": self.number + 1, "last": last}
        links = [f'<{self._url(request, n)}>; rel="{rel}"' for rel, n in places.items() if 1 <= n <= last]
        return {"link": ", ".join(links), "x-total-count": str(total)}

    def onward(self, request: Request, last: str | None) -> dict[str, str]:
        """Where the pages around it are, of rows that nobody counts: `last` is where it ends if more follow."""
        links = [f'<{self._url(request, n)}>; rel="{rel}"' for rel, n in (("first", 1), ("prev", self.number - 1)) if n]
        if last is not None:
            links.append(f'<{self._url(request, self.number + 1, (AFTER, last))}>; rel="next"')
        return {"link": ", ".join(links)}

    def _url(self, request: Request, number: int, *more: tuple[str, str]) -> str:
        kept = [
            (name, value)
            for name, value in request.query_params.multi_items()
            if name.lower() not in {PAGE, PAGE_SIZE.lower(), AFTER}
        ]
        query = urlencode([*kept, (PAGE, str(number)), (PAGE_SIZE, str(self.size)), *more])
        return str(request.url.replace(query=query, fragment=""))
