"""Sockets that keep one wall-clock limit over a whole call, and connect only to addresses that were checked.

httpx's own time-outs are per phase: a partner that answers a byte a second would hold a call for ever. The limit of the
call that a thread is making is set with `limited`, and is asked for again every second, so that it may be drawn in
while the call runs (a lease that could not be renewed).
"""

import math
import selectors
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar

import httpcore

from synchub.outbox.addresses import Address, resolve, why_not

Result = TypeVar("Result")
Limit = Callable[[], float]
"""Answers the seconds that are left."""

SLICE = 1.0
"""The longest wait on a socket before the limit is asked for again, in seconds."""

_left: ContextVar[Limit] = ContextVar("left", default=lambda: math.inf)


@contextmanager
def limited(left: Limit) -> Iterator[None]:
    """Within the block no socket of this thread is waited for longer than `left` allows (of several: the least)."""
    outer = _left.get()
    token = _left.set(lambda: min(left(), outer()))
    try:
        yield
    finally:
        _left.reset(token)


def seconds_left() -> float:
    """What remains of this thread's limit."""
    return _left.get()()


def _patiently(sock: socket.socket, step: Callable[[], Result]) -> Result:
    """The result of a step on a socket, waited for until the limit ends.

    Raises:
        TimeoutError: it ended.
    """
    while (left := seconds_left()) > 0:
        sock.settimeout(min(left, SLICE))
        try:
            return step()
        except TimeoutError:
            continue
    raise TimeoutError("the time for this call is over")


@contextmanager
def _as_httpcore(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except OSError as error:
        raise broken(str(error)) from error


class Wire(httpcore.NetworkStream):
    """A connected socket, plain or TLS."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the call's limit rules
        with _as_httpcore(httpcore.ReadTimeout, httpcore.ReadError):
            return _patiently(self._socket, lambda: self._socket.recv(max_bytes))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the call's limit rules
        with _as_httpcore(httpcore.WriteTimeout, httpcore.WriteError):
            rest = memoryview(buffer)
            while rest:
                rest = rest[_patiently(self._socket, partial(self._socket.send, rest)) :]

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the call's limit rules
    ) -> "Wire":
        with _as_httpcore(httpcore.ConnectTimeout, httpcore.ConnectError):
            wrapped = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            try:
                _patiently(wrapped, wrapped.do_handshake)
            except OSError:
                wrapped.close()
                raise
        return Wire(wrapped)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return _is_readable(self._socket)
        return {"socket": self._socket}.get(info)


def _is_readable(sock: socket.socket) -> bool:
    """Whether an idle connection has something to say, which can only be that it ends."""
    if sock.fileno() < 0:
        return True
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return bool(selector.select(timeout=0))


class CheckedBackend(httpcore.NetworkBackend):
    """Resolves a name, checks what it found, and connects to the very address that was checked.

    The name itself goes into the Host header and the TLS handshake only: a second look-up, which a rebinding name
    server would answer differently, never happens.
    """

    def __init__(self, *, private: bool) -> None:
        self._private = private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the call's limit rules
        local_address: str | None = None,  # noqa: ARG002 - the hub binds none
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - the hub sets none
    ) -> Wire:
        with _as_httpcore(httpcore.ConnectTimeout, httpcore.ConnectError):
            problem: OSError = OSError(f"{host} has no address")
            for address in resolve(host, port, seconds_left()):
                try:
                    return self._connect(address, port)
                except OSError as error:
                    problem = error
            raise problem

    def _connect(self, address: Address, port: int) -> Wire:
        if reason := why_not(address, private=self._private):
            raise PermissionError(reason)
        left = seconds_left()
        if left <= 0:
            raise TimeoutError("the time for this call is over")
        sock = socket.create_connection((str(address), port), timeout=None if math.isinf(left) else left)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Wire(sock)
