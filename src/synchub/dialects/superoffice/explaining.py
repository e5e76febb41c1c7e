"""Explanations in the language that a caller asks for, from Babel's catalogues in `locales`.

SO-Language overrides Accept-Language; `*` and `x` ask for no translation (facts/superoffice.md, section 3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from synchub.dialects.preferences import preferred

LOCALES = Path(__file__).parent / "locales"
ENGLISH = "en"
LANGUAGES = (ENGLISH, "nb")
ALIASES = {"no": "nb", "nn": "nb"}
"""Languages that are near enough to one that we have."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an explanation: its English text, that for more than one, and what stands in it.

    `count` decides between the two.
    """

    text: str
    several: str = ""
    count: int = 1
    values: tuple[tuple[str, Any], ...] = ()

    def said(self, language: str) -> str:
        """The sentence in a language."""
        catalogue = catalogue_of(language)
        text = catalogue.ngettext(self.text, self.several, self.count) if self.several else catalogue.gettext(self.text)
        return text % {"count": self.count, **dict(self.values)}


def say(text: str, several: str = "", count: int = 1, **values: Any) -> Sentence:
    """A sentence: its text, or that for one and for more; a test sees that every catalogue has them."""
    return Sentence(text, several, count, tuple(values.items()))


def language_of(headers: Mapping[str, str]) -> str:
    """The language to explain in."""
    asked = headers.get("so-language", "").strip() or headers.get("accept-language", "")
    names = [name.partition("-")[0] for name in preferred(asked.replace("_", "-"))]
    return negotiate_locale([ALIASES.get(name, name) for name in names], LANGUAGES) or ENGLISH


@cache
def catalogue_of(language: str) -> GNUTranslations:
    """The catalogue of a language, compiled in memory."""
    with (LOCALES / language / "LC_MESSAGES" / "superoffice.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
