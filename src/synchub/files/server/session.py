"""One SFTP session: what a client asks for, done in its connection's directory."""

import asyncio
import errno
import os
import stat
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, NoReturn, TypeVar

import asyncssh
import structlog
from asyncssh.constants import FXF_APPEND, FXF_CREAT, FXF_EXCL, FXF_TRUNC, FXF_WRITE
from asyncssh.packet import SSHPacket
from asyncssh.sftp import MIN_SFTP_VERSION, SFTPServerHandler

from synchub.connections.tables import Connection
from synchub.files.server.house import House, shown
from synchub.files.server.inbox import Inbox, parts_of
from synchub.files.server.uploads import Reading, Upload, deny

log = structlog.get_logger(__name__)

Done = TypeVar("Done")

UPLOAD = "upload"
MOST_READ = 256 * 1024
"""Bytes that one answer carries at most."""
OFFERED = (b"posix-rename@openssh.com", b"fsync@openssh.com", b"lsetstat@openssh.com", b"limits@openssh.com")
"""The extensions that fit what we offer; copies on the server, hard links and the like are none of them."""


class Session(asyncssh.SFTPServer):
    """One session. `may_go_on` answers before each request whether the partner is still welcome.

    What is not done here is refused: `map_path` gives no place to what the library would do by itself.
    """

    def __init__(
        self, chan: Any, house: House, inbox: Inbox, who: Connection, may_go_on: Callable[[], Awaitable[bool]]
    ) -> None:
        super().__init__(chan)
        self.may_go_on, self._house, self._inbox, self._who = may_go_on, house, inbox, who.id
        self._handles: set[Reading] = set()
        self._over = False
        self._lock = threading.Lock()
        self._log = log.bind(connection=who.name)

    def abandon(self) -> None:
        """The session is over: leave nothing of what is not whole."""
        with self._lock:
            self._over, left, self._handles = True, self._handles, set()
        for handle in left:
            handle.discard()
            if isinstance(handle, Upload):
                why = handle.spoiled.strerror if handle.spoiled else None
                self._log.warning("upload broke off", file=handle.name, bytes=handle.size, why=why)
                self._alarm(handle.name, handle.spoiled)

    def map_path(self, _path: bytes) -> NoReturn:
        """No path of a partner's is one of ours."""
        raise asyncssh.SFTPPermissionDenied("not offered here")

    async def open(self, path: bytes, pflags: int, _attrs: asyncssh.SFTPAttrs) -> Reading:
        """Open a file to read, or begin an upload."""
        if not pflags & FXF_WRITE:
            return await asyncio.to_thread(self._keep, partial(self._inbox.open, path))
        asked = {"create": FXF_CREAT, "truncate": FXF_TRUNC, "exclusive": FXF_EXCL, "append": FXF_APPEND}
        wish = {name: bool(pflags & flag) for name, flag in asked.items()}
        return await self._change(UPLOAD, path, partial(self._begin, path, wish))

    def _begin(self, path: bytes, wish: dict[str, bool]) -> Reading:
        if self._house.stopping:
            deny(errno.EAGAIN, "the server is stopping, please try again later")
        return self._keep(lambda: self._inbox.upload(path, **wish))

    def _keep(self, make: Callable[[], Reading]) -> Reading:
        """A new handle, unless there are too many or the session is over."""
        most = self._house.manners.handles
        if len(self._handles) >= most:
            deny(errno.EMFILE, f"no more than {most} files may be open at once")
        handle = make()
        with self._lock:
            if not self._over:
                self._handles.add(handle)
        if self._over:
            handle.discard()
            deny(errno.EIO, "the session is over")
        return handle

    async def close(self, file_obj: object) -> None:
        """End a file; an upload appears under its name. One that was abandoned is over already."""
        with self._lock:
            is_open = file_obj in self._handles
            self._handles.discard(handle := _handle(file_obj))
        if not isinstance(handle, Upload):
            handle.finish()
        elif is_open:
            await self._finish(handle)

    async def _finish(self, upload: Upload) -> None:
        try:
            await asyncio.to_thread(upload.finish)
        except OSError as error:
            self._note(UPLOAD, upload.name, error)
            self._alarm(upload.name, error)
            raise
        self._log.info("uploaded", file=upload.name, bytes=upload.size)
        self._house.alarms.came(self._who, upload.name)

    def _alarm(self, name: str, error: OSError | None) -> None:
        """Tell the operator of what keeps a partner from uploading and will do so again."""
        if error and error.errno in {errno.EFBIG, errno.EDQUOT, errno.ENOSPC, errno.EIO}:
            about = name if error.errno == errno.EFBIG else None
            self._house.alarms.refused(self._who, about, f"'{name}' cannot be uploaded: {error.strerror}")

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Bytes of an open file."""
        return await asyncio.to_thread(_handle(file_obj).read, offset, min(size, MOST_READ))

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write to an upload."""
        return await asyncio.to_thread(_upload(file_obj).write, offset, data)

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        """What an open file is like."""
        return _attributes(_handle(file_obj).status())

    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        """Set size and times of an upload."""
        upload = _upload(file_obj)
        if attrs.size is not None:
            upload.resize(attrs.size)
        if attrs.atime is not None and attrs.mtime is not None:
            upload.set_times(attrs.atime, attrs.mtime)

    async def fsync(self, file_obj: object) -> None:
        """See that an upload is on the disk as far as it goes."""
        await asyncio.to_thread(_upload(file_obj).sync)

    def fstatvfs(self, _file_obj: object) -> NoReturn:
        """What the disk is like is nobody's business."""
        raise asyncssh.SFTPOpUnsupported("not offered here")

    async def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """What a file or directory is like."""
        return _attributes(await asyncio.to_thread(self._inbox.status, path))

    lstat = stat

    async def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Set the times of a file that waits."""
        if attrs.size is not None:
            deny(errno.EACCES, "a size can be set of an open upload only")
        if attrs.atime is not None and attrs.mtime is not None:
            await asyncio.to_thread(self._inbox.set_times, path, attrs.atime, attrs.mtime)

    lsetstat = setstat

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """What is in a directory."""
        for name, status in await asyncio.to_thread(self._inbox.names, path):
            yield asyncssh.SFTPName(name.encode(errors="surrogateescape"), attrs=_attributes(status))

    async def remove(self, path: bytes) -> None:
        """Remove a file that waits."""
        await self._change("remove", path, partial(self._inbox.remove, path))

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Give a file that waits another name."""
        await self._change("rename", newpath, partial(self._inbox.rename, oldpath, newpath))

    posix_rename = rename

    async def mkdir(self, path: bytes, _attrs: asyncssh.SFTPAttrs) -> None:
        """There are no directories of a partner's own."""
        await self._change("mkdir", path, partial(deny, errno.EACCES, "no directories may be made here"))

    async def rmdir(self, path: bytes) -> None:
        """As above."""
        await self._change("rmdir", path, partial(deny, errno.EACCES, "no directories may be removed here"))

    def realpath(self, path: bytes) -> bytes:
        """A path as it is seen from the directory's top, whether something is there or not."""
        return b"/" + "/".join(parts_of(path)).encode()

    def format_user(self, _uid: int | None) -> str:
        """Nobody of this machine is named."""
        return "hub"

    def format_group(self, _gid: int | None) -> str:
        """As above."""
        return "hub"

    async def _change(self, what: str, path: bytes, work: Callable[[], Done]) -> Done:
        """Do what changes the directory, in a thread; note what is refused."""
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            name = shown(path.decode(errors="replace"))
            self._note(what, name, error)
            if what == UPLOAD:
                self._alarm(name, error)
            raise

    def _note(self, what: str, file: str, error: OSError) -> None:
        self._log.warning("refused", what=what, file=file, why=error.strerror)


class Handler(SFTPServerHandler):
    """Reads a session's requests; this sees what the library tells nobody: each request, and an end without a close."""

    def __init__(self, session: Session, reader: Any, writer: Any) -> None:
        super().__init__(session, reader, writer, MIN_SFTP_VERSION)
        self._session = session
        self._extensions = [(name, b"1") for name in OFFERED]
        offered = {name: each for name, each in self._packet_handlers.items() if isinstance(name, int)}
        self._packet_handlers = offered | {name: self._packet_handlers[name] for name in OFFERED}

    async def _process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        if not await self._session.may_go_on():
            raise asyncssh.SFTPConnectionLost("not welcome any more")
        await super()._process_packet(pkttype, pktid, packet)

    async def _cleanup(self, exc: Exception | None) -> None:
        self._session.abandon()
        await super()._cleanup(exc)


def _handle(file_obj: object) -> Reading:
    if not isinstance(file_obj, Reading):
        raise asyncssh.SFTPInvalidHandle("no open file")
    return file_obj


def _upload(file_obj: object) -> Upload:
    if not isinstance(file_obj, Upload):
        deny(errno.EACCES, "the file is open for reading only")
    return file_obj


def _attributes(status: os.stat_result) -> asyncssh.SFTPAttrs:
    """What a partner is told of a file: nothing of this machine's users."""
    mode = stat.S_IFMT(status.st_mode) | (0o700 if stat.S_ISDIR(status.st_mode) else 0o600)
    return asyncssh.SFTPAttrs(
        size=status.st_size, uid=0, gid=0, permissions=mode, atime=int(status.st_atime), mtime=int(status.st_mtime)
    )
