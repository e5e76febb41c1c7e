"""Which file one is, by the name under which it is delivered: in any letter case, with any signs, day and time."""

import re

_GAP = r"[-_.:\ ]?"
_CLOCK = rf"(?:[-_.\ ]{{0,2}}T?\d\d{_GAP}\d\d(?:{_GAP}\d\d(?:\.?\d{{3,6}})?)?(?:Z(?![a-z]))?)?"
_STAMP = re.compile(
    rf"(?<!\d)(?:\d{{4}}{_GAP}\d\d{_GAP}\d\d|\d\d?[-_.\ ]\d\d?[-_.\ ]\d\d(?:\d\d)?|\d{{8}}|\d{{6}}){_CLOCK}(?!\d)",
    re.IGNORECASE,
)
_ENDING = ".csv"


def letters_of(name: str) -> str | None:
    """The letters of a CSV file's name, lower case, without day and time; None if other digits stand in it."""
    folded = name.replace("\\", "/").rpartition("/")[2].strip().lower()
    if not folded.endswith(_ENDING):
        return None
    bare = _STAMP.sub(" ", folded.removesuffix(_ENDING), count=1)
    return None if re.search(r"[^a-z\s_.,()-]", bare) else "".join(re.findall(r"[a-z]+", bare))
