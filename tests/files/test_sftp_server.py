"""The hub's own SFTP server, as partners meet it, and what it leaves on the disk."""

import asyncio
import errno
import os
import signal
import socket
import stat
from io import BytesIO

import asyncssh
import paramiko
import pytest
from sqlalchemy import select
from tests.cli.process import eventually
from tests.files.uploading import KEY, Place, join, uploads, uploads_here

from synchub import clock
from synchub.alerts.tables import Alert
from synchub.connections import registry
from synchub.connections.directory import Directory
from synchub.db import open_engine, reading, writing
from synchub.errors import NotAuthenticated, TooMany, Unavailable
from synchub.files.server.door import MOST_WRONG, MOST_WRONG_THERE, Door
from synchub.files.server.house import Manners
from synchub.files.server.inbox import parts_of
from synchub.files.server.uploads import UNFINISHED

QUICK = Manners(pause=0)
ROWS = b"id,name\n1,Acme\n"


@pytest.fixture
def place(store_url, tmp_path):
    with uploads_here(store_url, tmp_path / "data", QUICK) as made:
        yield made


@pytest.fixture
def tms(engine):
    return join(engine, "tms")


@pytest.fixture
def sftp(place, tms):
    return place.sftp(*tms)


def put(sftp, name, content=ROWS):
    return sftp.putfo(BytesIO(content), name)


def settle(place, name="tms"):
    """Wait until nothing unfinished is left."""
    return eventually(lambda: not any(each.startswith(UNFINISHED) for each in place.waiting(name)))


def test_an_upload_lands_in_its_connections_directory_whole(place, sftp):
    assert put(sftp, "customers.csv").st_size == len(ROWS)
    assert place.waiting("tms") == {"customers.csv": ROWS}
    assert sftp.listdir(".") == ["customers.csv"]
    with sftp.open("customers.csv") as file:
        assert file.read() == ROWS


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


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        (b"", ()),
        (b"//x", ("x",)),
        (b"..", ()),
        (b"a/./b/..//c", ("a", "c")),
        (b"/..\\x", ("..\\x",)),
        (b"...", ("...",)),
    ],
)
def test_a_path_is_taken_apart_from_the_top(path, parts):
    assert parts_of(path) == parts


@pytest.fixture
def other(place, engine, tms):
    return place.sftp(*join(engine, "other"))


def test_two_partners_do_not_see_each_other(place, other, sftp):
    put(sftp, "loads.csv")
    put(other, "loads.csv", b"of the other")
    assert (sftp.listdir(), other.listdir()) == (["loads.csv"], ["loads.csv"])
    other.remove("loads.csv")
    assert place.waiting("tms") == {"loads.csv": ROWS}
    for path in ("../tms/loads.csv", "/tms/loads.csv", "tms"):
        with pytest.raises(FileNotFoundError):
            other.stat(path)


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


@pytest.fixture
def narrow(store_url, tmp_path):
    with uploads_here(store_url, tmp_path / "data", QUICK, sftp_max_file=1000, sftp_max_space=2500) as made:
        yield made


def refuse(sftp, name, content):
    """The client is told when it writes, or when it looks at what it wrote."""
    with pytest.raises(OSError, match=r"no more than|No such file"):
        put(sftp, name, content)


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


def alarms(engine):
    """The alerts of partners, those that last first."""
    with reading(engine) as session:
        found = session.scalars(select(Alert).order_by(Alert.cleared_at, Alert.raised_at))
        return [(alert.kind, alert.subject, alert.seen, bool(alert.cleared_at)) for alert in found]


def test_a_refused_upload_is_one_alert_until_it_comes_through(narrow, engine, tms):
    sftp = narrow.sftp(*tms)
    for _ in range(2):
        refuse(sftp, "loads.csv", b"x" * 1001)
    assert eventually(lambda: alarms(engine) == [("upload", "loads.csv", 2, False)])
    for name in "12":
        put(sftp, name, b"x" * 1000)
    refuse(sftp, "3", b"x" * 501)
    lasting = [("upload", "loads.csv", 2, False), ("upload", "space", 1, False)]
    assert eventually(lambda: alarms(engine) == lasting)
    put(sftp, "loads.csv", b"x" * 500)
    assert eventually(lambda: [is_over for *_, is_over in alarms(engine)] == [True, True])


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


def denied(place, *login, **more):
    with pytest.raises(paramiko.AuthenticationException):
        place.client(*login, **more)
    return True


def test_only_the_right_password_of_a_connection_with_files_here_comes_in(place, engine, tms, caplog):
    other, elsewhere = join(engine, "other"), join(engine, "elsewhere", files="/somewhere")
    for login in ((tms[0], "wrong"), ("nobody", tms[1]), (tms[0], other[1]), (tms[0], ""), elsewhere):
        assert denied(place, *login)
    assert place.sftp(*tms).listdir() == []
    assert not (place.inboxes / "elsewhere").exists()


def test_a_connection_with_a_list_of_addresses_comes_in_from_those_only(place, engine):
    near, far = join(engine, "near"), join(engine, "far")
    change(engine, "near", allowed_addresses=["127.0.0.0/8"])
    change(engine, "far", allowed_addresses=["192.0.2.1"])
    assert place.sftp(*near).listdir() == []
    assert denied(place, *far)


def change(engine, name, **columns):
    with writing(engine) as session:
        for column, value in columns.items():
            setattr(registry.get(session, name), column, value)


def test_a_key_in_the_settings_comes_in_too_and_no_other(place, engine, tmp_path):
    mine, other = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    public = mine.export_public_key().decode().strip() + " somebody@there"
    username, password = join(engine, "tms", files_client_key=public)
    keyless = join(engine, "keyless")[0]
    keys = []
    for number, key in enumerate((mine, other)):
        key.write_private_key(path := tmp_path / str(number))
        keys.append(str(path))
    assert place.sftp(username, key_filename=keys[0]).listdir() == []
    assert place.sftp(username, password).listdir() == []
    assert denied(place, username, key_filename=keys[1])
    assert denied(place, keyless, key_filename=keys[0])
    change(engine, "tms", active=False)
    eventually(lambda: _is_denied(place, username, key_filename=keys[0]))


def _is_denied(place, *login, **more):
    try:
        place.client(*login, **more).close()
    except paramiko.AuthenticationException:
        return True
    return False


def test_after_a_few_wrong_passwords_even_the_right_one_waits_a_minute(place, engine, tms):
    other = join(engine, "other")
    now = clock.now()
    with clock.replaced(lambda: now):
        for _ in range(MOST_WRONG):
            assert denied(place, tms[0], "wrong")
        assert denied(place, *tms)
        assert place.sftp(*other).listdir() == []
    with clock.replaced(lambda: now + 60 * clock.SECOND):
        assert place.sftp(*tms).listdir() == []


def test_the_brake_counts_by_address_and_by_name(engine, tms):
    door = Door(Directory(engine, KEY), ["aljex"])
    now = clock.now()

    async def refusals(peer, names, password="wrong"):
        raised = []
        for name in names:
            with pytest.raises((NotAuthenticated, TooMany)) as said:
                await door.by_password(name, password, peer)
            raised.append(said.type)
        return raised

    async def guess():
        assert await refusals("a", ["x"] * (MOST_WRONG + 1)) == [NotAuthenticated] * MOST_WRONG + [TooMany]
        assert await refusals("b", ["x"]) == [NotAuthenticated]
        names = [str(number) for number in range(MOST_WRONG_THERE)]
        assert await refusals("b", names) == [NotAuthenticated] * (MOST_WRONG_THERE - 1) + [TooMany]
        assert await refusals("b", [tms[0]], tms[1]) == [TooMany]
        assert (await door.by_password(*tms, "c")).name == "tms"

    with clock.replaced(lambda: now):
        asyncio.run(guess())


def test_without_its_store_it_lets_nobody_in_and_turns_nobody_out(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'missing' / 'synchub.db'}")
    door = Door(Directory(engine, KEY), ["aljex"])

    async def knock():
        with pytest.raises(Unavailable):
            await door.by_password("tms", "password", "a")
        return await door.may_stay(1)

    assert asyncio.run(knock())
    engine.dispose()


def test_one_ssh_connection_may_try_only_a_few_passwords(place, tms):
    transport = paramiko.Transport((place.host, place.port))
    transport.start_client(timeout=60)
    for _ in range(2):
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_password(tms[0], "wrong", fallback=False)
    with pytest.raises(paramiko.SSHException):
        transport.auth_password(tms[0], "wrong", fallback=False)
    assert eventually(lambda: not transport.is_active())
    transport.close()


@pytest.mark.parametrize(
    "columns", [{"active": False}, {"settings": {}}, {"settings": {"files": "/elsewhere"}}], ids=str
)
def test_a_connection_that_is_no_more_is_turned_out_of_an_open_session(place, engine, sftp, tms, columns):
    put(sftp, "loads.csv", b"yesterday")
    file = sftp.open("loads.csv", "w")
    file.write(b"half")
    file.flush()
    change(engine, "tms", **columns)

    def is_out():
        try:
            sftp.listdir()
        except (OSError, EOFError, paramiko.SSHException):
            return True
        return False

    assert eventually(is_out)
    assert settle(place)
    assert place.waiting("tms") == {"loads.csv": b"yesterday"}
    assert denied(place, *tms)


def test_a_removed_connection_is_turned_out(place, engine, sftp, tms):
    with writing(engine) as session:
        session.delete(registry.get(session, "tms"))

    def is_out():
        try:
            put(sftp, "loads.csv")
        except (OSError, EOFError, paramiko.SSHException):
            return True
        return False

    assert eventually(is_out)
    assert denied(place, *tms)


def test_one_that_says_nothing_is_closed_with_what_it_had_open(store_url, tmp_path, tms):
    with uploads_here(store_url, tmp_path / "data", Manners(idle=0.5)) as place:
        client = place.client(*tms)
        file = client.open_sftp().open("loads.csv", "w")
        file.write(b"half")
        file.flush()
        assert eventually(lambda: not client.get_transport().is_active())
        assert settle(place)
        assert place.waiting("tms") == {}


@pytest.mark.parametrize(
    ("manners", "refusal"),
    [
        (Manners(connections=1), (paramiko.SSHException, EOFError, ConnectionError)),
        (Manners(of_one=1), (paramiko.SSHException, EOFError, ConnectionError)),
    ],
    ids=["in all", "of one partner"],
)
def test_only_so_many_connections_at_once(store_url, tmp_path, tms, manners, refusal):
    with uploads_here(store_url, tmp_path / "data", manners) as place:
        first = place.client(*tms)
        with pytest.raises(refusal):
            place.sftp(*tms)
        first.close()

        def comes_in():
            try:
                return place.sftp(*tms).listdir() == []
            except refusal:
                return False

        assert eventually(comes_in)


def test_strangers_from_one_address_take_only_so_many_places(store_url, tmp_path, tms):
    with uploads_here(store_url, tmp_path / "data", Manners(strangers=2)) as place:
        partner = place.sftp(*tms)
        strangers = [socket.create_connection((place.host, place.port)) for _ in range(4)]
        assert eventually(lambda: sum(_is_shut(one) for one in strangers) == 2)
        assert partner.listdir() == []
        for one in strangers:
            one.close()
        assert eventually(lambda: not _is_denied(place, *tms))


def _is_shut(one):
    one.settimeout(0.2)
    try:
        while one.recv(4096):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


def test_one_connection_has_only_so_many_sessions(store_url, tmp_path, tms):
    with uploads_here(store_url, tmp_path / "data", Manners(sessions=1)) as place:
        client = place.client(*tms)
        first = client.open_sftp()
        with pytest.raises(paramiko.SSHException):
            client.open_sftp()
        first.close()

        def opens():
            try:
                return client.open_sftp().listdir() == []
            except paramiko.SSHException:
                return False

        assert eventually(opens)


def test_the_process_keeps_its_host_key_and_tells_its_fingerprint(store_url, tmp_path, tms):
    for _ in range(2):
        with uploads(store_url, tmp_path / "data") as place:
            assert place.fingerprint.startswith("SHA256:")
            put(place.sftp(*tms), "loads.csv")
            assert place.process.stop() == 0
            said = place.process.complaints()
            assert "Traceback" not in said
    key = tmp_path / "data" / "sftp_host_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with uploads(store_url, tmp_path / "data") as again:
        assert again.fingerprint == place.fingerprint
        key.chmod(0o644)


def test_the_log_has_a_line_for_each_log_in_upload_and_refusal_and_no_password(store_url, tmp_path, tms):
    with uploads(store_url, tmp_path / "data", sftp_max_file=100) as place:
        assert denied(place, tms[0], "a-wrong-password")
        sftp = place.sftp(*tms)
        put(sftp, "loads.csv")
        refuse(sftp, "large.csv", b"x" * 101)
        assert place.process.stop() == 0
        said = place.process.complaints()
    assert "a-wrong-password" not in said
    assert tms[1] not in said
    lines = [line.partition("] ")[2] for line in said.splitlines()]
    assert [line.split("  ")[0] for line in lines] == ["log-in refused", "logged in", "uploaded", "refused"]
    assert all("tms" in line for line in lines)
    assert "no more than 100 bytes; nothing of it is kept" in lines[-1]


def test_uploads_that_are_under_way_when_it_is_told_to_stop_come_to_an_end(store_url, tmp_path, tms):
    with uploads(store_url, tmp_path / "data") as place:
        sftp = place.sftp(*tms)
        file = sftp.open("loads.csv", "w")
        file.write(b"first ")
        file.flush()
        place.process.process.terminate()
        assert eventually(lambda: not _listens(place))
        with pytest.raises(OSError, match="stopping"):
            sftp.open("more.csv", "w")
        file.write(b"second")
        file.close()
        assert place.process.process.wait(60) == 0
        assert place.waiting("tms") == {"loads.csv": b"first second"}


def _listens(place: Place) -> bool:
    try:
        socket.create_connection((place.host, place.port)).close()
    except ConnectionRefusedError:
        return False
    return True


def test_an_upload_that_does_not_end_in_time_is_cut_and_leaves_nothing(store_url, tmp_path, tms):
    with uploads(store_url, tmp_path / "data", drain_seconds=0.2) as place:
        file = place.sftp(*tms).open("loads.csv", "w")
        file.write(b"half")
        file.flush()
        assert place.process.stop() == 0
        assert place.waiting("tms") == {}
        assert "Traceback" not in place.process.complaints()


def test_what_a_killed_server_left_is_removed_at_the_next_start(store_url, tmp_path, tms):
    with uploads(store_url, tmp_path / "data") as place:
        sftp = place.sftp(*tms)
        put(sftp, "whole.csv")
        file = sftp.open("loads.csv", "w")
        file.write(b"half")
        file.flush()
        place.process.process.send_signal(signal.SIGKILL)
        place.process.process.wait()
        assert len(place.waiting("tms")) == 2
    with uploads(store_url, tmp_path / "data") as place:
        assert place.waiting("tms") == {"whole.csv": ROWS}
        assert place.sftp(*tms).listdir() == ["whole.csv"]


def test_a_disk_that_takes_no_more_spoils_the_upload_and_nothing_else(store_url, tmp_path, tms):
    import resource

    with uploads(store_url, tmp_path / "data") as place:
        sftp = place.sftp(*tms)
        put(sftp, "whole.csv")
        resource.prlimit(place.process.process.pid, resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
        with pytest.raises(OSError, match=r"."):
            put(sftp, "large.csv", b"x" * 100_000)
        put(sftp, "small.csv")
        assert place.waiting("tms") == {"whole.csv": ROWS, "small.csv": ROWS}


def test_a_second_server_on_the_same_directory_is_refused(store_url, tmp_path, monkeypatch, capsys):
    from synchub.cli import run

    with uploads(store_url, tmp_path / "data"):
        for name, value in {"DATABASE_URL": store_url, "DATA_DIR": str(tmp_path / "data"), "SECRET_KEY": KEY}.items():
            monkeypatch.setenv(f"SYNCHUB_{name}", value)
        assert run(["sftp-server"]) == 1
    said = capsys.readouterr()
    assert said.err == f"synchub: another process takes files into {tmp_path / 'data'} already: stop it\n"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"SFTP_PORT": "{port}"},
            "port {port} of 127.0.0.1 is taken: stop what listens there, or set SYNCHUB_SFTP_PORT",
        ),
        ({"SFTP_HOST": "192.0.2.1"}, "cannot listen at 192.0.2.1 port 2222"),
        ({"key": "no key"}, "is no private key that can be read"),
    ],
    ids=["taken", "foreign", "key"],
)
def test_what_keeps_it_from_starting_is_one_line(store_url, tmp_path, monkeypatch, capsys, settings, said):
    from synchub.cli import run

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        own = {"DATABASE_URL": store_url, "DATA_DIR": str(tmp_path), "SECRET_KEY": KEY}
        for name, value in (own | settings).items():
            monkeypatch.setenv(f"SYNCHUB_{name}", value.format(port=port))
        if "key" in settings:
            (tmp_path / "sftp_host_key").write_text(settings["key"])
        assert run(["sftp-server"]) == 1
    err = capsys.readouterr().err
    assert said.format(port=port) in err
    assert err.count("\n") == 1
