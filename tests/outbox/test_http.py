import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import httpx
import pytest
import respx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from synchub import clock
from synchub.outbox import wires
from synchub.outbox.addresses import resolve, why_not
from synchub.outbox.http import BODY_LIMIT, NotConnected, OutboundClient, Response, Unanswered

Talk = Callable[[socket.socket], None]


@contextmanager
def partner(talk: Talk, calls: int = 1) -> Iterator[str]:
    """A listener on loopback that talks to `calls` connections, one after another."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(calls):
                connection, _ = server.accept()
                with connection:
                    talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


@contextmanager
def zone(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    """This machine in another time zone."""
    try:
        with monkeypatch.context() as patch:
            patch.setenv("TZ", name)
            time.tzset()
            yield
    finally:
        time.tzset()


def heard(connection: socket.socket) -> bytes:
    return connection.recv(65536)


def answering(text: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        heard(connection)
        connection.sendall(text)

    return talk


@pytest.fixture
def client() -> Iterator[OutboundClient]:
    made = OutboundClient()
    yield made
    made.close()


def test_an_answer_is_given_with_its_status_whatever_it_is(client):
    with partner(answering(b"HTTP/1.1 422 No\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno")) as url:
        answer = client.post(url, b"x", {"content-type": "text/plain"}, 5)
    assert (answer.status, answer.headers["retry-after"], answer.body) == (422, "7", b"no")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("Wed, 23 Sep 2026 12:00:05 GMT", 5),
        ("Wednesday, 23-Sep-26 12:00:05 GMT", 5),
        ("Wed Sep 23 12:00:05 2026", 5),
        ("Wed, 23 Sep 2026 11:00:00 GMT", 0),
        ("Wed, 23 Sep 99999999999999999999 12:00:05 GMT", None),
        ("soon", None),
        ("-1", None),
        ("\u0667", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_in_utc_by_our_clock(monkeypatch, header, seconds):
    with clock.replaced(lambda: 1_790_164_800 * clock.SECOND), zone(monkeypatch, "Asia/Tokyo"):
        assert Response(429, {"retry-after": header}, b"").retry_after == seconds


def test_without_retry_after_nobody_is_asked_to_wait():
    assert Response(429, {}, b"").retry_after is None


def test_a_redirect_is_not_followed(client):
    away = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with partner(answering(away)) as url:
        assert client.post(url, b"", {}, 5).status == 302


def test_an_endless_answer_is_cut(client):
    def talk(connection):
        heard(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"y" * 4 * BODY_LIMIT)

    with partner(talk) as url:
        assert len(client.post(url, b"", {}, 5).body) == BODY_LIMIT


def test_nobody_listening_is_not_connected(client):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotConnected):
        client.post(f"http://127.0.0.1:{port}/", b"", {}, 5)


def test_an_answer_that_drips_byte_by_byte_ends_at_the_deadline(client):
    stop = threading.Event()

    def talk(connection):
        heard(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not stop.wait(0.05):
            connection.sendall(b"z")

    with partner(talk) as url, pytest.raises(Unanswered):
        client.post(url, b"", {}, 0.5)
    stop.set()


def test_a_partner_that_takes_the_request_and_hangs_up_is_unanswered(client):
    with partner(heard) as url, pytest.raises(Unanswered):
        client.post(url, b"x", {}, 5)


def test_a_partner_that_does_not_read_ends_at_the_deadline(client):
    stop = threading.Event()
    with partner(lambda _: stop.wait(30)) as url, pytest.raises(Unanswered):
        client.post(url, b"x" * 2**25, {}, 0.5)
    stop.set()


def test_a_handshake_that_never_comes_is_not_connected(client):
    stop = threading.Event()
    with partner(lambda _: stop.wait(30)) as url, pytest.raises(NotConnected):
        client.post(url.replace("http", "https"), b"x", {}, 0.5)
    stop.set()


def test_a_certificate_that_nobody_vouches_for_is_not_connected(client, tmp_path):
    certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def talk(connection):
        with suppress(OSError):
            context.wrap_socket(connection, server_side=True)

    with partner(talk) as url, pytest.raises(NotConnected):
        client.post(url.replace("http", "https"), b"x", {}, 5)


def self_signed(folder):
    """A key and a certificate for localhost in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(text + made.public_bytes(serialization.Encoding.PEM))
    return file


def test_a_limit_drawn_in_while_the_call_runs_ends_it(client):
    left = [60.0]

    def talk(connection):
        heard(connection)
        left[0] = 0.0
        threading.Event().wait(5)

    with partner(talk) as url, wires.limited(lambda: left[0]), pytest.raises(Unanswered):
        client.post(url, b"", {}, 60)


def test_a_connection_is_kept_and_one_that_the_partner_closed_is_not_used_again(client):
    connections = []

    def talk(connection):
        connections.append(connection)
        for _ in range(2):
            heard(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with partner(talk, calls=2) as url:
        assert [client.post(url, b"", {}, 5).body for _ in range(4)] == [b"ok"] * 4
    assert len(connections) == 2


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "224.0.0.1",
        "::",
    ],
)
def test_link_local_and_metadata_addresses_are_never_called(address):
    assert why_not(ip_address(address), private=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.1", "fd12::1", "::ffff:10.0.0.1"])
def test_private_addresses_are_called_unless_forbidden(address):
    assert why_not(ip_address(address), private=True) is None
    assert why_not(ip_address(address), private=False)


def test_public_addresses_are_always_called():
    assert why_not(ip_address("1.1.1.1"), private=False) is None


def test_a_forbidden_address_is_refused_at_connect():
    client = OutboundClient(allow_private=False)
    with partner(lambda _: None) as url, pytest.raises(NotConnected, match="SYNCHUB_ALLOW_PRIVATE_TARGETS"):
        client.post(url, b"", {}, 5)
    client.close()


def test_a_host_without_an_address_is_not_connected(client):
    with pytest.raises(NotConnected):
        client.post("http://a..b/", b"", {}, 5)


def test_a_url_that_is_none_is_not_connected(client):
    for url in ("ftp://127.0.0.1/", "http://", "http://[::1"):
        with pytest.raises(NotConnected):
            client.post(url, b"", {}, 5)


def test_a_name_look_up_keeps_the_deadline(monkeypatch):
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait() and [])
    with pytest.raises(TimeoutError):
        resolve("slow.test", 80, 0.01)
    answered.set()


def test_a_time_that_is_over_sends_nothing(client):
    with partner(lambda _: None) as url, pytest.raises(NotConnected):
        client.post(url, b"", {}, -1)


def test_respx_can_stand_in_for_a_partner(client):
    with respx.mock:
        respx.post("http://partner.test/in").mock(return_value=httpx.Response(201, text="hello"))
        answer = client.post("http://partner.test/in", b"", {}, 5)
    assert (answer.status, answer.body) == (201, b"hello")
