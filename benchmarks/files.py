"""A morning file of 200,000 customers with 22 columns: a first load, and again with one row in a hundred changed.

Beside psql (COPY into a staging table, one INSERT … ON CONFLICT) and dlt (in an environment of its own, which
`make bench` makes), each as a process of its own, from its start to its end. Both keep one table with the current
values and nothing else.
"""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import data
from benchmarks.batch import loading
from benchmarks.bench import Bench, tell
from benchmarks.hub import Hub, Taken, timed
from benchmarks.report import Table
from benchmarks.stores import Postgres, Stores

STEPS = ("first load", "1 % changed")
EDITIONS = (1, 2)
DLT = Path(".venv-bench")
SCRIPT = Path(__file__).parent / "dlt_load.py"


class Steps:
    """The file of each step, and the tables of their figures."""

    def __init__(self, count: int, folder: Path) -> None:
        self.count, self.folder = count, folder
        for edition in EDITIONS:
            data.write_freight_file(self.file(edition), count, edition)
        self.tables = {step: Table(f"file of {count} rows, {step}", "rows/s") for step in STEPS}
        self.memory = Table(f"file of {count} rows: most memory of the process", "MiB", compared=False)

    def file(self, edition: int) -> Path:
        """The file of a step."""
        return self.folder / f"edition-{edition}.csv"

    def add(self, step: str, contender: str, taken: Taken) -> None:
        """Note how long a step took a contender, and how much memory."""
        tell(f"files: {contender}, {step}, {self.count / taken.seconds:.0f} rows a second, {taken.memory:.0f} MiB")
        self.tables[step].add(contender, self.count / taken.seconds)
        self.memory.add(f"{contender}, {step}", taken.memory)


def measure(bench: Bench) -> list[Table]:
    """The hub on both databases, psql and dlt."""
    with TemporaryDirectory(dir=bench.folder) as folder:
        steps = Steps(2_000 if bench.quick else 200_000, Path(folder))
        contenders: list[Callable[[], None]] = [
            lambda: _hub(bench.postgres, steps),
            lambda: _psql(bench.postgres, steps),
            lambda: _dlt(bench.postgres, steps),
            lambda: _hub(bench.sqlite, steps),
        ]
        if not (DLT / ".dlt").exists():
            tell(f"files: there is no {DLT}, so dlt has no turn; 'make bench' makes it")
            del contenders[2]
        for contender in bench.turns(contenders):
            contender()
    return [*steps.tables.values(), steps.memory]


def measure_memory(bench: Bench) -> list[Table]:
    """The hub's collector on a file, and on one ten times as long."""
    counts = (2_000, 20_000) if bench.quick else (100_000, 1_000_000)
    table = Table("file: most memory of the process that reads it", "MiB", compared=False)
    for stores in (bench.postgres, bench.sqlite):
        memory = [_alone(stores, bench.folder, count) for count in counts]
        for count, most in zip(counts, memory, strict=True):
            table.add(f"hub, {stores.name}, {count} rows", most)
        table.add(f"hub, {stores.name}, difference", memory[1] - memory[0])
    return [table]


def _alone(stores: Stores, work: Path, count: int) -> float:
    url = stores.create()
    with TemporaryDirectory(dir=work) as folder:
        taken = _collect(_connected(Path(folder), url), count, lambda path: data.write_freight_file(path, count, 1))
    stores.drop(url)
    tell(f"memory: {stores.name}, {count} rows, {count / taken.seconds:.0f} rows a second, {taken.memory:.0f} MiB")
    return taken.memory


def _hub(stores: Stores, steps: Steps) -> None:
    url = stores.create()
    with TemporaryDirectory(dir=steps.folder) as folder:
        hub = _connected(Path(folder), url)
        for step, edition in zip(STEPS, EDITIONS, strict=True):
            content = steps.file(edition).read_bytes()
            steps.add(step, f"hub, {stores.name}", _collect(hub, steps.count, lambda path: path.write_bytes(content)))  # noqa: B023 - it is called at once
    stores.drop(url)


def _connected(folder: Path, url: str) -> Hub:
    hub = Hub.on(folder, url, LOG_FORMAT="json")
    hub.command("migrate")
    (folder / "files").mkdir()
    hub.connect("freight", "aljex", files=str(folder / "files"), files_ready="rename")
    return hub


def _collect(hub: Hub, count: int, write: Callable[[Path], object]) -> Taken:
    """What it takes to collect a file that is there."""
    write(hub.folder / "files" / "customers.csv")
    taken = hub.timed("collect", "--once")
    last = hub.rows("file", "list", "--limit", "1")[0]
    if (last["state"], last["rows_read"], last["bad"]) != ("done", count, 0):
        raise RuntimeError(f"the file was not read as it should be: {last}")
    return taken


def _psql(postgres: Postgres, steps: Steps) -> None:
    url = postgres.create()
    key, *others = data.FREIGHT_COLUMNS
    kinds = ", ".join(f"{name} text" for name in data.FREIGHT_COLUMNS)
    postgres.run("psql", url, "-X", "-q", "-c", f"CREATE TABLE customer ({kinds}, PRIMARY KEY ({key}))")
    script = steps.folder / "load.sql"
    for step, edition in zip(STEPS, EDITIONS, strict=True):
        script.write_text(loading(steps.file(edition), key, others, header=True))
        command = postgres.command("psql", url, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script))
        steps.add(step, "psql", timed(command, steps.folder))
    postgres.drop(url)


def _dlt(postgres: Postgres, steps: Steps) -> None:
    url = postgres.create()
    with TemporaryDirectory(dir=steps.folder) as folder:
        quiet = os.environ | {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": folder}
        for step, edition in zip(STEPS, EDITIONS, strict=True):
            command = [str(DLT.absolute() / "bin" / "python"), str(SCRIPT), url, str(steps.file(edition)), folder]
            steps.add(step, "dlt", timed(command, Path(folder), quiet))
    ((rows,),) = postgres.ask(url, "SELECT count(*) FROM bench.customer")
    if rows != steps.count:
        raise RuntimeError(f"dlt loaded {rows} rows")
    postgres.drop(url)
