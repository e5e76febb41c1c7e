"""What stands on a report, before anybody decides how it looks.

Texts are as they are to be read; moments are in the zone in which the job was done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Pairs = tuple[tuple[str, str], ...]
"""Labels and what they say."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who hands the report over; the colour is `#rrggbb`, the logo the bytes of a picture."""

    name: str = ""
    lines: tuple[str, ...] = ()
    logo: bytes | None = None
    colour: str = "#1f4e79"
    paper: str = "A4"


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo or a signature; `content` fetches its bytes when they are drawn, None if they are not to be had."""

    name: str
    comment: str
    content: Callable[[], bytes | None]


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody or some place that the job is about."""

    role: str
    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Times:
    """From when to when; either end may be open."""

    begin: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """How long somebody worked, in minutes."""

    who: str
    times: Times
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part that was used."""

    reference: str
    name: str
    quantity: str
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to one question of a report; a signature is a picture."""

    question: str
    said: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """One group of questions; `iteration` counts from 0 how often it was filled in."""

    name: str
    iteration: int
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The report of one job. `changed` is when anything on it changed last."""

    number: str
    changed: datetime
    reference: str = ""
    kind: str = ""
    state: str = ""
    zone: str = ""
    parties: tuple[Party, ...] = ()
    scheduled: Times = Times()
    real: Times = Times()
    minutes: int | None = None
    technicians: tuple[str, ...] = ()
    description: str = ""
    work: tuple[Work, ...] = ()
    parts: tuple[Part, ...] = ()
    blocks: tuple[Block, ...] = ()
    fields: Pairs = ()
    photos: tuple[Picture, ...] = ()
