"""A door before a partner's server, which keeps what came, and may be told to answer otherwise than the server."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests import calling
from tests.waiting import PATIENCE

PASSED = ("authorization", "content-type", "accept")


@dataclass(frozen=True, slots=True)
class Came:
    """A request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Mood = Callable[[Came], Said | None]
"""What is answered to a request; None hangs up."""

BUSY = Said(503, b"", {"retry-after": "3600"})


class Gate(ThreadingHTTPServer):
    """Passes requests on to the server at `to` while nobody gave it another mood."""

    daemon_threads = True

    def __init__(self, to: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self._to = to
        self.came: list[Came] = []
        self.mood: Mood = self.pass_on

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def pass_on(self, came: Came) -> Said:
        """What the server says."""
        headers = {name: came.headers[name] for name in PASSED if name in came.headers}
        url = self._to + came.path
        answer = calling.request(came.method, url, content=came.body, headers=headers, timeout=PATIENCE)
        return Said(answer.status_code, answer.content)

    def deaf(self, came: Came) -> None:
        """The server takes it, and its answer is lost."""
        self.pass_on(came)

    @contextmanager
    def open(self) -> Iterator["Gate"]:
        """Answering, within the block."""
        thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Door(BaseHTTPRequestHandler):
    server: Gate

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        came = Came(self.command, self.path, headers, body)
        self.server.came.append(came)
        said = self.server.mood(came)
        if said is not None:
            with suppress(OSError):  # who asked may have gone
                self._say(said)

    def do_DELETE(self) -> None:
        self.do_POST()

    def _say(self, said: Said) -> None:
        self.send_response(said.status)
        for name, value in {**said.headers, "content-length": str(len(said.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said.body)

    def log_message(self, *_parts: Any) -> None:
        """Say nothing."""
