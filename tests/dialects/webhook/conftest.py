"""A receiver of webhooks on loopback."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


class Receiver(HTTPServer):
    """Takes webhooks and answers what it is told to; None: it hangs up without an answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.answer: int | None = 204
        self.headers: dict[str, str] = {}
        self.arrived: list[tuple[dict[str, str], bytes]] = []
        self._came = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/in"

    def take(self, headers: dict[str, str], body: bytes) -> None:
        with self._came:
            self.arrived.append((headers, body))
            self._came.notify_all()

    def wait_for(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        """The first `count` webhooks, once they have come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.arrived) >= count, timeout=60)
            return self.arrived[:count]


class Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.take(dict(self.headers), body)
        if self.server.answer is None:
            self.close_connection = True
            return
        self.send_response(self.server.answer)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_parts: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()
