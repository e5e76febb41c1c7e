"""What a file system keeps over a power cut only if it is asked to."""

import os
from pathlib import Path


def settle(folder: Path) -> None:
    """See that the names in a directory are on the disk, also those that another process has just made."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
