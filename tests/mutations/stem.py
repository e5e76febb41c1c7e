"""A process from which others branch off: it has loaded all that is not the hub's own, which takes longest.

Each line that it reads is a module with its arguments, as JSON; each that it writes is the exit code of the branch that
ran it, and what that one said.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import sys
import tempfile
import traceback
from typing import IO

LIBRARIES = (
    "alembic.command",
    "argon2",
    "fastapi",
    "httpx",
    "hypothesis",
    "psycopg",
    "pydantic_settings",
    "pytest",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.orm",
    "standardwebhooks",
    "structlog",
    "typer",
    "uvicorn",
)
SECONDS = 120
"""The longest that a branch may take."""


def branch(command: list[str], said: IO[bytes]) -> int:
    """Run a module in a process of its own; its exit code, or that of the signal that ended it, below 0."""
    if number := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    signal.alarm(SECONDS)
    for stream in (1, 2):
        os.dup2(said.fileno(), stream)
    sys.argv = command
    code = 70
    try:
        runpy.run_module(command[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = int(end.code or 0)
    except Exception:  # noqa: BLE001 - whatever it is, the branch ends here
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Do as the lines of standard input say."""
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.freeze()  # or every branch would look through all of it, again and again
    for line in sys.stdin:
        with tempfile.TemporaryFile() as said:
            code = branch(json.loads(line), said)
            said.seek(0)
            sys.stdout.write(json.dumps([code, said.read().decode(errors="replace")]) + "\n")
            sys.stdout.flush()


main()
