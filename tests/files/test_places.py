"""What every place does, on a directory of this machine and on a real SFTP server."""

import os
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from tests.files.server import PASSWORD, USER, Server

from synchub.files.places import Entry, LocalPlace, OutOfReach, Place, Vanished, Withheld, is_name, names_for
from synchub.files.sftp import reach
from synchub.files.ssh import Address, Untrusted, fingerprint_of


@pytest.fixture(params=["local", "sftp"])
def place(request, tmp_path):
    """A place, and its folder on this machine."""
    if request.param == "local":
        folder = tmp_path / "place"
        folder.mkdir()
        yield LocalPlace(folder), folder
        return
    server = request.getfixturevalue("server")
    made = connect(server)
    yield made, server.folder
    made.close()


def connect(server: Server, **said: str) -> Place:
    secrets = said or {"files_password": PASSWORD}
    return reach(Address.of("partner", server.url), server.fingerprint, secrets, private=True)


def content(place: Place, name: str) -> bytes:
    entry = place.look(name)
    assert entry is not None
    return b"".join(place.read(entry))


def test_what_is_there_is_listed_with_size_and_time(place):
    made, folder = place
    (folder / "things.csv").write_bytes(b"id\n1\n")
    os.utime(folder / "things.csv", (1_700_000_000, 1_700_000_000))
    assert made.list() == [Entry("things.csv", 5, 1_700_000_000_000_000)]
    assert made.look("things.csv") == made.list()[0]
    assert made.look("parts.csv") is None


@pytest.mark.parametrize("size", [0, 1, 70_000, 5 * 1024 * 1024 + 17])
def test_a_file_is_read_as_it_is(place, size):
    made, folder = place
    written = os.urandom(size)
    (folder / "things.csv").write_bytes(written)
    assert content(made, "things.csv") == written


def test_only_regular_files_with_plain_names_are_there(place):
    made, folder = place
    (folder / "good name (1) ü.csv").touch()
    (folder / "folder.csv").mkdir()
    (folder / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.csv")
    for odd in (".hidden.csv", "things.csv.filepart", "things.csv.TMP", "a\nb.csv", "a\\b.csv", "~things.csv"):
        (folder / odd).touch()
    (Path(os.fsdecode(os.fsencode(folder) + b"/\xff.csv"))).touch()
    assert [entry.name for entry in made.list()] == ["good name (1) ü.csv"]
    assert sorted(made.odd) == [r"\udcff.csv", r"a\\b.csv", r"a\nb.csv"]
    assert made.look("link.csv") is None


def test_a_link_that_took_a_files_place_is_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("not for you")
    (tmp_path / "things.csv").symlink_to(secret)
    with pytest.raises(Withheld):
        list(LocalPlace(tmp_path).read(Entry("things.csv", 11, 0)))


def test_a_file_is_moved_into_a_folder_that_is_made(place):
    made, folder = place
    (folder / "things.csv").write_text("1")
    made.move(made.look("things.csv"), "processed")
    assert (folder / "processed" / "things.csv").read_text() == "1"
    assert not (folder / "things.csv").exists()


def test_a_move_never_overwrites(place):
    made, folder = place
    for number in range(4):
        (folder / "things.csv").write_text(str(number))
        made.move(made.look("things.csv"), "processed")
    kept = sorted(each.read_text() for each in (folder / "processed").iterdir())
    assert kept == ["0", "1", "2", "3"]


def test_a_file_that_is_another_one_by_now_is_not_moved(place):
    made, folder = place
    (folder / "things.csv").write_text("1")
    seen = made.look("things.csv")
    (folder / "things.csv").write_text("another")
    with pytest.raises(Vanished):
        made.move(seen, "processed")
    assert (folder / "things.csv").read_text() == "another"


def test_a_file_that_is_gone_is_said_to_be(place):
    made, _ = place
    gone = Entry("things.csv", 1, 0)
    with pytest.raises(Vanished):
        list(made.read(gone))
    with pytest.raises(Vanished):
        made.move(gone, "processed")


def test_a_move_that_cannot_be_is_said_to_be(place):
    made, folder = place
    (folder / "things.csv").write_text("1")
    (folder / "processed").write_text("a file where the folder should be")
    with pytest.raises(Withheld):
        made.move(made.look("things.csv"), "processed")
    assert (folder / "things.csv").read_text() == "1"


def test_a_file_that_took_the_place_of_a_moved_one_is_put_back(server):
    made = connect(server)
    path = server.folder / "things.csv"
    path.write_text("1")

    def replace_it(_name: str) -> None:
        server.on_rename = lambda _: None
        path.write_text("a new one")

    server.on_rename = replace_it
    with pytest.raises(Vanished, match="replaced"):
        made.move(made.look("things.csv"), "processed")
    assert path.read_text() == "a new one"
    made.close()


def test_a_directory_that_is_not_there_is_out_of_reach(tmp_path, server):
    with pytest.raises(OutOfReach, match="there is no directory"):
        LocalPlace(tmp_path / "nowhere").list()
    address = replace(Address.of("partner", server.url), directory="/nowhere")
    made = reach(address, server.fingerprint, {"files_password": PASSWORD}, private=True)
    with pytest.raises(OutOfReach, match="there is no directory /nowhere on "):
        made.list()
    made.close()


def test_a_local_directory_without_permission_is_out_of_reach(tmp_path):
    folder = tmp_path / "shut"
    folder.mkdir()
    (folder / "things.csv").touch()
    entry = LocalPlace(folder).look("things.csv")
    folder.chmod(0o000)
    with _as_nobody(), pytest.raises(OutOfReach, match="permission denied"):
        LocalPlace(folder).list()
    with _as_nobody(), pytest.raises(Withheld, match="permission denied"):
        list(LocalPlace(folder).read(entry))
    folder.chmod(0o700)


class _as_nobody:  # noqa: N801 - it reads as what it does
    def __enter__(self) -> None:
        self._me = os.geteuid()
        if self._me == 0:
            os.seteuid(65534)

    def __exit__(self, *_: object) -> None:
        os.seteuid(self._me)


def test_a_directory_without_permission_on_a_server_is_out_of_reach(server):
    made = connect(server)
    server.denied = {""}
    with pytest.raises(OutOfReach, match="cannot be looked into: permission denied"):
        made.list()
    server.denied = {"things.csv"}
    (server.folder / "things.csv").touch()
    with pytest.raises(Withheld, match="cannot be read: permission denied"):
        content(made, "things.csv")
    assert [entry.name for entry in made.list()] == ["things.csv"]
    made.close()


def test_a_connection_lost_in_the_middle_of_a_file_is_out_of_reach(server, recwarn):
    (server.folder / "things.csv").write_bytes(os.urandom(6 * 1024 * 1024))
    made = connect(server)
    server.drops_at = 3 * 1024 * 1024
    with pytest.raises(OutOfReach, match="was lost"):
        content(made, "things.csv")
    with pytest.raises(OutOfReach):
        made.list()
    made.close()
    assert not recwarn.list


def test_a_server_that_says_nothing_is_hung_up_on(server, monkeypatch):
    monkeypatch.setattr("synchub.files.ssh.QUIET", 0.2)
    (server.folder / "things.csv").write_bytes(b"1")
    made = connect(server)
    server.answers.clear()
    with pytest.raises(OutOfReach, match="was lost"):
        content(made, "things.csv")
    server.answers.set()
    made.close()


@pytest.mark.parametrize("proof", [{"files_password": PASSWORD}, "key", "both"])
def test_a_server_takes_a_password_or_a_key(server, proof):
    key = {"files_key": server.private_key}
    secrets = {"key": key, "both": key | {"files_password": "wrong"}}.get(proof) if isinstance(proof, str) else proof
    made = connect(server, **secrets)
    assert made.list() == []
    made.close()


@pytest.mark.parametrize(
    ("secrets", "says"),
    [
        ({}, "nothing to log in"),
        ({"files_password": "wrong"}, f"does not let user {USER} in"),
        ({"files_key": "no key"}, "no private key"),
    ],
)
def test_a_server_that_does_not_let_us_in_is_out_of_reach(server, secrets, says):
    with pytest.raises(OutOfReach, match=says):
        reach(Address.of("partner", server.url), server.fingerprint, secrets, private=True)


def test_nothing_is_sent_to_a_server_that_nobody_trusts(server):
    address = Address.of("partner", server.url)
    with pytest.raises(Untrusted, match="synchub file trust partner"):
        reach(address, "", {"files_password": PASSWORD}, private=True)
    with pytest.raises(Untrusted, match="another host key"):
        reach(address, "SHA256:something else", {"files_password": PASSWORD}, private=True)
    assert fingerprint_of(address, private=True) == server.fingerprint
    assert server.tried == []


def test_a_server_that_is_not_there_or_may_not_be_called_is_out_of_reach(server):
    server.stop()
    address = Address.of("partner", server.url)
    with pytest.raises(OutOfReach, match="cannot be reached: connection refused"):
        fingerprint_of(address, private=True)
    with pytest.raises(OutOfReach, match="SYNCHUB_ALLOW_PRIVATE_TARGETS is off"):
        fingerprint_of(address, private=False)
    server.start()


def test_what_is_no_sftp_server_is_out_of_reach(monkeypatch):
    import socket

    monkeypatch.setattr("synchub.files.ssh.GREETING", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = Address.of("partner", f"sftp://me@127.0.0.1:{mute.getsockname()[1]}/")
        with pytest.raises(OutOfReach, match="no SFTP server"):
            fingerprint_of(address, private=True)


@pytest.mark.parametrize(
    ("url", "directory"),
    [
        ("sftp://me@host", "."),
        ("sftp://me@host/", "/"),
        ("sftp://me@host/in/daily", "/in/daily"),
        ("sftp://me@host/~/in", "in"),
        ("sftp://me@host/~", "."),
        ("sftp://me@host/my%20files", "/my files"),
    ],
)
def test_an_address_is_read_as_other_clients_do(url, directory):
    assert Address.of("partner", url) == Address("partner", "me", "host", 22, directory)


def test_names_of_files_are_no_paths():
    assert not any(map(is_name, ("", ".", "..", "a/b", "..\\a", "a\0b", "x.part", "\udcff.csv")))
    assert all(map(is_name, ("things.csv", "THINGS 2026-11-22.CSV", "größe%20.csv")))


def test_names_for_what_is_put_away_differ_by_time_then_by_number():
    names = list(islice(names_for("a.csv", 0), 3))
    assert names == ["a.csv", "a.19700101T000000.csv", "a.19700101T000000.2.csv"]
    assert list(islice(names_for("a", 0), 2))[1] == "a.19700101T000000"
