"""Who may come in and who is told, from a picture that is never older than a second."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from tests.connections.desk import LOGIN, SIGNED

from synchub.connections.credentials import Vault
from synchub.connections.directory import Directory
from synchub.connections.tables import HUB
from synchub.db import open_engine
from synchub.errors import Misconfigured, NotAllowed, NotAuthenticated, Unavailable

KEY = Vault("a key that is long enough for the tests").secret_key


@pytest.fixture
def directory(desk):
    return Directory(desk.engine, KEY)


@contextmanager
def counted(engine):
    """The statements that run within the block."""
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def refused(call, *arguments):
    with pytest.raises(NotAuthenticated):
        call(*arguments)
    return True


@pytest.mark.parametrize("chosen", [{}, {"token": "chosen-by-hand"}], ids=["generated", "chosen"])
def test_a_token_finds_its_connection_in_its_dialect_only(desk, directory, chosen):
    desk.add("other")
    token = desk.add("erp", **chosen)["token"]
    assert directory.by_token("token", token).name == "erp"
    assert refused(directory.by_token, "login", token)
    assert refused(directory.by_token, "token", token + "x")
    assert refused(directory.by_token, "token", "")


@pytest.mark.parametrize("chosen", [{}, {"username": "u", "password": "p"}], ids=["generated", "chosen"])
def test_a_log_in_needs_its_own_password(desk, directory, chosen):
    mine, other = desk.add("erp", LOGIN, **chosen), desk.add("other", LOGIN)
    assert directory.by_login("login", mine["username"], mine["password"]).name == "erp"
    assert refused(directory.by_login, "login", mine["username"], other["password"])
    assert refused(directory.by_login, "login", "nobody", mine["password"])
    assert refused(directory.by_login, "token", mine["username"], mine["password"])


def test_the_event_loop_gets_the_same_answers(desk, directory):
    generated, chosen = desk.add("a")["token"], desk.add("b", token="chosen")["token"]
    login = desk.add("c", LOGIN)

    async def admit():
        for _ in range(2):  # the second time from memory, without a thread
            assert (await directory.admit_token("token", generated)).name == "a"
            assert (await directory.admit_token("token", chosen)).name == "b"
            assert (await directory.admit_login("login", "c", login["password"])).name == "c"
        with pytest.raises(NotAuthenticated):
            await directory.admit_token("token", "wrong")
        with pytest.raises(NotAuthenticated):
            await directory.admit_login("login", "c", "wrong")

    asyncio.run(admit())


def test_an_inactive_connection_is_refused_a_second_later(desk, directory):
    token = desk.add("erp")["token"]
    assert directory.by_token("token", token)
    desk.set("erp", active=False)
    desk.wait(1)
    assert refused(directory.by_token, "token", token)


def test_a_paused_connection_may_come_in_and_is_not_told(desk, directory):
    token = desk.add("erp", url="http://127.0.0.1:1", target_token="x")["token"]
    assert [one.name for one in directory.targets()] == ["erp"]
    desk.set("erp", paused=True)
    desk.wait(1)
    assert directory.targets() == []
    assert directory.by_token("token", token).name == "erp"


def test_only_active_connections_with_an_address_are_told(desk, directory):
    desk.add("sends-only")
    desk.add("told", url="http://127.0.0.1:1", target_token="x")
    desk.add("off", url="http://127.0.0.1:1", target_token="x", active="no")
    desk.add("hook", SIGNED, url="http://127.0.0.1:1")
    assert [one.name for one in directory.targets()] == ["told", "hook"]


def test_a_fresh_picture_asks_the_store_nothing(desk, directory):
    token = desk.add("erp")["token"]
    directory.by_token("token", token)
    desk.wait(0.999)
    with counted(desk.engine) as statements:
        directory.by_token("token", token)
        directory.targets()
    assert statements == []


def test_many_threads_at_an_old_picture_take_one_new_one(desk, directory):
    token = desk.add("erp")["token"]
    with counted(desk.engine) as statements, ThreadPoolExecutor(8) as pool:
        assert {one.name for one in pool.map(lambda _: directory.by_token("token", token), range(100))} == {"erp"}
    assert len([one for one in statements if one.startswith("SELECT")]) == 1


def test_a_replaced_secret_counts_for_its_grace_and_no_longer(desk, directory):
    old = desk.add("erp")["token"]
    new = desk.rotate("erp", grace=3_600_000_000)["token"]
    desk.wait(1)
    assert directory.by_token("token", old) is directory.by_token("token", new)
    desk.wait(3_600)
    assert refused(directory.by_token, "token", old)
    assert directory.by_token("token", new).name == "erp"


def test_what_we_say_is_unsealed_and_two_secrets_sign_during_a_rotation(desk, directory):
    old = desk.add("hook", SIGNED, url="http://127.0.0.1:1")["secret"]
    assert directory.secrets(desk.row("hook")) == {"secret": old}
    new = desk.rotate("hook", grace=3_600_000_000)["secret"]
    assert directory.secrets(desk.row("hook")) == {"secret": f"{new} {old}"}
    desk.wait(3_600)
    assert directory.secrets(desk.row("hook")) == {"secret": new}


def test_a_key_that_does_not_open_is_named(desk):
    desk.add("hook", SIGNED, url="http://127.0.0.1:1")
    with pytest.raises(Misconfigured, match="SYNCHUB_SECRET_KEY does not open the secrets of connection 'hook'"):
        Directory(desk.engine, "another key").secrets(desk.row("hook"))


def test_the_hub_itself_cannot_come_in_and_is_not_listed(desk, directory):
    desk.add("erp")
    assert directory.get(HUB).name == "hub"
    assert [one.name for one in directory.everyone()] == ["erp"]
    assert refused(directory.by_token, "hub", "")


@pytest.mark.parametrize(
    ("allowed", "peer", "may"),
    [
        ("", "203.0.113.9", True),
        ("", "", True),
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.8", False),
        ("192.0.2.0/24,2001:db8::/32", "192.0.2.200", True),
        ("192.0.2.0/24,2001:db8::/32", "2001:db8::1", True),
        ("192.0.2.0/24", "::ffff:192.0.2.1", True),
        ("192.0.2.0/24", "", False),
        ("192.0.2.0/24", "unix", False),
    ],
)
def test_a_connection_may_call_from_its_addresses_only(desk, directory, allowed, peer, may):
    desk.add("erp", allowed_addresses=allowed)
    if may:
        directory.check_address(desk.row("erp"), peer)
    else:
        with pytest.raises(NotAllowed, match="connection 'erp' may not call from this address"):
            directory.check_address(desk.row("erp"), peer)


def test_a_store_that_cannot_be_read_is_unavailable_and_left_in_peace_for_a_second(desk, tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'missing' / 'synchub.db'}")
    tries = []
    event.listen(engine, "do_connect", lambda *_: tries.append(1))
    directory = Directory(engine, KEY)
    for _ in range(3):
        with pytest.raises(Unavailable):
            directory.targets()
    assert len(tries) == 1
    desk.wait(1)
    with pytest.raises(Unavailable):
        directory.targets()
    assert len(tries) == 2
