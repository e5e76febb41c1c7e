"""Files while they are open. One that is written is seen by nobody until it is whole."""

import errno
import os
import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from synchub.disk import settle

UNFINISHED = ".synchub-upload-"
"""What the names of uploads begin with that are not whole; no partner sees them, and no collector takes them."""
MOST_FILES = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """Most bytes of one file; most bytes and most files that may wait in one directory."""

    file: int
    space: int
    files: int = MOST_FILES


def deny(code: int, said: str) -> NoReturn:
    """Refuse, as the file system would."""
    raise OSError(code, said)


def files_in(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The plain files of a directory that are whole. Links are none of them, wherever they lead."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(UNFINISHED):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    yield entry.name, status


@dataclass(eq=False)
class Space:
    """What one directory may hold, over all sessions on it: the files that wait, and the uploads under way."""

    folder: Path
    limits: Limits
    uploads: "set[Upload]" = field(default_factory=set)
    _waiting: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, upload: "Upload") -> None:
        """Count an upload that begins.

        Raises:
            OSError: too many files wait.
        """
        count = self._measure()
        with self._lock:
            if count + len(self.uploads) >= self.limits.files:
                deny(errno.EDQUOT, f"no more than {self.limits.files} files may wait here")
            self.uploads.add(upload)

    def leave(self, upload: "Upload", *, stays: bool) -> None:
        """Count an upload that is over as a file, if it `stays`, or no more."""
        with self._lock:
            self.uploads.discard(upload)
            self._waiting += upload.size if stays else 0

    def reserve(self, upload: "Upload", end: int) -> None:
        """Let an upload have `end` bytes.

        Raises:
            OSError: that is more than a file, or the directory, may have.
        """
        if end > self.limits.file:
            deny(errno.EFBIG, f"a file may have no more than {self.limits.file} bytes")
        if not self._extend(upload, end):
            self._measure()  # the collector may have taken some since
            if not self._extend(upload, end):
                deny(errno.EDQUOT, f"no more than {self.limits.space} bytes may wait here")

    def _extend(self, upload: "Upload", end: int) -> bool:
        """Whether there was room."""
        with self._lock:
            growth = end - upload.size
            if growth > 0 and self._waiting + sum(one.size for one in self.uploads) + growth > self.limits.space:
                return False
            upload.size = max(upload.size, end)
            return True

    def _measure(self) -> int:
        """See how much waits; answers how many files."""
        sizes = [status.st_size for _, status in files_in(self.folder)]
        with self._lock:
            self._waiting = sum(sizes)
        return len(sizes)


@dataclass(eq=False, slots=True)
class Reading:
    """A file that is being read. Threads may read and write while the session ends: it is closed after them."""

    descriptor: int
    over: bool = False
    _busy: threading.RLock = field(default_factory=threading.RLock)

    def read(self, offset: int, size: int) -> bytes:
        """Bytes from an offset; none at the end."""
        with self.using():
            return os.pread(self.descriptor, size, offset)

    @contextmanager
    def using(self) -> Iterator[None]:
        """Keep it open during the block.

        Raises:
            OSError: it is closed already.
        """
        with self._busy:
            if self.over:
                deny(errno.EBADF, "the session is over")
            yield

    def status(self) -> os.stat_result:
        """What the file is like."""
        return os.fstat(self.descriptor)

    def finish(self) -> None:
        """Close it."""
        with self._busy:
            if not self.over:
                self.over = True
                os.close(self.descriptor)

    def discard(self) -> None:
        """Close it, whatever becomes of the session."""
        Reading.finish(self)


class Upload(Reading):
    """A file that is being written, under a hidden name. `spoiled` says why it will not appear: a write failed."""

    def __init__(self, space: Space, name: str, *, append: bool = False) -> None:
        self.name, self.size, self._space, self._append = name, 0, space, append
        self.spoiled: OSError | None = None
        space.enter(self)
        self._hidden = space.folder / f"{UNFINISHED}{secrets.token_hex(8)}"
        try:
            super().__init__(os.open(self._hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError:
            space.leave(self, stays=False)
            raise

    def write(self, offset: int, data: bytes) -> int:
        """Write bytes at an offset, or at the end if it was opened to be appended to."""
        with self.using():
            start = self.size if self._append else offset
            self._reserve(start + len(data))
            written = 0
            while written < len(data):
                written += self._write_some(data[written:], start + written)
            return written

    def _write_some(self, data: bytes, offset: int) -> int:
        try:
            return os.pwrite(self.descriptor, data, offset)
        except OSError as error:
            self.spoiled = error
            raise

    def _reserve(self, end: int) -> None:
        try:
            self._space.reserve(self, end)
        except OSError as error:
            self.spoiled = error
            raise

    def resize(self, size: int) -> None:
        """Cut it, or let it grow."""
        self._reserve(size)
        os.ftruncate(self.descriptor, size)
        self.size = size

    def set_times(self, accessed: float, modified: float) -> None:
        """Set the times that it will have."""
        os.utime(self.descriptor, (accessed, modified))

    def sync(self) -> None:
        """See that what was written so far is on the disk."""
        os.fsync(self.descriptor)

    def finish(self) -> None:
        """Let it appear under its name, on the disk.

        Raises:
            OSError: a write had failed, or this fails; nothing of it is kept.
        """
        if self.over:
            return
        if self.spoiled:
            self.discard()
            deny(self.spoiled.errno or errno.EIO, f"{self.spoiled.strerror}; nothing of it is kept")
        try:
            self.sync()
            self._hidden.replace(self._space.folder / self.name)
        except OSError:
            self.discard()
            raise
        settle(self._space.folder)
        self._end(stays=True)

    def discard(self) -> None:
        """Leave nothing of it."""
        with self._busy:
            if not self.over:
                self._hidden.unlink(missing_ok=True)
                self._end(stays=False)

    def _end(self, *, stays: bool) -> None:
        super().finish()
        self._space.leave(self, stays=stays)


def sweep(inboxes: Path) -> int:
    """Remove what a server that died left of its uploads, in all directories; answers how many there were."""
    left = list(inboxes.glob(f"*/{UNFINISHED}*"))
    for path in left:
        path.unlink()
    return len(left)
