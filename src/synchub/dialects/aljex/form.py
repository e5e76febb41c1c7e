"""One POST body: split as bytes, each value read as UTF-8 or else as cp1252, secrets redacted.

The body is split by the rules of `urllib.parse.parse_qsl` with blank values kept. That function is not used
itself: it wants text, and a form does not say what its bytes mean (facts/aljex.md, section 1).
"""

import codecs
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from synchub.errors import TooLarge
from synchub.master.values import clean

MOST_FIELDS = 20_000
REDACTED = "redacted"


@dataclass(frozen=True, slots=True)
class Form:
    """A body's fields in the vendor's spelling; of repeated names the later one.

    `redacted` are the names of the secrets in it, lower case. `body` is what arrived with their values replaced;
    whatever is kept is kept of this.
    """

    fields: dict[str, str]
    redacted: frozenset[str]
    body: bytes

    def value(self, name: str) -> str | None:
        """The value of a field named in any letter case, trimmed; None if it is blank or absent."""
        wanted = name.lower()
        return next((clean(value) for spelt, value in self.fields.items() if spelt.lower() == wanted), None)


def read_form(body: bytes, secrets: Collection[str]) -> Form:
    """The form in a body; `secrets` are names in lower case.

    Raises:
        TooLarge: it has more than 20,000 fields.
    """
    if body.count(b"&") >= MOST_FIELDS:
        raise TooLarge(f"more than {MOST_FIELDS} fields")
    fields: dict[str, tuple[str, str]] = {}
    redacted: set[str] = set()
    pieces = body.split(b"&")
    for place, (name, value) in split(pieces):
        folded = _folded(name)
        if folded in secrets and value:
            redacted.add(folded)
            pieces[place] = pieces[place].partition(b"=")[0] + b"=" + REDACTED.encode()
            value = REDACTED.encode()  # noqa: PLW2901 - from here on nothing knows the secret
        fields[folded] = (clean(text(name)) or "", text(value))
    fields.pop("", None)
    return Form(dict(fields.values()), frozenset(redacted), b"&".join(pieces))


def split(pieces: list[bytes]) -> list[tuple[int, tuple[bytes, bytes]]]:
    """The names and values of the pieces between ampersands, each with its piece's place; empty pieces are none."""
    return [(place, _pair(piece)) for place, piece in enumerate(pieces) if piece]


def _pair(piece: bytes) -> tuple[bytes, bytes]:
    name, _, value = piece.replace(b"+", b" ").partition(b"=")
    return unquote_to_bytes(name), unquote_to_bytes(value)


def _folded(name: bytes) -> str:
    return (clean(text(name)) or "").lower()


def text(raw: bytes) -> str:
    """Bytes of a form as text; bytes that cp1252 leaves undefined become the control characters of that number."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="control_characters")


def _control_character(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("control_characters", _control_character)


def keepable(form: Form, secrets: Collection[str]) -> bytes:
    """What may be kept of a body that is no form of this dialect.

    Nothing, if a secret's name stands in it where no field is named so: then nobody knows which bytes are the secret.
    """
    rest = b"&".join(piece for piece in form.body.split(b"&") if _folded(_pair(piece)[0]) not in secrets)
    plain = text(unquote_to_bytes(rest)).lower()
    return b"" if any(secret in plain for secret in secrets) else form.body
