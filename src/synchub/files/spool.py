"""The spool: what was read from a place, whole and on the disk, until its rows are stored."""

import hashlib
import os
import shutil
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from synchub.disk import settle
from synchub.errors import SynchubError
from synchub.files.places import said

DRAFT = ".part"
FORGOTTEN = 3600.0
"""Seconds after which nobody can still be at work on a file of the spool that no run names."""


class Unspooled(SynchubError):
    """The spool cannot take a file; the text is one line that says what to do."""

    status = 503


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file in the spool: its name there, its size and the SHA-256 of its content."""

    name: str
    size: int
    digest: bytes


def path_of(data_dir: Path, name: str) -> Path:
    """Where a file of the spool is."""
    return data_dir / "spool" / name


def write(data_dir: Path, content: Iterable[bytes], size: int) -> Spooled:
    """Bring content to the disk; when this returns it is there, readable by this hub's user alone.

    Raises:
        Unspooled: the disk is full, or the spool's directory cannot be written. Nothing is left behind.
    """
    name = token_hex(16)
    draft = path_of(data_dir, name + DRAFT)
    with _blamed_on(draft.parent):
        _make_room(draft.parent, size)
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb", buffering=0):
            length, digest = _fill(handle, content, draft.parent)
        draft.rename(path_of(data_dir, name))
        settle(draft.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return Spooled(name, length, digest)


def _make_room(folder: Path, size: int) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (free := shutil.disk_usage(folder).free) < size:
        raise Unspooled(f"the disk of {folder} has {free} bytes left and the file has {size}: make room")


def _fill(handle: int, content: Iterable[bytes], folder: Path) -> tuple[int, bytes]:
    """Write and hash; what the content itself raises is left as it is."""
    length, digest = 0, hashlib.sha256()
    for step in content:
        digest.update(step)
        length += len(step)
        with _blamed_on(folder):
            _append(handle, step)
    with _blamed_on(folder):
        os.fsync(handle)
    return length, digest.digest()


def _append(handle: int, step: bytes) -> None:
    rest = memoryview(step)
    while rest:
        rest = rest[os.write(handle, rest) :]


@contextmanager
def _blamed_on(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unspooled(f"the spool {folder} cannot take a file: {said(error)}") from None


def drop(data_dir: Path, name: str) -> None:
    """Remove a file from the spool, if it is there."""
    path_of(data_dir, name).unlink(missing_ok=True)


def sweep(data_dir: Path, named: Collection[str]) -> int:
    """Remove what a process that died has left: old drafts, and old files that no run names. Answers how many."""
    folder = path_of(data_dir, "")
    if not folder.is_dir():
        return 0
    ended = time.time() - FORGOTTEN
    left = [each for each in folder.iterdir() if each.name not in named and _changed(each) < ended]
    for each in left:
        each.unlink(missing_ok=True)
    return len(left)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
