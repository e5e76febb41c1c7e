"""Measure the hub beside other ways to do the same: `python -m benchmarks [name …] [--rounds N] [--quick]`.

It reports and judges nothing. All data is generated; all files are temporary.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import batch, field, files, live, machine, neighbour
from benchmarks.bench import Bench
from benchmarks.report import Table, print_tables
from benchmarks.stores import Postgres, Sqlite

BENCHMARKS: dict[str, Callable[[Bench], Sequence[Table]]] = {
    "live": live.measure,
    "batch": batch.measure,
    "neighbour": neighbour.measure,
    "files": files.measure,
    "memory": files.measure_memory,
    "field": field.measure,
}


def main() -> None:
    """Run the benchmarks that the command line names, or all."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    rounds = arguments.rounds or (2 if arguments.quick else 4)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="synchub-bench-")))
        postgres = stack.enter_context(Postgres())
        bench = Bench(folder, postgres, Sqlite(folder), rounds, arguments.quick)
        machine.describe(bench)
        tables = [table for name in arguments.names or BENCHMARKS for table in BENCHMARKS[name](bench)]
    print_tables(tables)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the hub beside its peers.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(BENCHMARKS)}; all unless said")
    parser.add_argument("--rounds", type=int, help="how often each contender has its turn (4; with --quick 2)")
    parser.add_argument("--quick", action="store_true", help="less of everything, about three minutes in all")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {', '.join(unknown)}")
    return arguments


if __name__ == "__main__":
    main()
