"""A report as a PDF: the letterhead, then one section after the other, over as many pages as they take."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from synchub.errors import TooLarge
from synchub.printing.drawing import FAINT, INK, MARGIN, WASH, Page, texts_of
from synchub.printing.fonts import choose
from synchub.printing.pictures import printable
from synchub.printing.rows import Cell, Row, draw_rows
from synchub.printing.sections import TITLE, Answers, Cards, Facts, Gallery, Prose, Section, Table, sections
from synchub.printing.sheet import Answer, Letterhead, Party, Picture, Sheet

GAP = 7.0
LOGO_HEIGHT, LOGO_WIDTH = 18.0, 60.0
PHOTO_HEIGHT = 62.0
GUTTER = 6.0
LABELS = 38.0
CARD_PAD = 3.0
HEADING, KEPT_TOGETHER = 8.0, 16.0
"""The height of a heading, and so much of a section stands below it."""
MOST_SIGNS = 200_000
"""About 60 pages."""
MISSING = "(the picture cannot be shown)"

Item = TypeVar("Item")


def pdf(sheet: Sheet, letterhead: Letterhead, fonts: Path) -> bytes:
    """The report as a document; the same sheet gives the same bytes.

    Raises:
        Misconfigured: no font below `fonts` has a letter of it.
        TooLarge: it has more text than is printed.
    """
    told = list(sections(sheet))
    texts = list(texts_of((letterhead, TITLE, sheet.number, sheet.state, sheet.zone, *told)))
    if sum(map(len, texts)) > MOST_SIGNS:
        raise TooLarge(f"the report has too much text: at most {MOST_SIGNS} signs are printed")
    choice = choose(texts, fonts)
    page = Page(letterhead, f"{TITLE} {sheet.number}".strip(), choice, sheet.changed)
    _draw_letterhead(page)
    _draw_title(page, sheet)
    for section in told:
        _draw(page, section)
    _draw_end(page, sheet)
    return bytes(page.output())


def _draw_letterhead(page: Page) -> None:
    head, top = page.letterhead, page.y
    logo = printable(head.logo) if head.logo else None
    if logo is not None:
        page.image(logo.content, MARGIN, top, *logo.within(LOGO_WIDTH, LOGO_HEIGHT))
    half = page.epw / 2
    page.style(13, bold=True, ink=page.accent)
    page.write_at(MARGIN + half, half, head.name, right=True)
    page.style(8.5, ink=FAINT)
    for line in head.lines:
        page.write_at(MARGIN + half, half, line, right=True)
    page.set_y(max(page.y, top + LOGO_HEIGHT if logo else top) + 3)
    if head.name or head.lines or logo:
        page.rule(page.y, page.accent, 0.6)
        page.set_y(page.y + 6)


def _draw_title(page: Page, sheet: Sheet) -> None:
    top = page.y
    page.style(20, bold=True)
    page.write_at(MARGIN, page.epw * 0.7, f"{TITLE} {sheet.number}".strip())
    below = page.y
    page.style(10, bold=True, ink=page.accent)
    page.set_y(top + 2.5)
    page.write_at(MARGIN + page.epw * 0.7, page.epw * 0.3, sheet.state, right=True)
    page.set_y(max(page.y, below) + 2)


def _draw(page: Page, section: Section) -> None:
    if isinstance(section, Cards):
        _draw_cards(page, section.parties)
        return
    _draw_heading(page, section.title, PHOTO_HEIGHT + GUTTER if isinstance(section, Gallery) else KEPT_TOGETHER)
    if isinstance(section, Facts):
        _draw_facts(page, section)
    elif isinstance(section, Prose):
        _draw_prose(page, section)
    elif isinstance(section, Table):
        _draw_table(page, section)
    elif isinstance(section, Answers):
        _draw_answers(page, section)
    else:
        _draw_gallery(page, section.pictures)


def _draw_heading(page: Page, title: str, together: float) -> None:
    """A heading on the page on which so much of what follows is."""
    page.need(GAP + HEADING + together)
    page.set_y(page.y + GAP)
    page.style(11, bold=True, ink=page.accent)
    page.write_at(MARGIN, page.epw, title)
    page.rule(page.y + 0.8, page.accent, 0.3)
    page.set_y(page.y + 2)


def _draw_cards(page: Page, parties: Sequence[Party]) -> None:
    """Parties, two beside each other."""
    width = (page.epw - GUTTER) / 2
    for pair in _batched(parties):
        height = max(_card_height(page, party, width) for party in pair)
        page.need(height)
        top = page.y + 2
        for place, party in enumerate(pair):
            _draw_card(page, party, (MARGIN + place * (width + GUTTER), top, width, height))
        page.set_y(top + height)


def _card_height(page: Page, party: Party, width: float) -> float:
    height = 2 * CARD_PAD
    for text, size, bold, _ in _card_texts(party):
        page.style(size, bold=bold)
        height += page.height_of(text, width - 2 * CARD_PAD)
    return height


def _card_texts(party: Party) -> Iterator[tuple[str, float, bool, tuple[int, int, int]]]:
    yield party.role, 8, False, FAINT
    yield party.name, 11, True, INK
    for line in party.lines:
        yield line, 9, False, INK


def _draw_card(page: Page, party: Party, frame: tuple[float, float, float, float]) -> None:
    x, top, width, height = frame
    page.set_fill_color(*WASH)
    page.rect(x, top, width, height, style="F")
    page.set_fill_color(*page.accent)
    page.rect(x, top, 0.8, height, style="F")
    page.set_y(top + CARD_PAD)
    for text, size, bold, ink in _card_texts(party):
        page.style(size, bold=bold, ink=ink)
        page.write_at(x + CARD_PAD, width - 2 * CARD_PAD, text)


def _draw_facts(page: Page, section: Facts) -> None:
    rows = [(Cell(label, is_faint=True), Cell(said)) for label, said in section.pairs]
    draw_rows(page, (LABELS, page.epw - LABELS), rows)


def _draw_prose(page: Page, section: Prose) -> None:
    page.style(10)
    for paragraph in section.text.splitlines():
        if paragraph.strip():
            page.write_at(MARGIN, page.epw, paragraph)
        else:
            page.ln(page.line_height)


def _draw_table(page: Page, table: Table) -> None:
    unit = page.epw / sum(column.width for column in table.columns)
    sides = [column.is_number for column in table.columns]
    head = [Cell(column.title, is_bold=True, right=column.is_number) for column in table.columns]
    rows = [[Cell(text, right=right) for text, right in zip(row, sides, strict=True)] for row in table.rows]
    if table.total:
        rows.append([Cell(text, is_bold=True, right=right) for text, right in zip(table.total, sides, strict=True)])
    draw_rows(page, [column.width * unit for column in table.columns], rows, head)


def _draw_answers(page: Page, section: Answers) -> None:
    rows = [row for answer in section.answers for row in _answered(answer)]
    draw_rows(page, (page.epw * 0.36, page.epw * 0.64), rows)


def _answered(answer: Answer) -> Iterator[Row]:
    """The rows of one answer: a picture each, the text with the first."""
    drawn = [printable(picture.content()) for picture in answer.pictures]
    missing = [f"{picture.name}: {MISSING}" for picture, image in zip(answer.pictures, drawn, strict=True) if not image]
    shown = [image for image in drawn if image]
    said = "\n".join(filter(None, (answer.said, *missing)))
    yield Cell(answer.question, is_faint=True), Cell(said, picture=next(iter(shown), None))
    for image in shown[1:]:
        yield Cell(), Cell(picture=image)


def _draw_gallery(page: Page, pictures: Sequence[Picture]) -> None:
    """Pictures, two beside each other, each in a frame with its comment below."""
    width = (page.epw - GUTTER) / 2
    page.style(8.5)
    for pair in _batched(pictures):
        below = max(page.height_of(picture.comment or picture.name, width) for picture in pair)
        page.need(PHOTO_HEIGHT + below + GUTTER)
        top = page.y
        for place, picture in enumerate(pair):
            _draw_picture(page, picture, MARGIN + place * (width + GUTTER), width, top)
        page.set_y(top + PHOTO_HEIGHT + below + GUTTER)


def _draw_picture(page: Page, picture: Picture, x: float, width: float, top: float) -> None:
    page.set_fill_color(*WASH)
    page.rect(x, top, width, PHOTO_HEIGHT, style="F")
    page.style(8.5, ink=FAINT)
    image = printable(picture.content())
    if image is None:
        page.set_y(top + PHOTO_HEIGHT / 2)
        page.write_at(x + CARD_PAD, width - 2 * CARD_PAD, MISSING)
    else:
        wide, tall = image.within(width - 2, PHOTO_HEIGHT - 2)
        page.image(image.content, x + (width - wide) / 2, top + (PHOTO_HEIGHT - tall) / 2, wide, tall)
    page.set_y(top + PHOTO_HEIGHT + 1)
    page.write_at(x, width, picture.comment or picture.name)


def _draw_end(page: Page, sheet: Sheet) -> None:
    if sheet.zone:
        page.set_y(page.y + GAP / 2)
        page.style(8, ink=FAINT)
        page.write_at(MARGIN, page.epw, f"All times are those of {sheet.zone}.")


def _batched(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Items two by two."""
    return (items[place : place + 2] for place in range(0, len(items), 2))
