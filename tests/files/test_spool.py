"""What the spool holds is whole, or not there."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from synchub.files import spool
from synchub.files.places import OutOfReach
from synchub.files.spool import Unspooled

FILLS_UP = """
import resource, sys
from pathlib import Path
from synchub.files import spool
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    spool.write(Path(sys.argv[1]), [b"x" * 3000] * 3, 9000)
except spool.Unspooled as error:
    print(error)
"""


def test_what_was_written_is_there_with_its_digest(tmp_path):
    kept = spool.write(tmp_path, [b"id,", b"name\n", b""], 8)
    assert spool.path_of(tmp_path, kept.name).read_bytes() == b"id,name\n"
    assert (kept.size, kept.digest) == (8, hashlib.sha256(b"id,name\n").digest())
    spool.drop(tmp_path, kept.name)
    spool.drop(tmp_path, kept.name)
    assert list((tmp_path / "spool").iterdir()) == []


def test_what_breaks_off_leaves_nothing(tmp_path):
    def lost() -> Iterator[bytes]:
        yield b"half"
        raise OutOfReach("lost")

    with pytest.raises(OutOfReach):
        spool.write(tmp_path, lost(), 8)
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_file_that_does_not_fit_leaves_nothing_and_is_one_line(tmp_path):
    said = subprocess.run([sys.executable, "-c", FILLS_UP, tmp_path], capture_output=True, text=True, check=True)
    assert said.stdout.startswith(f"the spool {tmp_path / 'spool'} cannot take a file: file too large")
    assert said.stdout.count("\n") == 1
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_file_that_is_larger_than_the_disk_is_not_begun(tmp_path):
    with pytest.raises(Unspooled, match="make room"):
        spool.write(tmp_path, iter(()), 2**62)


def test_a_sweep_leaves_what_is_new_and_what_is_named(tmp_path):
    kept = [spool.write(tmp_path, [b"x"], 1).name for _ in range(3)]
    for name in kept[:2]:
        os.utime(spool.path_of(tmp_path, name), (0, 0))
    assert spool.sweep(tmp_path, {kept[0]}) == 1
    assert sorted(each.name for each in (tmp_path / "spool").iterdir()) == sorted([kept[0], kept[2]])
    assert spool.sweep(tmp_path / "nowhere", set()) == 0
