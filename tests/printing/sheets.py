"""Reports to print, and what is read in what was printed."""

import re
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image
from pypdf import PdfReader

from synchub.printing.paper import pdf
from synchub.printing.sheet import Answer, Block, Letterhead, Part, Party, Picture, Sheet, Times, Work

NOWHERE = Path(__file__).parent / "no fonts are here"
HEAD = Letterhead("Harbour Services Ltd", ("12 Quay Street", "+1 703 555 0100"))


def at(hour: int, minute: int, day: int = 19) -> datetime:
    return datetime(2026, 7, day, hour, minute, tzinfo=ZoneInfo("Europe/Paris"))


def image(form: str = "PNG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **how) -> bytes:
    made = BytesIO()
    Image.new(mode, size, 0).save(made, form, **how)
    return made.getvalue()


def picture(content: bytes | None = None, name: str = "a.png", comment: str = "") -> Picture:
    return Picture(name, comment, lambda: image() if content is None else content)


def sheet(**said) -> Sheet:
    """A report with something of everything, but for what is said otherwise."""
    usual = {
        "number": "154872",
        "changed": at(16, 16),
        "reference": "R-5",
        "kind": "Maintenance",
        "state": "Validated",
        "zone": "Europe/Paris",
        "parties": (
            Party("Customer", "Harbour Bakery", ("C-7", "Ann Smith")),
            Party("Place", "Oven hall", ("Pier 3",)),
        ),
        "scheduled": Times(at(14, 43), at(16, 43)),
        "real": Times(at(23, 50), at(1, 16, day=20)),
        "minutes": 65,
        "technicians": ("Ann Smith", "Steven Jones"),
        "description": "The burner was cleaned.",
        "work": (
            Work("Ann Smith", Times(at(14, 50), at(14, 56)), 6),
            Work("Steven Jones", Times(at(15, 5), at(15, 46)), 41),
        ),
        "parts": (Part("N-1", "Nozzle", "2", ("SN 1000",)),),
        "blocks": (
            Block("Sign Off", 0, (Answer("Print Name", "Fadil"), Answer("Signature", "", (picture(),)))),
            Block("Sign Off", 1, (Answer("Print Name", "Beth"),)),
        ),
        "fields": (("sector", "North"),),
        "photos": (picture(image("JPEG"), "a.jpg", "Before"), picture(image("JPEG"), "b.jpg")),
    }
    return Sheet(**{**usual, **said})


def bare(**said) -> Sheet:
    """A report that says nothing but what is said."""
    return Sheet(**{"number": "1", "changed": at(12, 0), **said})


def read(document: bytes) -> PdfReader:
    return PdfReader(BytesIO(document))


def pages_of(document: bytes) -> list[str]:
    return [page.extract_text() for page in read(document).pages]


def printed(made: Sheet, head: Letterhead = HEAD, fonts: Path = NOWHERE) -> str:
    """All words of a report with one blank between them."""
    return re.sub(r"\s+", " ", " ".join(pages_of(pdf(made, head, fonts))))
