"""SyncData with many rows a request, beside psql: COPY into a staging table and one INSERT … ON CONFLICT.

psql keeps one table with the current values and nothing else; what did not change it leaves alone. The steps come one
after another on one store: all rows new; the same rows in another order; the very same request; all rows changed.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from benchmarks import data
from benchmarks.bench import Bench, tell
from benchmarks.hub import Hub, Running
from benchmarks.report import Table
from benchmarks.stores import Postgres, Stores

Rows = Sequence[Mapping[str, str]]
STEPS = ("all new", "all unchanged", "the same request", "all changed")
PATIENCE = 600.0


class Steps:
    """The rows of each step, and the tables of their figures."""

    def __init__(self, count: int) -> None:
        first = [data.customer(number, 1) for number in range(count)]
        turned = first[::-1]
        changed = [data.customer(number, 2) for number in range(count)]
        self.rows: list[Rows] = [first, turned, turned, changed]
        self.requests = [data.request(rows) for rows in self.rows]
        self.files = [data.csv(rows) for rows in self.rows]
        self.tables = {step: Table(f"SyncData, {count} rows, {step}", "rows/s") for step in STEPS}
        self.memory = Table(f"SyncData, {count} rows: memory of serve", "MiB", compared=False)

    def add(self, step: str, contender: str, seconds: float) -> None:
        """Note how long a step took a contender."""
        rate = len(self.rows[0]) / seconds
        tell(f"batch: {contender}, {step}, {rate:.0f} rows a second")
        self.tables[step].add(contender, rate)


def measure(bench: Bench) -> list[Table]:
    """The hub on both databases, and psql."""
    steps = Steps(2_000 if bench.quick else 10_000)
    contenders: list[Callable[[], None]] = [
        lambda: _hub(bench.postgres, steps),
        lambda: _psql(bench.postgres, steps),
        lambda: _hub(bench.sqlite, steps),
    ]
    for contender in bench.turns(contenders):
        contender()
    return [*steps.tables.values(), steps.memory]


def _hub(stores: Stores, steps: Steps) -> None:
    url = stores.create()
    with TemporaryDirectory() as folder:
        hub = Hub.on(Path(folder), url)
        hub.command("migrate")
        token = hub.connect("erp", "fast")["token"]
        with hub.serving() as running, httpx.Client(headers={"authorization": token}, timeout=PATIENCE) as client:
            _post(client, running, data.request([data.customer(-1, 1)]))
            steps.memory.add(f"{stores.name}, before", running.most_memory())
            for step, request in zip(STEPS, steps.requests, strict=True):
                steps.add(step, f"hub, {stores.name}", _post(client, running, request))
            steps.memory.add(f"{stores.name}, most", running.most_memory())
    stores.drop(url)


def _post(client: httpx.Client, running: Running, request: bytes) -> float:
    """Seconds to the answer of a call, which must be a success."""
    began = time.perf_counter()
    answer = client.post(f"{running.url}/api/SyncData", content=request)
    taken = time.perf_counter() - began
    if not answer.json()["success"]:
        raise RuntimeError(f"SyncData answered {answer.text[:2000]}")
    return taken


def _psql(postgres: Postgres, steps: Steps) -> None:
    url = postgres.create()
    columns = [*steps.rows[0][0]]
    kinds = ", ".join(f'"{name}" text' for name in columns)
    key, *others = (f'"{name}"' for name in columns)
    postgres.run("psql", url, "-X", "-q", "-c", f"CREATE TABLE customer ({kinds}, PRIMARY KEY ({key}))")
    with TemporaryDirectory() as folder:
        script = Path(folder) / "load.sql"
        for step, file in zip(STEPS, steps.files, strict=True):
            rows = Path(folder) / "rows.csv"
            rows.write_text(file)
            script.write_text(loading(rows, key, others))
            began = time.perf_counter()
            postgres.run("psql", url, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script))
            if step != "the same request":
                steps.add(step, "psql", time.perf_counter() - began)
    postgres.drop(url)


def loading(rows: Path, key: str, others: Sequence[str], *, header: bool = False) -> str:
    """The script that loads a file; a row that says nothing new is not written."""
    said = ", ".join(f"{name} = excluded.{name}" for name in others)
    held, new = (", ".join(f"{table}.{name}" for name in others) for table in ("customer", "excluded"))
    lines = [
        "BEGIN;",
        "CREATE TEMPORARY TABLE staging (LIKE customer) ON COMMIT DROP;",
        f"\\copy staging FROM '{rows}' (FORMAT csv, HEADER {header})",
        f"INSERT INTO customer TABLE staging ON CONFLICT ({key}) DO UPDATE",
        f"SET {said} WHERE ({held}) IS DISTINCT FROM ({new});",
        "COMMIT;",
    ]
    return "\n".join(lines)
