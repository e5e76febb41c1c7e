"""One connection's directory, as its partner may see and change it. Whatever may not be done is an OSError.

There is one level: the files that wait, and below it `processed` and `failed`, which the collector fills. A path is
taken apart into these; none ever reaches the file system as a partner wrote it.
"""

import errno
import os
import posixpath
import shutil
import stat
from pathlib import Path, PurePosixPath

from synchub.disk import settle
from synchub.files.server.uploads import UNFINISHED, Limits, Reading, Space, Upload, deny, files_in

ARCHIVES = ("processed", "failed")
LONGEST_NAME = 200


class Inbox:
    """The directory of one connection. Its sessions share it, so that they share its space; threads may use it."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self._space = Space(folder, limits)

    def make(self) -> None:
        """See that it is there."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def uploads(self) -> int:
        """How many uploads are under way."""
        return len(self._space.uploads)

    def open(self, path: bytes) -> Reading:
        """A file to read."""
        where, status = self._look(path)
        if not stat.S_ISREG(status.st_mode):
            deny(errno.EISDIR, "that is a directory")
        return Reading(os.open(where, os.O_RDONLY | os.O_NOFOLLOW))

    def upload(
        self, path: bytes, *, create: bool, truncate: bool = False, exclusive: bool = False, append: bool = False
    ) -> Upload:
        """A file to write; without `truncate` it begins as a copy of the one that is there."""
        name = self._own(path)
        is_there = self._is_there(name)
        if is_there and exclusive:
            deny(errno.EEXIST, "there is a file of this name")
        if not is_there and not create:
            deny(errno.ENOENT, "there is no such file")
        begun = Upload(self._space, name, append=append)
        if is_there and not truncate:
            self._copy(begun)
        return begun

    def _copy(self, begun: Upload) -> None:
        """Let an upload begin with what is there under its name."""
        try:
            source = os.open(self.folder / begun.name, os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(source, "rb") as old, os.fdopen(begun.descriptor, "wb", closefd=False) as new:
                begun.resize(os.fstat(source).st_size)
                shutil.copyfileobj(old, new, length=2**20)
        except OSError:
            begun.discard()
            raise

    def status(self, path: bytes) -> os.stat_result:
        """What a file or directory is like."""
        return self._look(path)[1]

    def names(self, path: bytes) -> list[tuple[str, os.stat_result]]:
        """What is in a directory, with the directory itself, also as what is above it."""
        folder, own = self._look(path)
        if not stat.S_ISDIR(own.st_mode):
            deny(errno.ENOTDIR, "that is a file")
        shelves = [name for name in ARCHIVES if folder == self.folder and _is_folder(folder / name)]
        below = [(name, os.lstat(folder / name)) for name in shelves]
        return [(".", own), ("..", own), *below, *sorted(files_in(folder))]

    def set_times(self, path: bytes, accessed: float, modified: float) -> None:
        """Set the times of a file that waits."""
        os.utime(self._waiting(path), (accessed, modified), follow_symlinks=False)

    def remove(self, path: bytes) -> None:
        """Remove a file that waits."""
        self._waiting(path).unlink()
        settle(self.folder)

    def rename(self, old: bytes, new: bytes) -> None:
        """Give a file that waits another name; a file that has it is replaced."""
        source, name = self._waiting(old), self._own(new)
        self._is_there(name)
        source.replace(self.folder / name)
        settle(self.folder)

    def _waiting(self, path: bytes) -> Path:
        """The place of a file that is there and not collected yet."""
        name = self._own(path)
        if not self._is_there(name):
            deny(errno.ENOENT, "there is no such file")
        return self.folder / name

    def _own(self, path: bytes) -> str:
        """The name of a file that the partner may make, change and remove."""
        parts = parts_of(path)
        if len(parts) != 1 or parts[0] in ARCHIVES:
            deny(errno.EACCES, "only files at the top, where they wait, may be changed")
        if not parts[0].isprintable() or len(parts[0].encode()) > LONGEST_NAME:
            deny(errno.EACCES, f"a name may have no more than {LONGEST_NAME} bytes, and no control characters")
        if parts[0].startswith(UNFINISHED):
            deny(errno.EACCES, f"a name may not begin with {UNFINISHED}")
        return parts[0]

    def _is_there(self, name: str) -> bool:
        """Whether a file has this name; nothing else may have it."""
        try:
            status = os.lstat(self.folder / name)
        except FileNotFoundError:
            return False
        if not stat.S_ISREG(status.st_mode):
            deny(errno.EACCES, "this name is taken")
        return True

    def _look(self, path: bytes) -> tuple[Path, os.stat_result]:
        """What a partner may look at: the top, the files in it, the archives, and the files in those."""
        parts = parts_of(path)
        where = self.folder.joinpath(*parts)
        shelf = self.folder.joinpath(*parts[:1])
        above_is_right = len(parts) < 2 or (parts[0] in ARCHIVES and len(parts) == 2 and _is_folder(shelf))  # noqa: PLR2004
        if not above_is_right or (parts and parts[-1].startswith(UNFINISHED)):
            deny(errno.ENOENT, "there is no such file")
        status = os.lstat(where)
        is_shelf = not parts or parts[0] in ARCHIVES
        if not stat.S_ISREG(status.st_mode) and not (is_shelf and len(parts) < 2 and stat.S_ISDIR(status.st_mode)):  # noqa: PLR2004
            deny(errno.ENOENT, "there is no such file")
        return where, status


def parts_of(path: bytes) -> tuple[str, ...]:
    """The names that a path is made of, seen from the directory's top: nothing is above that."""
    try:
        text = path.decode()
    except UnicodeDecodeError:
        deny(errno.EILSEQ, "names are UTF-8")
    if "\0" in text:
        deny(errno.EINVAL, "a name has no NUL in it")
    return PurePosixPath(posixpath.normpath("/" + text)).parts[1:]


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
