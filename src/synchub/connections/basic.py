"""HTTP Basic (RFC 7617): what an Authorization header says of who is calling."""

import base64
from typing import NamedTuple

SCHEME = "basic"


class Login(NamedTuple):
    """A user name, which has no colon, and a password, which may have some."""

    username: str
    password: str


def parted(header: str) -> tuple[str, str]:
    """The scheme of an Authorization header in small letters, and what stands behind it."""
    scheme, _, presented = header.strip().partition(" ")
    return scheme.lower(), presented.strip()


def login_of(header: str, *, otherwise: str | None = None) -> Login | None:
    """Who is calling by Basic; None if the header has another scheme or is not readable.

    The text is UTF-8; where it is not, it is read in the encoding `otherwise`, if there is one.
    """
    scheme, encoded = parted(header)
    if scheme != SCHEME:
        return None
    try:
        username, colon, password = _text(base64.b64decode(encoded, validate=True), otherwise).partition(":")
    except ValueError:
        return None
    return Login(username, password) if colon else None


def _text(raw: bytes, otherwise: str | None) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        if otherwise is None:
            raise
        return raw.decode(otherwise)
