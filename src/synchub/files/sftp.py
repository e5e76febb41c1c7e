"""A directory on somebody's SFTP server.

Whatever is asked of a server has a time in which it must be answered; one that does not answer is hung up on.
"""

import errno
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Timer
from typing import TYPE_CHECKING, Any, TypeVar

from synchub import clock
from synchub.files import ssh
from synchub.files.places import STEP, Entry, OutOfReach, Vanished, Withheld, is_name, names_for, said, sorted_out
from synchub.files.ssh import Address

if TYPE_CHECKING:
    from paramiko import SFTPAttributes, SFTPClient, SFTPFile, Transport

Answer = TypeVar("Answer")

SLOWEST = 16 * 1024
"""Bytes a second that a file must come with; without a floor, one that drips would be waited for without end."""
AHEAD = 2 * STEP
"""Bytes that are asked for before the first of them came: what a channel's window holds."""


def reach(address: Address, pinned: str, secrets: Mapping[str, str], *, private: bool) -> "SftpPlace":
    """The directory, on a server that has the pinned host key and let us in.

    Raises:
        OutOfReach: as `ssh.enter`.
    """
    return SftpPlace(address, *ssh.enter(address, pinned, secrets, private=private))


class SftpPlace:
    """A directory on a server that let us in; it is used by one thread."""

    def __init__(self, address: Address, transport: "Transport", client: "SFTPClient") -> None:
        self._address, self._transport, self._client = address, transport, client
        self.odd: Sequence[str] = ()

    def list(self) -> list[Entry]:
        try:
            found = self._ask(lambda: list(_listed(self._client, self._address.directory)))
        except Vanished:
            raise OutOfReach(f"there is no directory {self._here} on {self._address}") from None
        except Withheld as error:
            raise OutOfReach(f"directory {self._here} on {self._address} cannot be looked into: {error}") from None
        seen = ((self._entry if is_name(name) else _entry)(name, each) for name, each in found)
        entries, self.odd = sorted_out(entry for entry in seen if entry is not None)
        return entries

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
        with self._in_time(2 * ssh.QUIET + entry.size / SLOWEST):
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
            found = self._ask(lambda: self._client.stat(path))
        except Vanished:
            self._ask(lambda: self._client.mkdir(path))
            return
        if found.st_mode is not None and not stat.S_ISDIR(found.st_mode):
            raise Withheld("what has that name is no folder")

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

        with self._in_time(2 * ssh.QUIET):
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


def _listed(client: Any, directory: str) -> "Iterator[tuple[str, SFTPAttributes]]":
    """The names in a directory, each with what is known of it.

    The library's own listing fails as a whole over one name that is no UTF-8; here such a name is one that no file of
    ours has.
    """
    from paramiko.sftp import CMD_CLOSE, CMD_OPENDIR, CMD_READDIR
    from paramiko.sftp_attr import SFTPAttributes

    handle = client._request(CMD_OPENDIR, directory)[1].get_binary()  # noqa: SLF001 - as the library's own listing asks
    with suppress(EOFError):
        while True:
            names = client._request(CMD_READDIR, handle)[1]  # noqa: SLF001 - as above
            for _ in range(names.get_int()):
                name, _long = names.get_string().decode(errors="surrogateescape"), names.get_string()
                yield name, SFTPAttributes._from_msg(names)  # type: ignore[attr-defined] # noqa: SLF001 - as above
    client._request(CMD_CLOSE, handle)  # noqa: SLF001 - as above


def _entry(name: str, found: "SFTPAttributes") -> Entry | None:
    if found.st_size is None or (found.st_mode is not None and not stat.S_ISREG(found.st_mode)):
        return None
    return Entry(name, found.st_size, (found.st_mtime or 0) * clock.SECOND)
