"""The hub's one way to call a partner over HTTP.

No proxy from the environment, no redirects, HTTP/1.1 with connections kept open, addresses checked at connect and
pinned, one wall-clock deadline over the whole call (name look-up, handshake, sending, the last byte of the answer).
"""

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpcore
import httpx

from synchub import clock
from synchub.errors import SynchubError
from synchub.outbox.wires import CheckedBackend, limited

BODY_LIMIT = 64 * 1024
"""The bytes of an answer that are read; the rest is left with the connection."""
IDLE_SECONDS = 30.0
CONNECTIONS = 32


class NotConnected(SynchubError):
    """The call never reached the partner: certainly nothing of the request was sent."""


class Unanswered(SynchubError):
    """The request was sent, or a part of it, and no whole answer came: nobody knows what the partner stored."""


@dataclass(frozen=True, slots=True)
class Response:
    """A partner's answer, whatever its status; `headers` are found in any letter case, `body` is cut at 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """The seconds that Retry-After asks us to wait (RFC 9110, 10.2.3), a date by our clock; None if unreadable."""
        text = self.headers.get("retry-after", "").strip()
        return float(text) if text.isascii() and text.isdecimal() else _seconds_until(text)


class OutboundClient:
    """Calls partners; may be used by several threads at once.

    `allow_private` says whether loopback and private addresses may be called (setting `allow_private_targets`).
    """

    def __init__(self, *, allow_private: bool = True) -> None:
        self._client = httpx.Client(
            transport=_Transport(allow_private=allow_private),
            trust_env=False,
            follow_redirects=False,
            timeout=None,  # noqa: S113 - the deadline of each call is kept by the sockets
            headers={"accept": "*/*", "accept-encoding": "identity", "user-agent": "synchub"},
        )

    def post(self, url: str, content: bytes, headers: Mapping[str, str], deadline: float) -> Response:
        """The answer to a POST, within `deadline` seconds.

        Raises:
            NotConnected: certainly nothing was sent.
            Unanswered: something was sent, and no whole answer came in time.
        """
        return self.call("POST", url, content, headers, deadline)

    def call(self, method: str, url: str, content: bytes, headers: Mapping[str, str], deadline: float) -> Response:
        """As `post`, with any method."""
        end = time.monotonic() + deadline
        with limited(lambda: end - time.monotonic()), _in_our_words(url):
            request = self._client.build_request(
                method, url, content=content, headers=dict(headers), extensions={"timeout": {"pool": deadline}}
            )
            answer = self._client.send(request, stream=True)
            try:
                return Response(answer.status_code, answer.headers, _start_of(answer))
            finally:
                answer.close()

    def close(self) -> None:
        """Give up the connections that are kept open."""
        self._client.close()


class _Transport(httpx.HTTPTransport):
    """httpx's own transport over our sockets; httpx has no public way to hand them to its pool."""

    def __init__(self, *, allow_private: bool) -> None:
        super().__init__(verify=_believed(), trust_env=False)
        self._pool: Any = httpcore.ConnectionPool(
            ssl_context=_believed(),
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=CheckedBackend(private=allow_private),
        )


@cache
def _believed() -> ssl.SSLContext:
    """Whose certificates are believed; read once for all targets, since that takes longer than most calls."""
    return httpx.create_ssl_context(trust_env=False)


def _seconds_until(date: str) -> float | None:
    """The seconds until an HTTP date, which is in UTC also where it does not say so (RFC 9110, 5.6.7)."""
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - clock.now() / clock.SECOND)


@contextmanager
def _in_our_words(url: str) -> Iterator[None]:
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise NotConnected(f"no connection to {_host(url)}: {str(error) or type(error).__name__}") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
        raise NotConnected(f"{_host(url)} cannot be called: {error}") from error
    except httpx.HTTPError as error:
        raise Unanswered(f"no answer from {_host(url)}: {str(error) or type(error).__name__}") from error


def _host(url: str) -> str:
    """The host of a URL, without path and query, where secrets may stand."""
    try:
        return httpx.URL(url).host or "the target"
    except httpx.InvalidURL:
        return "the target"


def _start_of(answer: httpx.Response) -> bytes:
    parts, size = [], 0
    for part in answer.iter_bytes():
        parts.append(part)
        size += len(part)
        if size >= BODY_LIMIT:
            break
    return b"".join(parts)[:BODY_LIMIT]
