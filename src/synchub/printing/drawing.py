"""A sheet of paper to draw on: fonts for any script, margins, the head of later pages, page numbers.

Texts are drawn by `write_at` in the direction of their script, with a sign in the place of those that no font has.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, cast

from fpdf import FPDF
from fpdf.bidi import auto_detect_base_direction
from fpdf.enums import Align, MethodReturnValue, TextDirection, XPos, YPos

from synchub.printing.fonts import PLAIN, Choice
from synchub.printing.sheet import Letterhead

MARGIN = 18.0
FOOT = 22.0
INK = (33, 37, 41)
FAINT = (108, 117, 125)
HAIRLINE = (218, 222, 226)
WASH = (246, 247, 249)
LINE = 1.35
"""The height of a line of text, in heights of its letters."""
LONGEST = 4000
"""So many signs of a paragraph are set at once."""
_PAGES = 3 * "\x02"
"""Stands for the number of pages, of up to three digits, until it is known; no text holds it."""
_SIMPLE = re.compile(
    "[\n -\u02ff\u0370-\u0482\u048a-\u058f\u1e00-\u200d\u2010-\u2029\u202f-\u2065\u206a-\u20cf\u2100-\u302f"
    "\u3030-\u3098\u309b-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffff\U00020000-\U000323af]*"
)
"""Texts whose signs stand one after the other as they are: no shaping is needed, which takes most of the time."""


class Page(FPDF):
    """The pages of one report. Lengths are in millimetres, sizes of letters in points."""

    def __init__(self, letterhead: Letterhead, title: str, choice: Choice, changed: datetime) -> None:
        super().__init__(format=letterhead.paper)
        self.letterhead, self.heading, self._choice = letterhead, title, choice
        self.accent = cast(tuple[int, int, int], tuple(bytes.fromhex(letterhead.colour[1:])))
        self._lines: dict[tuple[str, float, str, float], list[str]] = {}
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=FOOT)
        self.c_margin = 0.0
        self.set_creation_date(changed)
        self.set_title(title)
        self.set_author(letterhead.name)
        self.set_creator("synchub")
        self.alias_nb_pages(_PAGES)
        self._take_fonts()
        self.add_page()

    def _take_fonts(self) -> None:
        """The fonts of the choice; without any, those of every reader."""
        self.core_fonts_encoding = PLAIN
        for place, face in enumerate(self._choice.faces):
            for style, path in (("", face.regular), ("B", face.bold)):
                self.add_font(f"face{place}", style, path, collection_font_number=face.number)
        if self._choice.faces:
            self.set_fallback_fonts([f"face{place}" for place in range(1, len(self._choice.faces))], exact_match=False)

    def add_page(self, *said: Any, **more: Any) -> None:
        """Begin a page, on which the font goes on."""
        super().add_page(*said, **more)
        self._note_font()

    def _note_font(self) -> None:
        """Write the font that is chosen into the page.

        Else fpdf2 writes it within a text, and if that begins with a sign of another font it takes it for written,
        though the text's end undoes it: what follows would be drawn with the letters of yet another font.
        """
        if self.current_font is not None and not self.current_font_is_set_on_page:
            self._out(self._set_font_for_page(self.current_font, self.font_size_pt))

    def header(self) -> None:
        """The head of every page but the first, which has the letterhead."""
        if self.page_no() == 1:
            return
        self.style(8, ink=FAINT)
        for place, text in enumerate((self.letterhead.name, self.heading)):
            self.set_y(MARGIN - 8)
            self.write_at(MARGIN + place * self.epw / 2, self.epw / 2, text, right=place == 1)
        self.rule(MARGIN - 2.5, HAIRLINE)
        self.set_y(MARGIN + 3)

    def footer(self) -> None:
        """The number of the page."""
        self.rule(self.h - FOOT + 6, HAIRLINE)
        self.set_y(-FOOT + 8)
        self.style(8, ink=FAINT)
        self.cell(self.epw / 2, 5, f"{self.page_no()}/", align=Align.R)
        self.cell(self.epw / 2, 5, _PAGES, align=Align.L)

    def style(self, size: float, *, bold: bool = False, ink: tuple[int, int, int] = INK) -> None:
        """How the next texts look."""
        self.set_font("face0" if self._choice.faces else "helvetica", "B" if bold else "", size)
        self._note_font()
        self.set_text_color(*ink)

    @property
    def line_height(self) -> float:
        """The height of a line of text as it is styled now."""
        return self.font_size * LINE

    @property
    def room(self) -> float:
        """What is left of the page."""
        return self.page_break_trigger - self.y

    @property
    def whole_room(self) -> float:
        """What a page has below its head."""
        return self.page_break_trigger - MARGIN - 3

    def need(self, height: float) -> None:
        """Begin another page if less than this is left, and a page has as much."""
        if height > self.room and self.room < self.whole_room:
            self.add_page()

    def rule(self, y: float, ink: tuple[int, int, int], width: float = 0.2) -> None:
        """A line from margin to margin."""
        self.set_draw_color(*ink)
        self.set_line_width(width)
        self.line(MARGIN, y, MARGIN + self.epw, y)

    def lines_of(self, text: str, width: float) -> list[str]:
        """The lines that a text takes."""
        key = self._key(text, width)
        if key not in self._lines:
            self._lines[key] = self._split(self._clean(text), width)
        return self._lines[key]

    def _split(self, said: str, width: float) -> list[str]:
        kept, lines = (self.x, self.y), list[str]()
        for piece in pieces(said):
            self.set_xy(MARGIN, MARGIN)
            self._shape(piece)
            found = self.multi_cell(width, self.line_height, piece, dry_run=True, output=MethodReturnValue.LINES)
            lines += map(self._told, cast(list[str], found))
        self.set_xy(*kept)
        return lines

    def _told(self, line: str) -> str:
        """A line as it was given: without fonts of ours it comes back as bytes that stand for signs."""
        return line if self._choice.faces else line.encode("latin-1").decode(PLAIN)

    def keep_lines(self, lines: list[str], width: float) -> str:
        """Lines as one text again, whose lines are known."""
        text = "\n".join(lines)
        self._lines[self._key(text, width)] = lines
        return text

    def _key(self, text: str, width: float) -> tuple[str, float, str, float]:
        return text, width, self.font_style, self.font_size_pt

    def height_of(self, text: str, width: float) -> float:
        """The height that a text takes."""
        return len(self.lines_of(text, width)) * self.line_height

    def write_at(self, x: float, width: float, text: str, *, right: bool = False) -> None:
        """A text in a column, from the present height on; afterwards the place is below it."""
        for piece in pieces(self._clean(text)):
            self.set_x(x)
            self._shape(piece)
            align = Align.R if right or self._runs_left(piece) else Align.L
            self.multi_cell(width, self.line_height, piece, align=align, new_x=XPos.LEFT, new_y=YPos.NEXT)

    def _shape(self, text: str) -> None:
        """Have the signs of a text shaped and ordered, if it needs that."""
        self.set_text_shaping(bool(self._choice.faces) and not _SIMPLE.fullmatch(text))

    def _runs_left(self, text: str) -> bool:
        return bool(self.text_shaping) and auto_detect_base_direction(text) == TextDirection.RTL

    def _clean(self, text: str) -> str:
        """A text without signs that control something, tabs as blanks."""
        plain = unicodedata.normalize("NFC", text).replace("\t", "    ").replace("\r\n", "\n").replace("\r", "\n")
        kept = "".join(sign for sign in plain if sign == "\n" or unicodedata.category(sign) != "Cc")
        return self._choice.shown(kept).strip("\n")


def pieces(text: str) -> Iterator[str]:
    """The paragraphs of a text, a long one cut at blanks: what it costs to draw one grows with its square."""
    for paragraph in text.split("\n") if text else ():
        start = 0
        while len(paragraph) - start > LONGEST:
            end = paragraph.rfind(" ", start, start + LONGEST)
            end = end if end > start else start + LONGEST
            yield paragraph[start:end]
            start = end
        yield paragraph[start:]


def texts_of(parts: Iterable[object]) -> Iterable[str]:
    """All texts within nested tuples and rows of values."""
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, tuple):
            yield from texts_of(part)
        elif hasattr(part, "__dataclass_fields__"):
            yield from texts_of(getattr(part, name) for name in part.__dataclass_fields__)
