"""Live sync: 32 connections that post updates of existing records, beside pgbench doing the same table writes.

pgbench makes one transaction per record. Its second contender draws change numbers from a sequence, so that no row is
locked by all; numbers then do not rise in the order of commits, which the hub promises.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench import Bench, tell
from benchmarks.hub import Hub, Running
from benchmarks.load import CONNECTIONS, Load, Outcome
from benchmarks.report import Table
from benchmarks.stores import Postgres, Stores

WARM_UP = 2
FEWEST = 1000
"""The records of which a store has at least so many before anything is measured."""
SCRIPT = Path(__file__).with_name("live.sql")
COUNTER = "UPDATE counter SET value = value + 1 WHERE name = 'change' RETURNING value AS number"
SEQUENCE = "SELECT nextval('bench_number') AS number"
ENOUGH = 0.9
"""The share of the answers of which the history must know."""
DOCUMENTS = """
    SELECT x.connection_id, x.image, x.known, c.said, c.became, m.body, m.answer, m.size
    FROM change c JOIN cross_reference x ON x.id = c.copy_id JOIN message m ON m.id = c.message_id
    WHERE c.verdict = 'updated' ORDER BY c.number DESC LIMIT 1
"""
HISTORY = "SELECT count(*) FROM change"


@dataclass(frozen=True)
class Prepared:
    """A store with records in it, and how the partner proves itself."""

    stores: Stores
    template: str
    login: dict[str, str]
    keys: int
    seconds: int

    @contextmanager
    def served(self) -> Iterator[tuple[Running, str]]:
        """The hub on a copy of it."""
        url = self.stores.create(self.template)
        with TemporaryDirectory() as folder, Hub.on(Path(folder), url).serving() as running:
            yield running, url
        self.stores.drop(url)


def measure(bench: Bench) -> list[Table]:
    """The hub on both databases, and pgbench in two ways."""
    inserts = Table("live sync: new records, each once", "records/s", compared=False)
    on_sqlite = _prepare(bench, bench.sqlite, inserts)
    on_postgres = _prepare(bench, bench.postgres, inserts)
    rates = Table(f"live sync: updates, {CONNECTIONS} connections", "records/s")
    delays = Table("live sync: time to an answer", "ms", compared=False)

    def hub_on(prepared: Prepared) -> Callable[[], None]:
        def turn() -> None:
            outcome = _load(prepared)
            rates.add(f"hub, {prepared.stores.name}", outcome.rate)
            delays.add(f"median, {prepared.stores.name}", outcome.median)
            delays.add(f"99th percentile, {prepared.stores.name}", outcome.p99)

        return turn

    def pgbench(numbers: str, contender: str) -> Callable[[], None]:
        return lambda: rates.add(contender, _pgbench(bench.postgres, on_postgres, numbers))

    contenders = [
        hub_on(on_postgres),
        pgbench(COUNTER, "pgbench, the same writes"),
        pgbench(SEQUENCE, "pgbench, numbers from a sequence"),
        hub_on(on_sqlite),
    ]
    for contender in bench.turns(contenders):
        contender()
    return [rates, delays, inserts]


def _prepare(bench: Bench, stores: Stores, inserts: Table) -> Prepared:
    seconds = 3 if bench.quick else 8
    url = stores.create()
    with TemporaryDirectory() as folder:
        hub = Hub.on(Path(folder), url)
        hub.command("migrate")
        login = hub.connect("freight", "aljex")
        with hub.serving() as running:
            load = Load.of(running.url, login)
            keys = 0
            while keys < FEWEST:
                outcome = load.post(seconds, after=keys)
                inserts.add(f"hub, {stores.name}", outcome.rate)
                keys += outcome.requests - 2 * CONNECTIONS
                tell(f"live: {keys} records on {stores.name}, {outcome.rate:.0f} a second")
            load.post(WARM_UP, keys=keys)
    stores.tidy(url)
    return Prepared(stores, url, login, keys, seconds)


def _load(prepared: Prepared) -> Outcome:
    """The hub under load, after a short one to warm up; all that it answered must be in the history."""
    with prepared.served() as (running, url):
        load = Load.of(running.url, prepared.login)
        load.post(WARM_UP, keys=prepared.keys)
        before = prepared.stores.ask(url, HISTORY)[0][0]
        outcome = load.post(prepared.seconds, keys=prepared.keys)
        changes = prepared.stores.ask(url, HISTORY)[0][0] - before
    tell(f"live: hub on {prepared.stores.name}, {outcome.rate:.0f} a second")
    if changes < ENOUGH * outcome.requests:
        raise RuntimeError(f"{outcome.requests} requests made only {changes} changes")
    return outcome


def _pgbench(postgres: Postgres, prepared: Prepared, numbers: str) -> float:
    """Transactions a second, after a short run to warm up."""
    url = postgres.create(prepared.template)
    postgres.run("psql", url, "-X", "-q", "-c", "CREATE SEQUENCE bench_number START 1000000000")
    with TemporaryDirectory() as folder:
        script = Path(folder) / "live.sql"
        script.write_text(SCRIPT.read_text().replace(COUNTER, numbers))
        size = ["-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2", "-f", str(script)]
        size += [part for variable in _variables(postgres, prepared) for part in ("-D", variable)]
        postgres.run("pgbench", url, *size, "-T", str(WARM_UP))
        said = postgres.run("pgbench", url, *size, "-T", str(prepared.seconds))
    postgres.drop(url)
    found = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    if found is None or "number of failed transactions: 0 " not in said:
        raise RuntimeError(f"pgbench said {said[-2000:]}")
    tell(f"live: pgbench, {float(found[1]):.0f} a second")
    return float(found[1])


def _variables(postgres: Postgres, prepared: Prepared) -> list[str]:
    """What the script says, as the hub's newest update said it."""
    connection, image, known, said, became, body, answer, size = postgres.ask(prepared.template, DOCUMENTS)[0]
    documents = {"image": image, "known": known, "said": said, "became": became, "answer": answer}
    numbers = {"connection": connection, "keys": prepared.keys, "size": size, "body": "\\x" + bytes(body).hex()}
    return [f"{name}={value}" for name, value in {**documents, **numbers}.items()]
