"""The way to somebody's SFTP server: proved to be the right one before anything is said to it.

Nothing, no name and no password, is sent to a server whose host key is not the one that the setting files_host_key
names.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from socket import create_connection, socket
from threading import Timer
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from synchub.files.places import OutOfReach, said
from synchub.outbox.addresses import resolve, why_not

if TYPE_CHECKING:
    from paramiko import PKey, SFTPClient, Transport

PORT = 22
GREETING = 30.0
"""Seconds in which a server must be connected to, proved and logged in to."""
QUIET = 30.0
"""Seconds for which a server may say nothing while it is asked."""


class Untrusted(OutOfReach):
    """Nobody has said that this server is the right one, or it is another one."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a connection's SFTP server is, and what is kept of it."""

    connection: str
    user: str
    host: str
    port: int
    directory: str

    @classmethod
    def of(cls, connection: str, files: str) -> "Address":
        """Reads `sftp://user@host:port/directory`; `/~/directory` begins where the log-in leads."""
        parts = urlsplit(files)
        path = unquote(parts.path)
        directory = path.removeprefix("/~").lstrip("/") or "." if path.startswith("/~") else path or "."
        return cls(connection, unquote(parts.username or ""), parts.hostname or "", parts.port or PORT, directory)

    def __str__(self) -> str:
        """As an operator knows it."""
        return f"{self.host} port {self.port}"


def fingerprint_of(address: Address, *, private: bool) -> str:
    """The fingerprint of the server's host key as OpenSSH prints it; nothing is said to the server.

    Raises:
        OutOfReach: there is no server.
    """
    with _greeting(address, private=private) as transport:
        return _fingerprint(transport)


def _fingerprint(transport: "Transport") -> str:
    return str(transport.get_remote_server_key().fingerprint)


@contextmanager
def _greeting(address: Address, *, private: bool) -> Iterator["Transport"]:
    """A connection to a server on which the keys are agreed; closed at the end if anything fails, or takes too long."""
    from paramiko import SSHException, Transport

    line = _dial(address, private=private)
    transport = Transport(line)
    transport.daemon = True
    transport.banner_timeout = transport.auth_timeout = transport.channel_timeout = GREETING
    timer = Timer(GREETING, transport.close)
    timer.daemon = True
    timer.start()
    kept = False
    try:
        transport.start_client(timeout=GREETING)
        yield transport
        kept = transport.is_active() and transport.is_authenticated()
    except (SSHException, OSError, EOFError) as error:
        raise OutOfReach(f"{address} is no SFTP server that can be talked to: {said(error)}") from None
    finally:
        timer.cancel()
        if not kept:
            transport.close()
            line.close()


def _dial(address: Address, *, private: bool) -> socket:
    """A connection to the first address of the host that answers and may be called."""
    end, why = monotonic() + GREETING, f"{address.host} has no address"
    try:
        for place in resolve(address.host, address.port, GREETING):
            if reason := why_not(place, private=private):
                why = reason
                continue
            try:
                return create_connection((str(place), address.port), timeout=max(0.1, end - monotonic()))
            except OSError as error:
                why = said(error)
    except OSError as error:
        why = said(error)
    raise OutOfReach(f"{address} cannot be reached: {why}")


def enter(
    address: Address, pinned: str, secrets: Mapping[str, str], *, private: bool
) -> "tuple[Transport, SFTPClient]":
    """A channel to its files, once the server has proved itself and taken our log-in.

    Raises:
        Untrusted: its host key is not the pinned one.
        OutOfReach: it cannot be talked to, or does not let us in.
    """
    if not pinned:
        raise Untrusted(
            f"nobody has said that {address} is the right server: run 'synchub file trust {address.connection}'"
        )
    keys = _key(address, secrets["files_key"]) if secrets.get("files_key") else None
    if keys is None and not secrets.get("files_password"):
        raise OutOfReach(
            f"there is nothing to log in to {address} with: give connection '{address.connection}' files_password or "
            "files_key"
        )
    with _greeting(address, private=private) as transport:
        _check(transport, address, pinned)
        _log_in(transport, address, keys, secrets.get("files_password"))
        return transport, _open_channel(transport)


def _check(transport: "Transport", address: Address, pinned: str) -> None:
    """See that the server is the one that is trusted.

    Raises:
        Untrusted: it has another host key.
    """
    if (found := _fingerprint(transport)) != pinned.strip():
        raise Untrusted(
            f"{address} has another host key ({found}) than the one that is trusted ({pinned}): ask who runs it, "
            f"and if it is right run 'synchub file trust {address.connection}'"
        )


def _key(address: Address, text: str) -> "PKey":
    from paramiko import ECDSAKey, Ed25519Key, RSAKey, SSHException

    for kind in (Ed25519Key, ECDSAKey, RSAKey):
        with suppress(SSHException, ValueError, IndexError, TypeError):
            return kind.from_private_key(StringIO(text.strip() + "\n"))
    raise OutOfReach(
        f"files_key of connection '{address.connection}' is no private key without a passphrase, as ssh-keygen makes it"
    )


def _log_in(transport: "Transport", address: Address, key: "PKey | None", password: str | None) -> None:
    """Try the key, then the password."""
    from paramiko import AuthenticationException, SSHException

    refused: Exception | None = None
    for secret, tell in ((key, transport.auth_publickey), (password, transport.auth_password)):
        if secret is None or transport.is_authenticated():
            continue
        try:
            tell(address.user, secret)  # type: ignore[arg-type] # each secret stands beside what takes it
        except AuthenticationException as error:
            refused = error
        except SSHException as error:
            raise OutOfReach(f"{address} ended the log-in: {said(error)}") from None
    if not transport.is_authenticated():
        raise OutOfReach(
            f"{address} does not let user {address.user} in: mend files_password or files_key of connection "
            f"'{address.connection}' ({said(refused) if refused else 'it asks for more than one proof'})"
        )


def _open_channel(transport: "Transport") -> "SFTPClient":
    from paramiko import SFTPClient

    channel = transport.open_session(timeout=GREETING)
    channel.settimeout(QUIET)
    channel.invoke_subsystem("sftp")
    return SFTPClient(channel)
