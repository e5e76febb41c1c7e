"""What documents print, with marks for what is not known before it is answered."""

import re
from collections.abc import Mapping

UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MARK = re.compile("«(.+?)»")
KINDS = {
    "message": UUID,
    "row": UUID,
    "customer": "1[0-9]{9}",
    "number": "[0-9]+",
    "password": "[A-Za-z0-9_-]{43}",
    "fingerprint": "SHA256:[A-Za-z0-9+/]{43}",
}
"""What each of it looks like."""

Known = dict[str, str]


def filled(text: str, known: Mapping[str, str]) -> str:
    """The text with what its marks stand for."""
    return MARK.sub(lambda mark: known[mark[1]], text)


def learned(printed: str, real: str, known: Mapping[str, str]) -> Known:
    """What the marks of a printed answer stand for in the real one, which must be the same otherwise."""
    parts, names = MARK.split(printed), []
    for place in range(1, len(parts), 2):
        name = parts[place]
        group = name.replace(" ", "_").replace("-", "_")
        if name in known:
            parts[place] = re.escape(known[name])
        elif name in names:
            parts[place] = f"(?P={group})"
        else:
            names.append(name)
            parts[place] = f"(?P<{group}>{KINDS[name]})"
    parts[::2] = map(re.escape, parts[::2])
    found = re.fullmatch("".join(parts), real)
    assert found, f"printed:\n{printed}\n\nreal:\n{real}"
    return {name: found[name.replace(" ", "_").replace("-", "_")] for name in names}
