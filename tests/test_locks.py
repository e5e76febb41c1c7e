"""Locks that one process at a time holds."""

import subprocess
import sys

import pytest

from synchub.errors import Misconfigured
from synchub.locks import only

HOLDER = """
import sys, pathlib
from synchub.locks import only
with only(pathlib.Path(sys.argv[1]), "taken"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_is_held_by_one_and_free_after_it(tmp_path):
    lock = tmp_path / "the.lock"
    with only(lock, "first"), pytest.raises(Misconfigured, match=r"^taken$"), only(lock, "taken"):
        pass
    with only(lock, "taken"):
        assert lock.exists()


def test_a_process_that_is_killed_holds_its_lock_no_more(tmp_path):
    lock = tmp_path / "the.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Misconfigured, match=r"^taken$"), only(lock, "taken"):
            pass
        holder.kill()
        holder.wait()
        with only(lock, "taken"):
            assert lock.exists()
