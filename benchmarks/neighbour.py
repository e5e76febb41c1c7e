"""A target that accepts connections and never answers, beside a target that is well.

Both have all records to be told. Measured is the time from the start of the worker until the healthy webhook has every
record, alone and beside the hanging one.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from benchmarks import data
from benchmarks.bench import Bench, tell
from benchmarks.hub import Hub
from benchmarks.report import Table

LONGEST = 900.0
BESIDE, ALONE = "beside one that hangs", "alone"


class Receiver:
    """A webhook's receiver that counts what comes, by its id."""

    def __init__(self, wanted: int) -> None:
        self._wanted, self._ids, self._guard = wanted, set[str](), threading.Lock()
        self.complete = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    @contextmanager
    def listening(self) -> Iterator["Receiver"]:
        """Receive in a thread of this process."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        yield self
        self._server.shutdown()
        self._server.server_close()
        thread.join()

    def take(self, id_: str) -> None:
        """Count a webhook once."""
        with self._guard:
            self._ids.add(id_)
            if len(self._ids) == self._wanted:
                self.complete.set()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                receiver.take(self.headers["webhook-id"])
                self.wfile.write(b"HTTP/1.1 204 No Content\r\n\r\n")

            def handle(self) -> None:
                with suppress(OSError):
                    super().handle()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def hanging() -> Iterator[str]:
    """The URL of a listener that accepts every connection and answers none."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    held.append(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    for connection in held:
        connection.close()


def measure(bench: Bench) -> list[Table]:
    """The healthy target's time with the neighbour and without, in turns."""
    count = 2_000 if bench.quick else 10_000
    table = Table(f"{count} records to a healthy webhook", "s")
    tell(f"neighbour: {count} records")
    template = _prepare(bench, count)

    def turn(contender: str) -> Callable[[], None]:
        return lambda: table.add(contender, _deliver(bench, template, count, beside=contender == BESIDE))

    for contender in bench.turns([turn(BESIDE), turn(ALONE)]):
        contender()
    return [table]


def _prepare(bench: Bench, count: int) -> str:
    """A store with that many records that nobody was told of yet."""
    url = bench.postgres.create()
    with TemporaryDirectory() as folder:
        hub = Hub.on(Path(folder), url)
        hub.command("migrate")
        token = hub.connect("erp", "fast")["token"]
        with hub.serving() as running:
            body = data.request([data.customer(number, 1) for number in range(count)])
            headers = {"authorization": token}
            answer = httpx.post(f"{running.url}/api/SyncData", content=body, headers=headers, timeout=LONGEST)
            answer.raise_for_status()
    bench.postgres.tidy(url)
    return url


def _deliver(bench: Bench, template: str, count: int, *, beside: bool) -> float:
    url = bench.postgres.create(template)
    with TemporaryDirectory() as folder, Receiver(count).listening() as receiver, hanging() as silent:
        hub = Hub.on(Path(folder), url)
        hub.connect("healthy", "webhook", url=receiver.url)
        if beside:
            hub.connect("silent", "webhook", url=silent)
        with hub.working():
            began = time.perf_counter()
            if not receiver.complete.wait(LONGEST):
                raise RuntimeError(f"not all of {count} records arrived within {LONGEST:.0f} s")
            taken = time.perf_counter() - began
    bench.postgres.drop(url)
    tell(f"neighbour: {BESIDE if beside else ALONE}, {taken:.1f} s")
    return taken
