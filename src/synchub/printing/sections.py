"""A report as headings, tables and pictures in the order in which they are read: on paper and on the page alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from synchub.printing.sheet import Answer, Block, Pairs, Party, Picture, Sheet, Times

TITLE = "Service report"
DASH = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Cards:
    """Parties side by side."""

    parties: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and what they say."""

    title: str
    pairs: Pairs


@dataclass(frozen=True, slots=True)
class Prose:
    """A text of any length."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: how wide it is beside the others, and whether it holds numbers."""

    title: str
    width: int
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below a head that every page repeats; the last may be a total."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Questions and answers of one block."""

    title: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures side by side with what is said of them."""

    title: str
    pictures: tuple[Picture, ...]


Section = Cards | Facts | Prose | Table | Answers | Gallery


def sections(sheet: Sheet) -> Iterator[Section]:
    """All that a report says, without what is empty."""
    if sheet.parties:
        yield Cards(sheet.parties)
    if pairs := tuple(_facts(sheet)):
        yield Facts("Job", pairs)
    if sheet.description.strip():
        yield Prose("Description", sheet.description.strip())
    if sheet.work:
        yield _work(sheet)
    if sheet.parts:
        yield _parts(sheet)
    yield from map(_answers, sheet.blocks)
    if sheet.fields:
        yield Facts("Further details", sheet.fields)
    if sheet.photos:
        yield Gallery("Photos", sheet.photos)


def pictures(told: list[Section]) -> list[Picture]:
    """All pictures of a report, in the order in which they are met."""
    return [picture for section in told for picture in _pictures_of(section)]


def _pictures_of(section: Section) -> Iterator[Picture]:
    if isinstance(section, Gallery):
        yield from section.pictures
    elif isinstance(section, Answers):
        for answer in section.answers:
            yield from answer.pictures


def _facts(sheet: Sheet) -> Iterator[tuple[str, str]]:
    said = {
        "Reference": sheet.reference,
        "Kind": sheet.kind,
        "Scheduled": span(sheet.scheduled),
        "Carried out": span(sheet.real),
        "Duration": lasting(sheet.minutes),
        "Technicians" if len(sheet.technicians) > 1 else "Technician": ", ".join(sheet.technicians),
    }
    return ((label, text) for label, text in said.items() if text)


def _work(sheet: Sheet) -> Table:
    columns = (Column("Technician", 4), Column("From", 3), Column("To", 3), Column("Time", 2, is_number=True))
    rows = tuple(
        (work.who, moment(work.times.begin), moment(work.times.end), lasting(work.minutes)) for work in sheet.work
    )
    whole = sum(work.minutes or 0 for work in sheet.work)
    return Table("Working time", columns, rows, ("Total", "", "", lasting(whole)) if len(rows) > 1 else None)


def _parts(sheet: Sheet) -> Table:
    columns = (Column("Reference", 3), Column("Part", 6), Column("Quantity", 2, is_number=True))
    rows = tuple(
        (part.reference, "\n".join(filter(None, (part.name, *part.serials))), part.quantity) for part in sheet.parts
    )
    return Table("Parts", columns, rows)


def _answers(block: Block) -> Answers:
    title = block.name or "Report"
    return Answers(f"{title} ({block.iteration + 1})" if block.iteration else title, block.answers)


def moment(at: datetime | None) -> str:
    """A moment as people write it: "19 Jul 2026, 14:43"."""
    return f"{at.day} {at:%b %Y, %H:%M}" if at else ""


def span(times: Times) -> str:
    """From when to when; the day is said once if it is one."""
    begin, end = times.begin, times.end
    if begin and end and begin.date() == end.date():
        return f"{moment(begin)} {DASH} {end:%H:%M}"
    if begin and end:
        return f"{moment(begin)} {DASH} {moment(end)}"
    return f"from {moment(begin)}" if begin else f"until {moment(end)}" if end else ""


def lasting(minutes: int | None) -> str:
    """Minutes as people say them: "1 h 05 min"."""
    if not minutes:
        return ""
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"
