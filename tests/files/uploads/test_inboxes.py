"""What a partner may do in its directory, and what is on the disk of it."""

import asyncio
import errno
import os
import socket
import stat

import asyncssh
import paramiko
import pytest
from tests.files.uploading import ROWS, put, refuse, settle, uploads_here

from synchub.files.server.house import Manners
from synchub.files.server.uploads import UNFINISHED

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""Nothing here is the store's affair."""


def test_a_large_upload_arrives_byte_for_byte(place, sftp):
    content = os.urandom(3_000_001)
    put(sftp, "loads.csv", content)
    assert place.waiting("tms")["loads.csv"] == content


def test_nobody_sees_an_upload_before_it_is_closed(place, sftp, tms):
    put(sftp, "loads.csv", b"yesterday")
    with sftp.open("loads.csv", "w") as file:
        file.write(b"today")
        file.flush()
        assert place.waiting("tms")["loads.csv"] == b"yesterday"
        assert file.stat().st_size == len(b"today")
        assert place.sftp(*tms).listdir() == ["loads.csv"]
        (hidden,) = set(place.waiting("tms")) - {"loads.csv"}
        with pytest.raises(FileNotFoundError):
            sftp.stat(hidden)
        with pytest.raises(PermissionError):
            sftp.open(hidden, "w")
    assert place.waiting("tms") == {"loads.csv": b"today"}


@pytest.mark.parametrize("how", ["connection", "channel"])
def test_an_upload_that_breaks_off_leaves_nothing(place, tms, how):
    client = place.client(*tms)
    sftp = client.open_sftp()
    put(sftp, "whole.csv")
    put(sftp, "loads.csv", b"yesterday")
    file = sftp.open("loads.csv", "w")
    file.write(b"half a ro")
    file.flush()
    assert len(place.waiting("tms")) == 3
    if how == "connection":
        client.get_transport().sock.shutdown(socket.SHUT_RDWR)
    else:
        sftp.get_channel().shutdown_write()
    assert settle(place)
    assert place.waiting("tms") == {"whole.csv": ROWS, "loads.csv": b"yesterday"}


def test_a_name_part_that_is_renamed_appears_as_that(place, sftp):
    put(sftp, "loads.csv.part")
    sftp.rename("loads.csv.part", "loads.csv")
    assert place.waiting("tms") == {"loads.csv": ROWS}


@pytest.mark.parametrize("way", ["rename", "posix_rename"])
def test_a_rename_replaces_the_file_of_the_day_before(place, sftp, way):
    put(sftp, "loads.csv", b"yesterday")
    put(sftp, "loads.csv.part", b"today")
    getattr(sftp, way)("loads.csv.part", "loads.csv")
    assert place.waiting("tms") == {"loads.csv": b"today"}


def test_what_was_not_collected_may_be_removed(place, sftp):
    put(sftp, "loads.csv")
    sftp.remove("loads.csv")
    assert place.waiting("tms") == {}
    for gone in (lambda: sftp.remove("loads.csv"), lambda: sftp.rename("loads.csv", "other.csv")):
        with pytest.raises(FileNotFoundError):
            gone()


def test_appending_and_resuming_work_on_a_copy(place, sftp):
    put(sftp, "loads.csv", b"abcdef")
    with sftp.open("loads.csv", "a") as file:
        file.write(b"gh")
        file.flush()
        assert place.waiting("tms")["loads.csv"] == b"abcdef"
    assert place.waiting("tms") == {"loads.csv": b"abcdefgh"}
    with sftp.open("loads.csv", "r+") as file:
        assert file.read(2) == b"ab"
        file.seek(2)
        file.write(b"CD")
    assert place.waiting("tms") == {"loads.csv": b"abCDefgh"}


def test_a_file_that_must_be_new_or_there_is_refused_otherwise(place, sftp):
    put(sftp, "loads.csv")
    with pytest.raises(OSError, match="there is a file of this name"):
        sftp.open("loads.csv", "wx")
    with pytest.raises(FileNotFoundError):
        sftp.open("other.csv", "r+")
    assert place.waiting("tms") == {"loads.csv": ROWS}


def test_times_are_kept_and_modes_and_owners_forgotten(place, sftp):
    with sftp.open("loads.csv", "w") as file:
        file.write(ROWS)
        file.utime((1_700_000_000, 1_700_000_001))
    assert sftp.stat("loads.csv").st_mtime == 1_700_000_001
    sftp.utime("loads.csv", (1_700_000_000, 1_700_000_002))
    sftp.chmod("loads.csv", 0o777)
    sftp.chown("loads.csv", 1, 1)
    status = (place.inboxes / "tms" / "loads.csv").stat()
    assert (status.st_mtime, stat.S_IMODE(status.st_mode), status.st_uid) == (1_700_000_002, 0o600, os.getuid())
    with pytest.raises(PermissionError):
        sftp.truncate("loads.csv", 1)


def test_an_open_upload_may_be_cut(place, sftp):
    with sftp.open("loads.csv", "w") as file:
        file.write(b"abcdef")
        file.truncate(3)
    assert place.waiting("tms") == {"loads.csv": b"abc"}


@pytest.fixture
def archives(place, tms):
    folder = place.inboxes / "tms"
    for name in ("processed", "failed"):
        (folder / name).mkdir(parents=True)
        (folder / name / "old.csv").write_bytes(b"old")
    return folder


def test_the_archives_may_be_read_and_not_changed(place, archives, sftp):
    assert sorted(sftp.listdir()) == ["failed", "processed"]
    assert sftp.listdir("processed") == ["old.csv"]
    with sftp.open("/processed/old.csv") as file:
        assert file.read() == b"old"
    put(sftp, "new.csv")
    refused = (
        lambda: put(sftp, "processed/new.csv"),
        lambda: put(sftp, "processed"),
        lambda: sftp.remove("processed/old.csv"),
        lambda: sftp.rename("processed/old.csv", "old.csv"),
        lambda: sftp.rename("new.csv", "processed/new.csv"),
        lambda: sftp.rename("new.csv", "failed"),
        lambda: sftp.rename("processed", "mine"),
        lambda: sftp.utime("failed/old.csv", (1, 1)),
        lambda: sftp.mkdir("mine"),
        lambda: sftp.rmdir("failed"),
    )
    for attempt in refused:
        with pytest.raises(PermissionError):
            attempt()
    assert [path.name for path in (archives / "processed").iterdir()] == ["old.csv"]
    assert place.waiting("tms") == {"new.csv": ROWS}


@pytest.fixture
def outside(place, tms):
    """A secret beside the inboxes, and links to it that somebody left in the partner's directory."""
    folder = place.inboxes / "tms"
    folder.mkdir(parents=True)
    secret = place.inboxes.parent / "secret"
    secret.write_bytes(b"secret")
    (folder / "link").symlink_to(secret)
    (folder / "up").symlink_to(place.inboxes.parent)
    (folder / "processed").symlink_to(place.inboxes.parent)
    os.mkfifo(folder / "pipe")
    (folder / "sub").mkdir()
    (folder / "sub" / "inner").write_bytes(b"inner")
    return secret


LOOKS = [
    "../../secret",
    "../secret",
    "/../../secret",
    "/etc/passwd",
    "link",
    "up/secret",
    "up",
    "processed",
    "processed/secret",
    "pipe",
    "sub",
    "sub/inner",
    "sub/../../secret",
    "./up/../link",
]


@pytest.mark.parametrize("path", LOOKS)
def test_no_path_leads_out_of_the_directory(outside, sftp, path):
    for look in (sftp.stat, sftp.lstat, sftp.listdir, sftp.open):
        with pytest.raises(FileNotFoundError):
            look(path)
    for change in (sftp.readlink, lambda one: sftp.symlink("/etc/passwd", one)):
        with pytest.raises(OSError, match=r".") as refused:
            change(path)
        assert refused.value.errno == errno.EACCES
    assert sftp.listdir() == []
    assert outside.read_bytes() == b"secret"


@pytest.mark.parametrize("path", ["link", "up/secret", "sub/inner", "pipe", "up", "processed/x", "a/b.csv"])
def test_nothing_is_written_through_a_link_or_into_a_directory(outside, place, sftp, path):
    for change in (lambda: put(sftp, path), lambda: sftp.remove(path)):
        with pytest.raises(PermissionError):
            change()
    put(sftp, "mine.csv")
    with pytest.raises(PermissionError):
        sftp.rename("mine.csv", path)
    assert outside.read_bytes() == b"secret"
    assert sftp.listdir() == ["mine.csv"]


def test_a_path_with_dots_ends_at_the_top(outside, place, sftp):
    put(sftp, "../../../mine.csv")
    assert sftp.listdir() == ["mine.csv"]
    assert sftp.normalize("../..") == "/"
    assert sftp.normalize(".") == "/"
    assert sftp.normalize("a/../loads.csv") == "/loads.csv"
    assert not (place.inboxes.parent / "mine.csv").exists()


@pytest.mark.parametrize(
    "name", ["a\nb.csv", "a\x1b[2Jb.csv", "n" * 201, f"{UNFINISHED}mine", b"caf\xe9.csv", "a\0b", "", "."]
)
def test_a_name_that_no_file_should_have_is_refused(place, sftp, name):
    with pytest.raises(OSError, match=r"."):
        sftp.open(name, "w")
    assert place.waiting("tms") == {}


def test_there_is_no_shell_no_command_no_forwarding(place, tms):
    client = place.client(*tms)
    transport = client.get_transport()
    for ask in (lambda one: one.invoke_shell(), lambda one: one.exec_command("scp -t ."), lambda one: one.get_pty()):
        channel = transport.open_session()
        with pytest.raises(paramiko.SSHException):
            ask(channel)
    with pytest.raises(paramiko.SSHException):
        transport.open_session().invoke_subsystem("netconf")
    with pytest.raises(paramiko.ChannelException):
        transport.open_channel("direct-tcpip", ("127.0.0.1", 22), ("127.0.0.1", 0))
    with pytest.raises(paramiko.SSHException):
        transport.request_port_forward("127.0.0.1", 0)
    assert client.open_sftp().listdir() == []


def test_what_only_the_library_offers_is_not_offered(place, tms):
    async def ask():
        known = asyncssh.connect(place.host, place.port, known_hosts=None, username=tms[0], password=tms[1])
        async with known as connection, connection.start_sftp_client() as sftp:
            async with sftp.open("loads.csv", "wb") as file:
                await file.write(ROWS)
                await file.fsync()
            for offer in (
                sftp.link("loads.csv", "again.csv"),
                sftp.statvfs("."),
                sftp.remote_copy("loads.csv", "again.csv"),
            ):
                with pytest.raises(asyncssh.SFTPError):
                    await offer
            assert [name for name in await sftp.listdir() if name not in {".", ".."}] == ["loads.csv"]

    asyncio.run(ask())
    assert place.waiting("tms") == {"loads.csv": ROWS}


def test_a_file_that_is_too_large_leaves_nothing(narrow, tms):
    sftp = narrow.sftp(*tms)
    refuse(sftp, "large.csv", b"x" * 1001)
    with sftp.open("holes.csv", "w") as file:
        file.seek(10**12)
        with pytest.raises(OSError, match="no more than 1000"):
            file.write(b"x")
    with sftp.open("long.csv", "w") as file:
        with pytest.raises(OSError, match="no more than 1000"):
            file.truncate(1001)
        file.truncate(10)
    assert narrow.waiting("tms") == {}
    put(sftp, "fits.csv", b"x" * 1000)
    assert set(narrow.waiting("tms")) == {"fits.csv"}


def test_a_directory_that_is_full_takes_again_what_fits_once_it_was_collected(narrow, tms):
    sftp = narrow.sftp(*tms)
    put(sftp, "1.csv", b"x" * 1000)
    put(sftp, "2.csv", b"x" * 1000)
    refuse(sftp, "3.csv", b"x" * 501)
    put(sftp, "3.csv", b"x" * 500)
    refuse(narrow.sftp(*tms), "4.csv", b"x")
    folder = narrow.inboxes / "tms"
    (folder / "processed").mkdir()
    (folder / "1.csv").rename(folder / "processed" / "1.csv")
    put(sftp, "4.csv", b"x" * 1000)
    assert set(narrow.waiting("tms")) == {"2.csv", "3.csv", "4.csv"}


def test_uploads_under_way_share_the_space(narrow, tms):
    one, two, three = (narrow.sftp(*tms) for _ in range(3))
    with one.open("1.csv", "w") as first, two.open("2.csv", "w") as second:
        first.write(b"x" * 1000)
        second.write(b"x" * 1000)
        first.flush()
        second.flush()
        refuse(three, "3.csv", b"x" * 501)
    assert set(narrow.waiting("tms")) == {"1.csv", "2.csv"}


def test_only_so_many_files_may_wait(place, tms, sftp):
    folder = place.inboxes / "tms"
    for number in range(999):
        (folder / str(number)).touch()
    put(sftp, "last.csv")
    with pytest.raises(OSError, match="no more than 1000 files"):
        sftp.open("more.csv", "w")


def test_only_so_many_files_may_be_open(store_url, tmp_path, tms):
    with uploads_here(store_url, tmp_path / "data", Manners(handles=2)) as place:
        sftp = place.sftp(*tms)
        held = [sftp.open(f"{number}.csv", "w") for number in range(2)]
        with pytest.raises(OSError, match="no more than 2 files"):
            sftp.open("more.csv", "w")
        held[0].close()
        put(sftp, "more.csv")
