"""Where a connection's files are: looked through, read and tidied, whatever the place is made of.

    OutOfReach       the place cannot be looked into now: nothing in it can be said
    └── Untrusted    nobody has said that this server is the right one, or it is another one (ssh)
    Vanished         a file is not there any more, or is not the one that was seen
    Withheld         one file cannot be read or moved: the others can

The text of each is one line that says what to do.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from synchub import clock
from synchub.errors import SynchubError

PROCESSED, FAILED = "processed", "failed"
"""Folders beside the files for those that are over."""
NOWHERE = "nowhere"
"""Said instead of a folder of what does not stay in the hub's own inbox."""
REMOVING = ".removing"
STEP = 1024 * 1024
UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".upload", ".uploading")
"""How clients name a file while they write it."""


class OutOfReach(SynchubError):
    """A place cannot be looked into at the moment."""

    status = 503


class Vanished(SynchubError):
    """A file that was seen is not there any more, or is another one."""

    status = 404


class Withheld(SynchubError):
    """One file cannot be read or moved."""

    status = 403


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as a look found it; `modified_at` (microseconds) is what the place's own clock said."""

    name: str
    size: int
    modified_at: int


class Place(Protocol):
    """A directory of files.

    Every method may raise `OutOfReach`. Names never lead out of the directory; what is no regular file, or has a name
    that no file of ours can have, is not there; `odd` has such names as the last list met them, fit to be shown.
    """

    odd: Sequence[str]

    def list(self) -> list[Entry]:
        """The files that are there."""

    def look(self, name: str) -> Entry | None:
        """One file as it is now; None if it is not there."""

    def read(self, entry: Entry) -> Iterator[bytes]:
        """The content of a file, and at most one step more than it had when it was seen.

        Raises:
            Vanished: it is not there any more.
            Withheld: it may not be read.
        """

    def move(self, entry: Entry, folder: str) -> None:
        """Put a file into a folder beside it, under its own name or, where that is taken, one with the time in it.

        Raises:
            Vanished: it is not there any more, or is not the one that was seen.
            Withheld: it cannot be moved.
        """

    def close(self) -> None:
        """Give up what is held open."""


def is_name(name: str) -> bool:
    """Whether a file may be called so: no path, nothing hidden or unfinished, nothing that no text can hold."""
    return not is_passed_over(name) and "/" not in name and "\\" not in name and name.isprintable()


def is_passed_over(name: str) -> bool:
    """Whether who calls a file so wants nobody to see it yet."""
    return not name or name.startswith((".", "~")) or name.lower().endswith(UNFINISHED)


def sorted_out(entries: Iterable[Entry]) -> tuple[list[Entry], list[str]]:
    """Entries with names that files may have, and the names of the others as a text can hold them."""
    good, odd = [], []
    for entry in entries:
        if is_name(entry.name):
            good.append(entry)
        elif not is_passed_over(entry.name):
            odd.append(entry.name.encode("unicode_escape").decode())
    return good, odd


def names_for(name: str, now: int) -> Iterator[str]:
    """The names under which a file may be put away: its own, then those with the time in it."""
    yield name
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    time = clock.iso(now)[:19].replace("-", "").replace(":", "")
    yield f"{stem}.{time}{dot}{ending}"
    for number in range(2, 1000):
        yield f"{stem}.{time}.{number}{dot}{ending}"


class LocalPlace:
    """A directory of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.odd: Sequence[str] = ()

    def list(self) -> list[Entry]:
        with self._reaching(), os.scandir(self._path) as found:
            names = [each.name for each in found if not is_passed_over(each.name)]
        entries, self.odd = sorted_out(entry for name in names if (entry := self.look(name)) is not None)
        return entries

    def look(self, name: str) -> Entry | None:
        try:
            return _entry(name, (self._path / name).lstat())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OutOfReach(f"{self._path / name} cannot be looked at: {said(error)}") from None

    def read(self, entry: Entry) -> Iterator[bytes]:
        path = self._path / entry.name
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            raise Vanished(f"{path} was gone before it was read") from None
        except OSError as error:
            raise Withheld(f"{path} cannot be read: {said(error)}") from None
        with os.fdopen(handle, "rb") as file:
            if _entry(entry.name, os.fstat(handle)) is None:
                raise Vanished(f"{path} is no file any more")
            yield from _steps(file, entry.size + STEP)

    def move(self, entry: Entry, folder: str) -> None:
        if self.look(entry.name) != entry:
            raise Vanished(f"{self._path / entry.name} is not the file any more that was read")
        try:
            self._put_away(entry, self._path / folder)
        except FileNotFoundError:
            raise Vanished(f"{self._path / entry.name} was gone before it was moved") from None
        except OSError as error:
            raise Withheld(f"{self._path / entry.name} cannot be moved to {folder}: {said(error)}") from None

    def _put_away(self, entry: Entry, folder: Path) -> Path:
        folder.mkdir(exist_ok=True)
        target = next(path for name in names_for(entry.name, clock.now()) if _reserve(path := folder / name))
        try:
            (self._path / entry.name).replace(target)
        except OSError:
            target.unlink()
            raise
        if _entry(entry.name, target.lstat()) != entry:
            self._put_back(target, entry.name)
            raise Vanished(f"{self._path / entry.name} was replaced before it was moved")
        return target

    def _put_back(self, target: Path, name: str) -> None:
        """Return a file that took the place of the one that was to be moved, just before that."""
        back = next(path for free in names_for(name, clock.now()) if _reserve(path := self._path / free))
        target.replace(back)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise OutOfReach(f"there is no directory {self._path}: make it, or change the setting files") from None
        except OSError as error:
            raise OutOfReach(f"directory {self._path} cannot be looked into: {said(error)}") from None

    def close(self) -> None:
        """Nothing is held open."""


class OwnPlace(LocalPlace):
    """The directory to which a partner of this hub uploads: there a file may also be moved `NOWHERE`.

    It is taken aside to be looked at before it is removed. If the process dies in between, it is there again.
    """

    def list(self) -> list[Entry]:
        aside = self._path / REMOVING
        for left in aside.iterdir() if aside.is_dir() else ():
            with suppress(FileNotFoundError):
                self._put_back(left, left.name)
        return super().list()

    def _put_away(self, entry: Entry, folder: Path) -> Path:
        if folder.name != NOWHERE:
            return super()._put_away(entry, folder)
        aside = super()._put_away(entry, folder.with_name(REMOVING))
        aside.unlink()
        return aside


def _reserve(path: Path) -> bool:
    """Whether a name was free; then an empty file of ours has it, which a rename may replace."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True


def _entry(name: str, found: os.stat_result) -> Entry | None:
    if not stat.S_ISREG(found.st_mode):
        return None
    return Entry(name, found.st_size, found.st_mtime_ns // 1000)


def _steps(file: "Readable", most: int) -> Iterator[bytes]:
    while most > 0 and (step := file.read(min(STEP, most))):
        most -= len(step)
        yield step


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


def said(error: BaseException) -> str:
    """What the system says of an error, in a few words and on one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split()).lower() if isinstance(error, OSError) else " ".join(str(text).split())


def inbox(data_dir: Path, connection: str) -> Path:
    """The directory of a connection whose partner uploads to this hub itself."""
    return data_dir / "inbox" / connection
