"""Whether a file is whole: decided by when this hub saw it change, never by what another machine's clock says."""

from dataclasses import dataclass, replace

from synchub.clock import SECOND
from synchub.files.places import Entry
from synchub.files.settings import FileSettings

AGREEING = 5
"""Looks that agree, so that an upload which stalls for three of them is not taken."""
INTERVALS = 3.5
"""The usual least age, in intervals between two looks."""
LONG = 3600.0
"""Seconds after which a file is whole however seldom it is looked at."""
OVERDUE = 2 * LONG
"""Seconds, beside those of ten looks and the least age, after which what is not whole is no upload any more."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of a file that was seen; times are microseconds of this hub's clock.

    `looks` in a row agree on `entry`, which changed at `changed_at` for the last time; `run` was made of exactly it.
    """

    entry: Entry
    first_seen_at: int
    changed_at: int
    looks: int = 1
    run: int | None = None


def seen_again(before: Sight | None, entry: Entry, now: int) -> Sight:
    """A file after one more look at it.

    One that grew may have been under way since its first sight. One that shrank, or came after a run was made of what
    had its name, is another file. What was seen before our clock was set back is seen for the first time.
    """
    if before is None or (before.run is not None and before.entry != entry) or entry.size < before.entry.size:
        return Sight(entry, now, now)
    if before.run is None and before.changed_at > now + SECOND:
        return Sight(entry, now, now)
    if before.entry == entry:
        return before if before.run is not None else replace(before, looks=before.looks + 1)
    return replace(before, entry=entry, changed_at=now, looks=1)


def is_whole(sight: Sight, settings: FileSettings, now: int, *, is_done: bool) -> bool:
    """Whether a file may be taken; `is_done`: its done-file is beside it."""
    if settings.files_ready == "rename":
        return True
    if settings.files_ready == "done-file":
        return is_done
    age = (now - sight.changed_at) / SECOND
    if settings.files_min_age is not None:
        return sight.looks > 1 and age >= settings.files_min_age
    has_stayed = sight.looks >= AGREEING or age >= LONG
    return sight.looks > 1 and has_stayed and age >= INTERVALS * settings.files_every


def is_overdue(sight: Sight, settings: FileSettings, now: int) -> bool:
    """Whether a file that is not taken yet has been there for longer than any upload."""
    most = OVERDUE + 10 * settings.files_every + (settings.files_min_age or 0)
    return (now - sight.first_seen_at) / SECOND > most
