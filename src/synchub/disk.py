"""What a file system keeps over a power cut only if it is asked to."""

import os
import tempfile
from pathlib import Path


def settle(folder: Path) -> None:
    """See that the names in a directory are on the disk, also those that another process has just made."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def settle_up(path: Path, root: Path) -> None:
    """Settle every directory from that of a file up to `root`."""
    for folder in path.relative_to(root).parents:
        settle(root / folder)


def put(path: Path, content: bytes, root: Path) -> None:
    """See that a file below `root`, whose name says what is in it, is on the disk with all its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _write_whole(path, content)
    settle_up(path, root)


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that is either there with all its bytes, or not there."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
