"""Who may log in, and what of it the store and the log say."""

import asyncio

import asyncssh
import paramiko
import pytest
from sqlalchemy import select
from tests.cli.process import eventually
from tests.files.uploading import KEY, ROWS, is_denied, join, put, refuse, settle, uploads

from synchub import clock
from synchub.alerts.tables import Alert
from synchub.connections import registry
from synchub.connections.directory import Directory
from synchub.db import open_engine, reading, writing
from synchub.errors import NotAuthenticated, TooMany, Unavailable
from synchub.files.server.door import MOST_WRONG, MOST_WRONG_THERE, Door
from synchub.files.server.inbox import parts_of


def test_an_upload_lands_in_its_connections_directory_whole(place, sftp):
    assert put(sftp, "customers.csv").st_size == len(ROWS)
    assert place.waiting("tms") == {"customers.csv": ROWS}
    assert sftp.listdir(".") == ["customers.csv"]
    with sftp.open("customers.csv") as file:
        assert file.read() == ROWS


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


def test_the_next_days_file_ends_the_alert_of_a_refused_one(narrow, engine, tms):
    sftp = narrow.sftp(*tms)
    refuse(sftp, "Loads_20261121.csv", b"x" * 1001)
    refuse(sftp, "Loads_20261122.csv", b"x" * 1001)
    assert eventually(lambda: alarms(engine) == [("upload", "loads.csv", 2, False)])
    put(sftp, "Loads_20261123.csv")
    assert eventually(lambda: alarms(engine) == [("upload", "loads.csv", 2, True)])


def test_only_the_right_password_of_a_connection_with_files_here_comes_in(place, engine, tms, caplog):
    other, elsewhere = join(engine, "other"), join(engine, "elsewhere", files="/somewhere")
    for login in ((tms[0], "wrong"), ("nobody", tms[1]), (tms[0], other[1]), (tms[0], ""), elsewhere):
        assert is_denied(place, *login)
    assert place.sftp(*tms).listdir() == []
    assert not (place.inboxes / "elsewhere").exists()


def test_a_connection_with_a_list_of_addresses_comes_in_from_those_only(place, engine):
    near, far = join(engine, "near"), join(engine, "far")
    change(engine, "near", allowed_addresses=["127.0.0.0/8"])
    change(engine, "far", allowed_addresses=["192.0.2.1"])
    assert place.sftp(*near).listdir() == []
    assert is_denied(place, *far)


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
    assert is_denied(place, username, key_filename=keys[1])
    assert is_denied(place, keyless, key_filename=keys[0])
    change(engine, "tms", active=False)
    eventually(lambda: is_denied(place, username, key_filename=keys[0]))


def test_after_a_few_wrong_passwords_even_the_right_one_waits_a_minute(place, engine, tms):
    other = join(engine, "other")
    now = clock.now()
    with clock.replaced(lambda: now):
        for _ in range(MOST_WRONG):
            assert is_denied(place, tms[0], "wrong")
        assert is_denied(place, *tms)
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
    assert is_denied(place, *tms)


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
    assert is_denied(place, *tms)


def test_the_log_has_a_line_for_each_log_in_upload_and_refusal_and_no_password(store_url, tmp_path, tms):
    with uploads(store_url, tmp_path / "data", sftp_max_file=100) as place:
        assert is_denied(place, tms[0], "a-wrong-password")
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
