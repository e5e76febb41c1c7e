"""A report as a web page: the same sections in the same order as on paper, without a script."""

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from synchub.printing.sections import TITLE, pictures, sections
from synchub.printing.sheet import Letterhead, Picture, Sheet

if TYPE_CHECKING:
    from jinja2 import Template

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}
"""Headers of the page: nothing runs on it, nothing on it comes from elsewhere, nobody lists or keeps it."""


def page(sheet: Sheet, letterhead: Letterhead, address: Callable[[int], str]) -> str:
    """The report as HTML; `address` says where a picture is, by its place among `shown`."""
    told = list(sections(sheet))
    places = {id(picture): place for place, picture in enumerate(pictures(told))}

    def source(picture: Picture) -> str:
        return address(places[id(picture)])

    parts = [(type(section).__name__.lower(), section) for section in told]
    logo = _data_of(letterhead.logo)
    return _template().render(title=TITLE, sheet=sheet, head=letterhead, parts=parts, source=source, logo=logo)


def _data_of(logo: bytes | None) -> str:
    """A logo as an address that holds it."""
    kind = "image/png" if logo and logo.startswith(b"\x89PNG") else "image/jpeg"
    return f"data:{kind};base64,{b64encode(logo).decode()}" if logo else ""


def shown(sheet: Sheet) -> list[Picture]:
    """The pictures of a report in the order in which the page counts them."""
    return pictures(list(sections(sheet)))


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.get_template("report.html")
