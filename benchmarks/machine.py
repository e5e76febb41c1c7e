"""What the figures were made on."""

import os
import platform
import sqlite3
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import NamedTemporaryFile

from benchmarks.bench import Bench

FLUSHES = 200
PAGE = bytes(8192)
LIBRARIES = ("synchub", "sqlalchemy", "psycopg", "pydantic", "uvicorn")


def describe(bench: Bench) -> None:
    """Print the machine, the versions and how quick a flush to the disk is."""
    settings = ", ".join(f"{name} {bench.postgres.setting(name)}" for name in ("fsync", "synchronous_commit"))
    print(f"{os.cpu_count()} cores, {_processor()}, Linux {platform.release()}, load {os.getloadavg()[0]:.1f}")
    print(f"PostgreSQL {bench.postgres.setting('server_version')} ({settings}), SQLite {sqlite3.sqlite_version}")
    print(f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in LIBRARIES)}")
    print(f"one page flushed to the disk in {1000 * _flush():.2f} ms; {bench.rounds} rounds", flush=True)


def _processor() -> str:
    with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _flush() -> float:
    taken = []
    with NamedTemporaryFile() as file:
        for _ in range(FLUSHES):
            began = time.perf_counter()
            file.write(PAGE)
            file.flush()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return median(taken)
