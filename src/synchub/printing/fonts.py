"""Which fonts a text needs: Debian's Noto fonts for any script, or the fonts that every PDF reader has for Latin text.

Noto Sans comes first, then, of the fonts that have what it lacks, those named here, then all others by name.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from unicodedata import category, name

from synchub.errors import Misconfigured

BASE = "NotoSans"
PREFERRED = ("NotoSansArabic", "NotoNaskhArabic", "NotoSansSymbols", "NotoSansSymbols2", "NotoSansMath", "NotoSansCJK")
ENDINGS = frozenset({".ttf", ".otf", ".ttc"})
PLAIN = "cp1252"
"""What the fonts of every PDF reader can show."""
UNSHOWN = "\N{REPLACEMENT CHARACTER}"
_KANA = range(0x3040, 0x3100)
_HANGUL = range(0xAC00, 0xD7B0)
_JAPANESE, _KOREAN, _CHINESE = 0, 1, 2
"""The faces of one signs' shapes in the collection Noto Sans CJK."""


@dataclass(frozen=True, slots=True)
class Face:
    """A font in two weights; `number` is its place in a collection."""

    regular: Path
    bold: Path
    number: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """The fonts for a text, the first for most of it; none: those of every PDF reader.

    `instead` has what is shown in the place of signs that no font has.
    """

    faces: tuple[Face, ...]
    instead: Mapping[str, str]

    def shown(self, text: str) -> str:
        """The text with nothing in it that no font has."""
        return "".join(self.instead.get(sign, sign) for sign in text)


def choose(text: Iterable[str], folder: Path) -> Choice:
    """The fonts for a text.

    Raises:
        Misconfigured: a letter, mark or digit of it is in none of the fonts below the folder.
    """
    signs = {sign for part in text for sign in part}
    found = _found(folder)
    faces, lacking = _covering(signs, found) if BASE in found else ((), _beyond_plain(signs))
    if unsaid := sorted(sign for sign in lacking if category(sign)[0] in "LMN" and not _selects(sign)):
        raise Misconfigured(
            f"no font below SYNCHUB_FONTS ({folder}) has {unsaid[0]!r} (U+{ord(unsaid[0]):04X}): install Debian's "
            "packages fonts-noto-core and fonts-noto-cjk, or name the directory where Noto fonts are"
        )
    return Choice(faces, {sign: _instead(sign, UNSHOWN if faces else "?") for sign in lacking})


def _instead(sign: str, unshown: str) -> str:
    if category(sign) in {"Cc", "Cf"} or _selects(sign):
        return ""
    return " " if sign.isspace() else unshown


def _selects(sign: str) -> bool:
    """Whether it is no sign of its own, but says which shape the one before it has."""
    return "VARIATION SELECTOR" in name(sign, "")


def _beyond_plain(signs: set[str]) -> set[str]:
    return {sign for sign in signs if not sign.encode(PLAIN, errors="ignore")}


def _found(folder: Path) -> dict[str, Path]:
    """The regular weights of Noto fonts below a directory, by their name."""
    paths = sorted(path for path in folder.rglob("Noto*-Regular.*") if path.suffix in ENDINGS)
    return {path.stem.removesuffix("-Regular"): path for path in paths}


def _covering(signs: set[str], found: Mapping[str, Path]) -> tuple[tuple[Face, ...], set[str]]:
    """The fonts that have the signs, and the signs that none has."""
    lacking, faces = set(signs), list[Face]()
    for path in _in_order(found):
        face = _face(path, signs)
        have = {sign for sign in lacking if ord(sign) in _signs_of(face.regular, face.number)}
        if have or not faces:
            faces.append(face)
        lacking -= have
        if not lacking:
            break
    return tuple(faces), lacking


def _in_order(found: Mapping[str, Path]) -> Iterator[Path]:
    first = [font for font in (BASE, *PREFERRED) if font in found]
    rest = sorted(found.keys() - set(first), key=lambda font: (not font.startswith(BASE), font))
    return (found[font] for font in (*first, *rest))


def _face(path: Path, signs: set[str]) -> Face:
    bold = path.with_name(path.name.replace("-Regular.", "-Bold."))
    number = _shapes(signs) if path.suffix == ".ttc" else 0
    return Face(path, bold if bold.exists() else path, number)


def _shapes(signs: set[str]) -> int:
    """Whose shapes signs have that several scripts share."""
    points = {ord(sign) for sign in signs}
    if any(point in _KANA for point in points):
        return _JAPANESE
    return _KOREAN if any(point in _HANGUL for point in points) else _CHINESE


@lru_cache(maxsize=256)
def _signs_of(path: Path, number: int) -> frozenset[int]:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    with TTFont(path, fontNumber=number, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())
