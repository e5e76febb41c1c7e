"""The command line: one module per noun. Every error is one line on stderr that says what to do, and exit code 1."""

import os
import sys
from collections.abc import Sequence

import typer
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError
from typer.exceptions import TyperException

from synchub.cli import connections, deliveries, messages, processes, records
from synchub.errors import SynchubError

app = typer.Typer(
    help="A self-hosted integration hub: partners keep their own dialect, one store holds what is true.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
processes.add_to(app)
app.add_typer(connections.app, name="connection")
app.add_typer(records.app, name="record")
app.add_typer(messages.app, name="message")
app.add_typer(deliveries.app, name="delivery")

FAILED, MISUSED = 1, 2


def main() -> None:
    """The `synchub` command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    try:
        return int(app(args=list(arguments), prog_name="synchub", standalone_mode=False) or 0)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more when it ends
        return FAILED
    except (TyperException, typer.Abort, SynchubError, ValidationError, SQLAlchemyError, OSError) as error:
        print(_explained(error), file=sys.stderr)
        return MISUSED if isinstance(error, TyperException) else FAILED


def _explained(error: Exception) -> str:
    """What went wrong, on one line; only a command that is called with nothing gets its whole help."""
    if isinstance(error, TyperException) and error.format_message().startswith("Usage:"):
        return error.format_message()
    return "synchub: " + " ".join(_fault(error).split())


def _fault(error: Exception) -> str:
    if isinstance(error, TyperException):
        return error.format_message()
    if isinstance(error, ValidationError):
        return _misset(error)
    if isinstance(error, SQLAlchemyError):
        return _store_fault(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'the system'}: {error.strerror or error}"
    return str(error) or "stopped"


def _misset(error: ValidationError) -> str:
    """The first setting that its environment variable does not fit."""
    fault = error.errors()[0]
    name = "_".join(map(str, fault["loc"])).upper()
    return f"SYNCHUB_{name}={fault['input']}: {fault['msg'].removeprefix('Value error, ')}"


def _store_fault(error: SQLAlchemyError) -> str:
    reason = str(getattr(error, "orig", None) or error).split("\n")[0]
    has_no_table = "no such table" in reason or "does not exist" in reason
    if isinstance(error, OperationalError | ProgrammingError) and has_no_table and "database" not in reason:
        return f"the store is not fit for this synchub ({reason}): run 'synchub migrate'"
    if isinstance(error, OperationalError):
        return f"the store cannot be reached ({reason}): check SYNCHUB_DATABASE_URL, and that the database runs"
    return f"the store failed: {reason}"
