"""A slow disk keeps nobody waiting but whom it must, and what was answered is on it."""

import os
import threading
from contextlib import suppress
from pathlib import Path

import paramiko
import pytest
from tests.cli.process import eventually
from tests.files.uploading import ROWS, join, put

from synchub.files.server.inbox import Inbox
from synchub.files.server.uploads import Limits, Space, Upload

WAIT = 20


class Slow:
    """A disk on which what is asked waits until it is told to go on; `asked` says that it was."""

    def __init__(self, real) -> None:
        self.real, self.asked, self.goes_on = real, threading.Event(), threading.Event()

    def __call__(self, *arguments):
        self.asked.set()
        assert self.goes_on.wait(WAIT)
        return self.real(*arguments)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("call", ["pwrite", "pread"])
def test_a_file_on_a_slow_disk_keeps_no_other_partner_waiting(place, engine, tms, monkeypatch, call):
    other_login = join(engine, "other")
    sftp, other = place.sftp(*tms), place.sftp(*other_login)
    put(sftp, "loads.csv")
    other.get_channel().settimeout(WAIT / 2)
    file = sftp.open("loads.csv", "r" if call == "pread" else "w")
    slow = Slow(getattr(os, call))
    monkeypatch.setattr(os, call, slow)
    work = threading.Thread(target=file.read if call == "pread" else lambda: (file.write(ROWS), file.close()))
    work.start()
    assert slow.asked.wait(WAIT)
    try:
        assert other.listdir() == []
    finally:
        slow.goes_on.set()
        work.join()
    assert place.waiting("tms") == {"loads.csv": ROWS}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_session_that_ends_while_a_write_is_on_its_way_leaves_nothing(place, tms, monkeypatch):
    client = place.client(*tms)
    file = client.open_sftp().open("loads.csv", "w")
    slow = Slow(os.pwrite)
    monkeypatch.setattr(os, "pwrite", slow)
    work = threading.Thread(target=_write, args=(file,))
    work.start()
    assert slow.asked.wait(WAIT)
    client.close()
    work.join()
    slow.goes_on.set()
    assert eventually(lambda: place.waiting("tms") == {})


def _write(file) -> None:
    with suppress(OSError, EOFError, paramiko.SSHException):
        file.write(ROWS)
        file.flush()


def test_uploads_of_many_threads_have_no_more_space_than_there_is(tmp_path):
    space = Space(tmp_path, Limits(file=10_000, space=10_000))
    uploads = [Upload(space, f"{number}.csv") for number in range(8)]
    start = threading.Barrier(len(uploads))

    def fill(upload: Upload) -> None:
        start.wait()
        with suppress(OSError):
            for place in range(10_000):
                upload.write(place, b"x")

    threads = [threading.Thread(target=fill, args=(upload,)) for upload in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == sum(upload.size for upload in uploads) == 10_000
    for upload in uploads:
        upload.discard()
    with pytest.raises(OSError, match="the session is over"):
        uploads[0].write(0, b"x")


def test_an_upload_is_on_the_disk_before_it_has_its_name_and_its_name_before_it_is_answered(tmp_path, monkeypatch):
    done: list[tuple[str, int]] = []
    real_fsync, real_replace, real_pwrite = os.fsync, os.replace, os.pwrite

    def fsync(descriptor: int) -> None:
        real_fsync(descriptor)
        done.append(("on the disk", os.fstat(descriptor).st_ino))

    def replace(source: Path, target: Path) -> None:
        done.append(("named", source.stat().st_ino))
        real_replace(source, target)

    def pwrite(descriptor: int, data: bytes, offset: int) -> int:
        done.append(("written", os.fstat(descriptor).st_ino))
        return real_pwrite(descriptor, data, offset)

    for name, call in (("fsync", fsync), ("replace", replace), ("pwrite", pwrite)):
        monkeypatch.setattr(os, name, call)
    upload = Inbox(tmp_path, Limits(file=1000, space=1000)).upload(b"loads.csv", create=True)
    upload.write(0, ROWS)
    upload.finish()
    file, folder = (tmp_path / "loads.csv").stat().st_ino, tmp_path.stat().st_ino
    assert done == [("written", file), ("on the disk", file), ("named", file), ("on the disk", folder)]
