"""A partner's receiver of webhooks: it verifies each signature with the published library."""

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


class Receiver:
    """Listens on loopback in a thread of this process; `heard` holds what was verified, in the order of arrival."""

    def __init__(self, port: int) -> None:
        self.secret = ""
        self.ids: list[str] = []
        self.heard: list[dict[str, Any]] = []
        self.forged = 0
        self.answers = threading.Event()
        self.answers.set()
        self._newest: dict[int, dict[str, Any]] = {}
        self._guard = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def hold(self) -> None:
        """Answer nobody until `release`."""
        self.answers.clear()

    def release(self) -> None:
        self.answers.set()

    def latest(self) -> list[dict[str, Any]]:
        """What it knows of each record: what the newest webhook about it said."""
        with self._guard:
            return list(self._newest.values())

    def repeats(self) -> list[str]:
        """The ids that came more than once."""
        with self._guard:
            return [id_ for id_, times in Counter(self.ids).items() if times > 1]

    def close(self) -> None:
        self.release()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """The status with which a webhook is answered."""
        self.answers.wait()
        try:
            Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            self.forged += 1
            return 401
        with self._guard:
            self.ids.append(headers["webhook-id"])
            self.heard.append(json.loads(body))
            data = self.heard[-1]["data"]
            if int(data["number"]) >= int(self._newest.get(data["record"], data)["number"]):
                self._newest[data["record"]] = data
        return 204

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # who sent it was killed in the middle
                    self.close_connection = True
                    return
                status = receiver.take(body, {name.lower(): value for name, value in self.headers.items()})
                try:
                    self.send_response(status)
                    self.send_header("content-length", "0")
                    self.end_headers()
                except OSError:
                    self.close_connection = True

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler
