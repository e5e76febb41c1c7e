"""One POST body: split as bytes, each value read as UTF-8 or else as cp1252, secrets redacted.

The body is split by the rules of `urllib.parse.parse_qsl` with blank values kept. That function is not used
itself: it wants text, and a form does not say what its bytes mean (facts/aljex.md, section 1).
"""

import codecs
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import quote_plus, unquote_to_bytes

from synchub.errors import TooLarge
from synchub.master.values import clean

MOST_FIELDS = 19_999
SHORT_NAME = 128
"""Bytes of a name that are worth remembering."""
REDACTED = "redacted"
_WORD, _NESTED = re.compile(r"\w+"), re.compile(r"[\w\[\].\s-]+")


@dataclass(frozen=True, slots=True)
class Form:
    """A body's fields by their names in lower case, each with the vendor's spelling; of repeated names the later one.

    `redacted` are the names of the secrets in it, lower case, `cut` those of other fields that hold a secret's
    assignment and end there. `body` is what arrived with the secrets replaced; whatever is kept is kept of this.
    """

    fields: dict[str, tuple[str, str]]
    redacted: frozenset[str]
    cut: frozenset[str]
    body: bytes

    def value(self, name: str) -> str | None:
        """The value of a field named in lower case, trimmed; None if it is blank or absent."""
        _, value = self.fields.get(name, ("", ""))
        return clean(value)


def read_form(body: bytes, secrets: Collection[str]) -> Form:
    """The form in a body; `secrets` are names in lower case.

    Raises:
        TooLarge: it has 20,000 fields or more.
    """
    if body.count(b"&") >= MOST_FIELDS:
        raise TooLarge(f"more than {MOST_FIELDS} fields")
    fields: dict[str, tuple[str, str]] = {}
    redacted, cut = set(), set()
    pieces = body.split(b"&")
    assignment = _assignment(tuple(secrets))
    for place, (name, value) in split(pieces):
        folded, spelt, words = _name(name)
        told = text(value)
        if assignment.search(spelt):
            cut.add(REDACTED)
            folded = spelt = told = REDACTED
            pieces[place] = REDACTED.encode()
        elif not words.isdisjoint(secrets):
            if value:
                redacted.add(folded)
                told = REDACTED
                pieces[place] = name + b"=" + REDACTED.encode()
        elif found := ("=" in told or "%" in told) and assignment.search(told):
            cut.add(folded)
            told = told[: found.end()] + REDACTED
            pieces[place] = name + b"=" + quote_plus(told).encode()
        fields[folded] = (spelt, told)
    fields.pop("", None)
    return Form(fields, frozenset(redacted), frozenset(cut), b"&".join(pieces))


@cache
def _assignment(secrets: tuple[str, ...]) -> re.Pattern[str]:
    """Where a text gives a secret: its name and an equals sign, which may still be encoded."""
    names = "|".join(map(re.escape, secrets)) or "(?!)"
    return re.compile(rf"(?:{names})[\s\[\]\"']*(?:=|%3d)", re.IGNORECASE)


def split(pieces: list[bytes]) -> list[tuple[int, tuple[bytes, bytes]]]:
    """The names and values, still encoded, of the pieces between ampersands, each with its piece's place."""
    return [(place, (piece.partition(b"=")[::2])) for place, piece in enumerate(pieces) if piece]


def _name(raw: bytes) -> tuple[str, str, frozenset[str]]:
    """A field's name in lower case, as the vendor spells it, and what else it may be: `user[name]` is also a name."""
    return _short_name(raw) if len(raw) <= SHORT_NAME else _read_name(raw)


def _read_name(raw: bytes) -> tuple[str, str, frozenset[str]]:
    spelt = clean(text(raw).removeprefix("\ufeff")) or ""
    folded = spelt.lower()
    plain = (clean(text(spelt.encode())) or "").lower()
    return folded, spelt, frozenset({folded, *_WORD.findall(plain if _NESTED.fullmatch(plain) else "")})


_short_name = lru_cache(maxsize=4096)(_read_name)


def text(raw: bytes) -> str:
    """An encoded name or value as text; bytes that cp1252 lacks become the control characters of that number."""
    plain = raw.replace(b"+", b" ")
    if b"%" in plain:
        plain = unquote_to_bytes(plain)
    try:
        return plain.decode()
    except UnicodeDecodeError:
        return plain.decode("cp1252", errors="control_characters")


def _control_character(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("control_characters", _control_character)


def keepable(form: Form, secrets: Collection[str]) -> bytes:
    """What may be kept of a body that is no form of this dialect.

    Nothing, if a secret's name stands in it where no field is named so: then nobody knows which bytes are the secret.
    """
    pieces = form.body.split(b"&")
    rest = b"&".join(piece for piece in pieces if _name(piece.partition(b"=")[0])[2].isdisjoint(secrets))
    plain = text(text(rest).encode()).lower()
    return b"" if any(secret in plain for secret in secrets) else form.body
