"""Questions that are asked in a body: its filters, of which blank ones ask for nothing and unknown ones are refused.

Beyond the vendor's API each takes `changedFrom`, in the body or the query, and the query's `page` and `pageSize`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from pydantic_core import PydanticCustomError

from synchub.dialects.synchroteam import query
from synchub.dialects.synchroteam.endpoints import Call
from synchub.dialects.synchroteam.moments import NotRead, in_utc, is_day, read_moment
from synchub.dialects.synchroteam.query import Page
from synchub.dialects.synchroteam.views import CHANGED_FROM
from synchub.dialects.synchroteam.words import part_of
from synchub.errors import Unreadable

Read = TypeVar("Read")
SINCE = CHANGED_FROM[0].lower() + CHANGED_FROM[1:]


@dataclass(frozen=True, slots=True)
class Question:
    """The filters of a body that are not blank, by their words; what is asked of changes; and the page, if one is.

    `more` are other parameters of the query.
    """

    filters: Mapping[str, Any]
    changed: Mapping[str, int] = field(default_factory=dict)
    page: Page | None = None
    more: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, call: Call, known: Collection[str], more: Collection[str] = ()) -> "Question":
        """The question of a call, whose filters may be these, and whose query may have `more` parameters.

        Raises:
            Unreadable: it has another one, or one twice.
        """
        asked = call.parameters((CHANGED_FROM, query.PAGE, query.PAGE_SIZE, *more))
        filters = folded(call.row(), (*known, SINCE), "filter")
        since = [value for value in (asked.pop(CHANGED_FROM, None), filters.pop(SINCE, None)) if value is not None]
        if len(since) > 1:
            raise Unreadable(f"{SINCE} is given twice")
        moments = [query.moment(SINCE, text_of(SINCE, value), call.connection.time_zone) for value in since]
        others = {name: value for name, value in asked.items() if name in more}
        return cls(filters, {CHANGED_FROM: moments[0]} if moments else {}, Page.of(asked), others)

    def text(self, word: str) -> str | None:
        """The text of a filter, None where it is blank.

        Raises:
            Unreadable: it is none.
        """
        return text_of(word, self.filters[word]) if word in self.filters else None

    def read(self, word: str, read: Callable[[Any], Read]) -> Read | None:
        """The value of a filter as `read` reads it, None where it is blank.

        Raises:
            Unreadable: it cannot be read.
        """
        try:
            return read(self.filters[word]) if word in self.filters else None
        except PydanticCustomError as error:
            raise Unreadable(f"{word} {error.message()}") from None

    def number(self, word: str) -> int | None:
        """The id in a filter; a blank and 0, which clients send for none, are none.

        Raises:
            Unreadable: it is no whole number.
        """
        text = self.text(word)
        return query.whole_number(word, text) or None if text else None

    def moment(self, word: str, zone: str, *, through: bool = False) -> str | None:
        """The moment of a filter, as columns have it; `through` asks for the first one after it, or after its day.

        Raises:
            Unreadable: it is no date.
        """
        text = self.text(word)
        if text is None:
            return None
        after = timedelta(days=1) if is_day(text) else timedelta(seconds=1)
        try:
            made = read_moment(text) + (after if through else timedelta())
            return in_utc(made.isoformat(), zone)
        except (NotRead, OverflowError):
            raise Unreadable(f"{word} must be a date as yyyy-mm-dd or yyyy-mm-dd hh:mm:ss") from None

    def members(self, word: str, known: Collection[str]) -> dict[str, str]:
        """The members of a filter that is an object, as texts; blank ones are left out.

        Raises:
            Unreadable: it is none, or has others than these.
        """
        value = self.filters.get(word, {})
        if not isinstance(value, Mapping):
            raise Unreadable(f"{word} must be an object with {', '.join(known)}")
        return {
            name: text_of(f"{word}.{name}", each) for name, each in folded(value, known, f"member of {word}").items()
        }


def folded(row: Mapping[str, Any], known: Collection[str], what: str) -> dict[str, Any]:
    """An object's members as they are spelled in `known`, without blank ones; `what` is what one is called.

    Raises:
        Unreadable: one is not known, or given twice.
    """
    spelled = {name.lower(): name for name in known}
    found: dict[str, Any] = {}
    for given, value in row.items():
        name = spelled.get(given.lower())
        if name is None:
            raise Unreadable(f"there is no {what} '{given[:64]}' here: known are {', '.join(known)}")
        if name in found:
            raise Unreadable(f"{name} is given twice")
        found[name] = value
    return {name: value for name, value in found.items() if value is not None and str(value).strip()}


def text_of(word: str, value: Any) -> str:
    """A value as text.

    Raises:
        Unreadable: it is an object or a list.
    """
    try:
        return part_of(value, word)
    except PydanticCustomError as error:
        raise Unreadable(error.message()) from None
