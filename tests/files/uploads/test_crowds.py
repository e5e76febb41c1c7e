"""Too many of everything, and those who say nothing."""

import socket

import paramiko
import pytest
from tests.cli.process import eventually
from tests.files.uploading import is_denied, settle, uploads_here

from synchub.files.server.house import Manners

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""Nothing here is the store's affair."""


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
        assert eventually(lambda: not is_denied(place, *tms))


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
