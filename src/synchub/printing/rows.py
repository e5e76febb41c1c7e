"""Rows of cells on paper: a head that every page repeats, and rows that go on on the next page where they are long."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from synchub.printing.drawing import FAINT, HAIRLINE, INK, MARGIN, WASH, Page
from synchub.printing.pictures import Printable

SIZE = 9.5
PAD = 1.6
LEAST_LINES = 4
"""So many lines of a row that goes on elsewhere stay together."""
TALL = 50.0
"""A row that is higher than this goes on on the next page rather than to leave so much of this one empty."""
PICTURE_HEIGHT = 24.0


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, and a picture below it."""

    text: str = ""
    is_faint: bool = False
    is_bold: bool = False
    right: bool = False
    picture: Printable | None = None


Row = Sequence[Cell]


def draw_rows(page: Page, widths: Sequence[float], rows: Sequence[Row], head: Row = ()) -> None:
    """Draw rows from the present place on, the first of them on the page of their head."""
    if head:
        first = _height(page, widths, rows[0]) if rows else 0.0
        page.need(_height(page, widths, head) + min(first, page.whole_room / 2))
        _draw_head(page, widths, head)
    for row in rows:
        _draw_row(page, widths, row, head)


def _draw_head(page: Page, widths: Sequence[float], head: Row) -> None:
    page.set_fill_color(*WASH)
    page.rect(MARGIN, page.y, page.epw, _height(page, widths, head), style="F")
    _draw_cells(page, widths, head)


def _draw_row(page: Page, widths: Sequence[float], row: Row, head: Row) -> None:
    height = _height(page, widths, row)
    above = _height(page, widths, head) if head else 0.0
    if page.room < height <= min(TALL, page.whole_room - above):
        _turn(page, widths, head)
    while height > page.room:
        row = _draw_beginning(page, widths, row, head)
        height = _height(page, widths, row)
    _draw_cells(page, widths, row)


def _turn(page: Page, widths: Sequence[float], head: Row) -> None:
    page.add_page()
    if head:
        _draw_head(page, widths, head)


def _draw_beginning(page: Page, widths: Sequence[float], row: Row, head: Row) -> Row:
    """Draw as many lines of a row as this page takes; returns the rest of it, for the next page, which is begun."""
    parts = []
    for cell, width in zip(row, widths, strict=True):
        _style(page, cell)
        lines = page.lines_of(cell.text, width - 2 * PAD)
        fitting = int((page.room - 2 * PAD) / page.line_height)
        fitting = fitting if fitting >= min(LEAST_LINES, len(lines)) else 0
        here, later = (page.keep_lines(part, width - 2 * PAD) for part in (lines[:fitting], lines[fitting:]))
        parts.append((replace(cell, text=here, picture=None), replace(cell, text=later)))
    if any(here.text for here, _ in parts):
        _draw_cells(page, widths, [here for here, _ in parts])
    _turn(page, widths, head)
    return [later for _, later in parts]


def _draw_cells(page: Page, widths: Sequence[float], row: Row) -> None:
    top, x, height = page.y, MARGIN, _height(page, widths, row)
    for cell, width in zip(row, widths, strict=True):
        page.set_y(top + PAD)
        _style(page, cell)
        page.write_at(x + PAD, width - 2 * PAD, cell.text, right=cell.right)
        if cell.picture:
            size = cell.picture.within(width - 2 * PAD, PICTURE_HEIGHT)
            page.image(cell.picture.content, x + PAD, page.y + PAD / 2, *size)
        x += width
    page.rule(top + height, HAIRLINE)
    page.set_y(top + height)


def _height(page: Page, widths: Sequence[float], row: Row) -> float:
    heights = []
    for cell, width in zip(row, widths, strict=True):
        _style(page, cell)
        drawn = cell.picture.within(width - 2 * PAD, PICTURE_HEIGHT)[1] + PAD if cell.picture else 0.0
        heights.append(page.height_of(cell.text, width - 2 * PAD) + drawn)
    return max(heights) + 2 * PAD


def _style(page: Page, cell: Cell) -> None:
    page.style(SIZE, bold=cell.is_bold, ink=FAINT if cell.is_faint else INK)
