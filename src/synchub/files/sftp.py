"""A directory on somebody's SFTP server.

The server proves itself first: nothing, no name and no password, is sent to one whose host key is not the one that the
setting files_host_key names. Whatever is asked of a server has a time in which it must be answered; one that does not
answer is hung up on.
"""

import errno
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from socket import create_connection, socket
from threading import Timer
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

from synchub import clock
from synchub.files.places import STEP, Entry, OutOfReach, Vanished, Withheld, is_name, names_for, said
from synchub.outbox.addresses import resolve, why_not

if TYPE_CHECKING:
    from paramiko import PKey, SFTPAttributes, SFTPClient, SFTPFile, Transport

Answer = TypeVar("Answer")

PORT = 22
GREETING = 30.0
"""Seconds in which a server must be connected to, proved and logged in to."""
QUIET = 30.0
"""Seconds for which a server may say nothing while it is asked."""
SLOWEST = 16 * 1024
"""Bytes a second that a file must come with; without a floor, one that drips would be waited for without end."""
AHEAD = 2 * STEP
"""Bytes that are asked for before the first of them came: what a channel's window holds."""


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


def reach(address: Address, pinned: str, secrets: Mapping[str, str], *, private: bool) -> "SftpPlace":
    """The directory, once the server has proved itself and taken our log-in.

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
        if (found := _fingerprint(transport)) != pinned:
            raise Untrusted(
                f"{address} has another host key ({found}) than the one that is trusted ({pinned}): ask who runs it, "
                f"and if it is right run 'synchub file trust {address.connection}'"
            )
        _log_in(transport, address, keys, secrets.get("files_password"))
        return SftpPlace(address, transport, _open_channel(transport))


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


class SftpPlace:
    """A directory on a server that let us in; it is used by one thread."""

    def __init__(self, address: Address, transport: "Transport", client: "SFTPClient") -> None:
        self._address, self._transport, self._client = address, transport, client

    def list(self) -> list[Entry]:
        try:
            found = self._ask(lambda: self._client.listdir_attr(self._address.directory))
        except Vanished:
            raise OutOfReach(f"there is no directory {self._here} on {self._address}") from None
        except Withheld as error:
            raise OutOfReach(f"directory {self._here} on {self._address} cannot be looked into: {error}") from None
        named = ((_text(each.filename), each) for each in found)
        return [entry for name, each in named if is_name(name) and (entry := self._entry(name, each)) is not None]

    @property
    def _here(self) -> str:
        return self._address.directory

    def look(self, name: str) -> Entry | None:
        return self._look_at(name, self._path(name))

    def _look_at(self, name: str, path: str) -> Entry | None:
        try:
            found = self._ask(lambda: self._client.lstat(path))
        except Vanished:
            return None
        except Withheld as error:
            raise OutOfReach(f"{path} on {self._address} cannot be looked at: {error}") from None
        return _entry(name, found)

    def _entry(self, name: str, found: "SFTPAttributes") -> Entry | None:
        """What a listing says; where it leaves out what the file is, the server is asked for it."""
        if found.st_mode is None or found.st_size is None or found.st_mtime is None:
            return self.look(name)
        return _entry(name, found)

    def read(self, entry: Entry) -> Iterator[bytes]:
        path = self._path(entry.name)
        with self._named(f"{path} on {self._address} cannot be read"):
            file = self._ask(lambda: self._client.open(path, "rb"))
        _ask_ahead_here(file)
        with self._in_time(2 * QUIET + entry.size / SLOWEST):
            yield from self._steps(file, entry.size)
        with self._named(f"{path} on {self._address} cannot be read"):
            self._ask(file.close)

    def _steps(self, file: "SFTPFile", size: int) -> Iterator[bytes]:
        """The file in steps that are asked for ahead, and whatever is behind its size."""
        position = 0
        while position < size + STEP:
            step = self._ask(lambda: _step(file, position, size))  # noqa: B023 - it is asked at once
            if not step:
                return
            position += len(step)
            yield step

    def move(self, entry: Entry, folder: str) -> None:
        if self.look(entry.name) != entry:
            raise Vanished(f"{self._path(entry.name)} on {self._address} is not the file any more that was read")
        with self._named(f"{self._path(entry.name)} on {self._address} cannot be moved to {folder}"):
            self._make(folder)
            path = self._rename(self._path(entry.name), folder, entry.name)
            if self._look_at(entry.name, path) == entry:
                return
            self._rename(path, "", entry.name)
        raise Vanished(f"{self._path(entry.name)} on {self._address} was replaced before it was moved")

    def _make(self, folder: str) -> None:
        path = self._path(folder)
        try:
            self._ask(lambda: self._client.stat(path))
        except Vanished:
            self._ask(lambda: self._client.mkdir(path))

    def _rename(self, path: str, folder: str, name: str) -> str:
        """Move a file into a folder of this directory (empty: itself) under a name that is free there."""
        for free in names_for(name, clock.now()):
            target = self._path(f"{folder}/{free}" if folder else free)
            if self._look_at_anything(target) is None:
                self._ask(lambda: self._client.rename(path, target))  # noqa: B023 - it is asked at once
                return target
        raise Withheld("all names that it could have there are taken")

    def _look_at_anything(self, path: str) -> "SFTPAttributes | None":
        try:
            return self._ask(lambda: self._client.lstat(path))
        except Vanished:
            return None

    def _path(self, name: str) -> str:
        return name if self._here == "." else f"{self._here.rstrip('/')}/{name}"

    def close(self) -> None:
        self._transport.close()

    @contextmanager
    def _named(self, what: str) -> Iterator[None]:
        """Say of a refusal what was asked."""
        try:
            yield
        except Vanished as error:
            raise Vanished(f"{what}: {error}") from None
        except Withheld as error:
            raise Withheld(f"{what}: {error}") from None

    @contextmanager
    def _in_time(self, seconds: float) -> Iterator[None]:
        """Hang up after that many seconds."""
        timer = Timer(seconds, self._transport.close)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        """What the server answers.

        Raises:
            Vanished: there is no such file.
            Withheld: it refuses to.
            OutOfReach: it does not answer; the connection is closed, as what still came would answer something else.
        """
        from paramiko import SSHException

        with self._in_time(2 * QUIET):
            try:
                return question()
            except (SSHException, EOFError, TimeoutError) as error:
                reason = "it said nothing for too long" if isinstance(error, TimeoutError) else said(error)
            except OSError as error:
                if error.errno == errno.ENOENT:
                    raise Vanished("it is not there any more") from None
                if self._transport.is_active() and error.errno in {None, errno.EACCES}:
                    raise Withheld(said(error)) from None
                reason = said(error)
        self._transport.close()
        raise OutOfReach(f"the connection to {self._address} was lost: {reason}")


def _step(file: "SFTPFile", position: int, size: int) -> bytes:
    if position < size:
        if position % AHEAD == 0:
            file.prefetch(min(position + AHEAD, size))
        return bytes(file.read(min(STEP, size - position)))
    return bytes(file.read(STEP))


def _ask_ahead_here(file: Any) -> None:
    """Let a file ask ahead in the thread that reads it.

    In a thread of its own, as the library does it, a connection that is lost meanwhile ends in a traceback of that
    thread. What is asked ahead is little enough not to block.
    """

    def ask(chunks: Any, _most: Any = None) -> None:
        file._prefetching, file._prefetch_done = True, False  # noqa: SLF001 - as the method that this stands for does
        file._prefetch_thread(chunks, None)  # noqa: SLF001 - as above

    file._start_prefetch = ask  # noqa: SLF001 - there is no other way to choose the thread


def _text(name: str | bytes) -> str:
    """A file's name; one that is no UTF-8 comes as bytes, and is none of ours."""
    return name if isinstance(name, str) else ""


def _entry(name: str, found: "SFTPAttributes") -> Entry | None:
    if found.st_size is None or (found.st_mode is not None and not stat.S_ISREG(found.st_mode)):
        return None
    return Entry(name, found.st_size, (found.st_mtime or 0) * clock.SECOND)
