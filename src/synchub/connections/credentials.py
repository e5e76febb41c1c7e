"""Secrets: how they are made, proved and sealed.

An inbound secret is kept as a digest. One that we made has 256 random bits, so SHA-256 is enough
("sha256:…"); one that a person chose gets argon2, and its outcome is remembered in memory for minutes, or
each request would cost as much as a log-in. What we must say to a partner (its token for us, a signing
secret) is sealed with a key made from SYNCHUB_SECRET_KEY.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import threading
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from synchub import clock
from synchub.errors import Misconfigured

if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from cryptography.fernet import Fernet

INBOUND = frozenset({"token", "password", "api_key"})
"""Credentials by which a partner proves itself; only a digest is kept."""
LOGINS = frozenset({"username", "domain"})
"""Credentials that say who is calling; no secret."""
SIGNING = "secret"
"""The credential by which a partner knows our calls: base64, as Standard Webhooks writes it."""

PASSWORDS = frozenset({"password", "target_password", "files_password"})
"""Secrets that travel encoded, so that they may have any sign; every other one stands in a header as it is."""

DOCUMENTS = frozenset({"files_key"})
"""Secrets that have lines."""

SECRET_BYTES = 32
REMEMBERED = 300 * clock.SECOND
MOST_REMEMBERED = 10_000
HASHERS = threading.Semaphore(2)
_GENERATED = "sha256:"
_CHOSEN = "argon2:"

Aging = Sequence[tuple[str, int | None]]
"""A secret with those that it replaced, newest first, each with the moment at which it ends, if it does."""


def generate(name: str, connection: str) -> str:
    """A new credential: 256 random bits, or for a log-in the connection's name."""
    if name in LOGINS:
        return connection
    if name == SIGNING:
        return "whsec_" + base64.b64encode(os.urandom(SECRET_BYTES)).decode()
    return secrets.token_urlsafe(SECRET_BYTES)


def check_chosen(name: str, value: str) -> None:
    """See that a credential that a person chose can work at all.

    Raises:
        Misconfigured: it cannot; the text says what is asked for.
    """
    if name in DOCUMENTS and value.strip() and all(line.isprintable() for line in value.splitlines()):
        return
    if not value or value != value.strip() or not value.isprintable():
        raise Misconfigured(f"{name} may not be empty, nor begin or end with a blank, nor hold control characters")
    if name in LOGINS and ":" in value:
        raise Misconfigured(f"{name} may have no colon: it ends the name in HTTP Basic")
    if name == SIGNING and not _is_base64(value.removeprefix("whsec_")):
        raise Misconfigured(f"{name} must be base64 of random bytes, with or without 'whsec_' before it")
    if name not in LOGINS | PASSWORDS and (" " in value or not value.isascii()):
        raise Misconfigured(f"{name} must be only ASCII letters, digits and signs, without a blank")


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (NotBase64, ValueError):
        return False


def digest(secret: str, *, generated: bool) -> str:
    """What is kept of an inbound secret."""
    if generated:
        return exact_digest(secret)
    with HASHERS:
        return _CHOSEN + _hasher().hash(secret)


def exact_digest(secret: str) -> str:
    """The digest of a secret that we made; equal secrets have equal digests, so it can be looked up."""
    return _GENERATED + hashlib.sha256(secret.encode()).hexdigest()


def is_exact(kept: str) -> bool:
    """Whether the digest is one that can be looked up."""
    return kept.startswith(_GENERATED)


def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # what OWASP asks for at the least


class Prover:
    """Compares secrets with digests in constant time, and remembers for minutes which chosen ones fitted or failed.

    `most` are remembered of either kind, so that wrong ones crowd no good one out.
    """

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._salt = os.urandom(32)
        self._most = most
        self._until: dict[bool, dict[bytes, int]] = {True: {}, False: {}}

    def fits(self, kept: str, presented: str) -> bool:
        """Whether the presented secret is the one that the digest was made of."""
        fits = self.recall(kept, presented)
        if fits is None:
            fits = _verify(kept.removeprefix(_CHOSEN), presented)
            self._remember(kept, presented, fits=fits)
        elif fits and not is_exact(kept):
            self._remember(kept, presented, fits=True)
        return fits

    def recall(self, kept: str, presented: str) -> bool | None:
        """What `fits` would say, if it knows without a slow hash."""
        if is_exact(kept):
            return hmac.compare_digest(kept, exact_digest(presented))
        trace, now = self._trace(kept, presented), clock.now()
        return next((fits for fits, until in self._until.items() if until.get(trace, 0) > now), None)

    def _remember(self, kept: str, presented: str, *, fits: bool) -> None:
        until = self._until[fits]
        if len(until) >= self._most:
            until.clear()
        until[self._trace(kept, presented)] = clock.now() + REMEMBERED

    def _trace(self, kept: str, presented: str) -> bytes:
        return hmac.digest(self._salt, f"{kept}\0{presented}".encode(), "sha256")


def _verify(kept: str, presented: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    with HASHERS:
        try:
            return _hasher().verify(kept, presented)
        except (VerificationError, InvalidHashError):
            return False


@dataclass(frozen=True)
class Vault:
    """Seals what we must say to partners; one without a key says so when it is asked to."""

    secret_key: str

    @cached_property
    def _fernet(self) -> "Fernet":
        from cryptography.fernet import Fernet
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        if not self.secret_key:
            raise Misconfigured("SYNCHUB_SECRET_KEY is not set: passwords that we send to partners are sealed with it")
        key = HKDF(SHA256(), 32, salt=None, info=b"synchub outbound secrets").derive(self.secret_key.encode())
        return Fernet(base64.urlsafe_b64encode(key))

    def seal(self, content: Mapping[str, Aging]) -> bytes | None:
        """The sealed form of outbound secrets by name; None for none.

        Raises:
            Misconfigured: the vault has no key.
        """
        if not content:
            return None
        return self._fernet.encrypt(json.dumps({name: list(aging) for name, aging in content.items()}).encode())

    def open(self, sealed: bytes | None, owner: str) -> dict[str, Aging]:
        """The outbound secrets by name of the connection called `owner`.

        Raises:
            Misconfigured: the vault has no key, or not the one that sealed them.
        """
        from cryptography.fernet import InvalidToken

        if sealed is None:
            return {}
        try:
            content = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise Misconfigured(
                f"SYNCHUB_SECRET_KEY does not open the secrets of connection '{owner}': set the key that sealed them, "
                f"or give them anew with 'synchub connection rotate-secret {owner}'"
            ) from None
        return {name: [(value, until) for value, until in aging] for name, aging in content.items()}


def valid(aging: Aging, now: int) -> list[str]:
    """Those of a secret's values that still count, newest first."""
    return [value for value, until in aging if until is None or until > now]
