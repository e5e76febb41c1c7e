"""A field's clients on PostgreSQL: customers shown and sent, beside a FastAPI route that does nothing; jobs looked up.

The stores are grown by COPY: 10⁵ customers, with 10⁶ jobs in one and 10³ in the other.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import data
from benchmarks.asking import Asked, authorization
from benchmarks.bench import Bench, tell
from benchmarks.growing import grow, spread
from benchmarks.hub import Hub, await_answer, end, free_port
from benchmarks.report import Table

WARM_UP = 2
ROOT = Path(__file__).resolve().parents[1]
DETAILS, SEND = "Customer/Details", "Customer/Send"
PAGE, DAY, DETAIL = "a page of Jobs/Search", "a page of a day", "Jobs/Detail"


@dataclass(frozen=True)
class Sizes:
    """How many records there are, and for how many seconds each kind of request is made."""

    customers: int
    jobs: tuple[int, int]
    seconds: int


def measure(bench: Bench) -> list[Table]:
    """Rates beside a bare route, and delays in a large store beside a small one."""
    sizes = Sizes(1_000, (10_000, 1_000), 2) if bench.quick else Sizes(100_000, (1_000_000, 1_000), 8)
    many, few = sizes.jobs
    rates = {name: Table(f"{name}, {sizes.customers} customers", "answers/s") for name in (DETAILS, SEND)}
    delays = {name: Table(f"{name}, the median", "ms") for name in (PAGE, DAY, DETAIL)}
    with ExitStack() as stack:
        proof, urls = _prepare(bench, sizes)
        large, small = (stack.enter_context(_served(url)) for url in urls)
        bare = stack.enter_context(_bare())
        _rates(bench, sizes, rates, {"hub, PostgreSQL": (large, proof), "FastAPI alone": (bare, "")})
        _delays(bench, sizes, delays, proof, {f"{many} jobs": (large, many), f"{few} jobs": (small, few)})
    return [*rates.values(), *delays.values()]


def _prepare(bench: Bench, sizes: Sizes) -> tuple[str, list[str]]:
    """How the field proves itself, and stores with few and with many jobs."""
    template = bench.postgres.create()
    with TemporaryDirectory() as folder:
        hub = Hub.on(Path(folder), template)
        hub.command("migrate")
        proof = authorization(hub.connect("field", "synchroteam"))
        with hub.serving() as running:
            for path, row in (("Customer/Send", data.FIELD_CUSTOMER), ("Jobs/Send", data.FIELD_JOB)):
                Asked(running.url, "POST", f"/v2/{path}", proof, 1, row).once()
    grow(template, "customer", sizes.customers)
    urls = []
    for count in sizes.jobs:
        urls.append(url := bench.postgres.create(template))
        grow(url, "job", count)
        spread(url)
        bench.postgres.tidy(url)
        tell(f"field: a store with {sizes.customers} customers and {count} jobs")
    return proof, urls


@contextmanager
def _served(url: str) -> Iterator[str]:
    with TemporaryDirectory() as folder, Hub.on(Path(folder), url).serving() as running:
        yield running.url


@contextmanager
def _bare() -> Iterator[str]:
    """The URL of a process that answers with FastAPI alone."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.bare:app", "--port", str(port), "--no-access-log"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            await_answer(f"http://127.0.0.1:{port}/customer?my_id=K")
            yield f"http://127.0.0.1:{port}"
        finally:
            end(process)


def _rates(bench: Bench, sizes: Sizes, tables: dict[str, Table], servers: dict[str, tuple[str, str]]) -> None:
    paths = {
        "hub, PostgreSQL": {DETAILS: "/Api/v2/Customer/Details?myId={key}", SEND: "/Api/v2/Customer/Send"},
        "FastAPI alone": {DETAILS: "/customer?my_id={key}", SEND: "/customer"},
    }

    def turn(name: str, contender: str) -> Callable[[], None]:
        url, proof = servers[contender]
        how = ("GET", None) if name == DETAILS else ("POST", data.FIELD_CUSTOMER)
        asked = Asked(url, how[0], paths[contender][name], proof, sizes.customers, how[1])

        def go() -> None:
            asked.rate(WARM_UP)
            rate = asked.rate(sizes.seconds).rate
            tables[name].add(contender, rate)
            tell(f"field: {name}, {contender}, {rate:.0f} a second")

        return go

    for name in tables:
        for go in bench.turns([turn(name, contender) for contender in servers]):
            go()


def _delays(
    bench: Bench, sizes: Sizes, tables: dict[str, Table], proof: str, servers: dict[str, tuple[str, int]]
) -> None:
    def turn(name: str, contender: str) -> Callable[[], None]:
        url, count = servers[contender]
        pages = "/Api/v2/Jobs/Search?pageSize=25"
        kinds = {
            PAGE: Asked(url, "POST", pages, proof, count, {"status": 1}),
            DAY: Asked(url, "POST", pages, proof, count, {"dateFrom": "2021-01-02", "dateTo": "2021-01-02"}),
            DETAIL: Asked(url, "GET", "/Api/v2/Jobs/Detail?myId={key}", proof, count),
        }

        def go() -> None:
            asked = kinds[name]
            asked.delay(WARM_UP)
            tables[name].add(contender, taken := asked.delay(sizes.seconds))
            tell(f"field: {name}, {contender}, {taken:.1f} ms")

        return go

    for name in tables:
        for go in bench.turns([turn(name, contender) for contender in servers]):
            go()
