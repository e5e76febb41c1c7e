"""What a command says when it fails: one line that says what to do."""

import typer
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError
from typer.exceptions import TyperException

from synchub.errors import SynchubError

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


def explained(error: Exception) -> tuple[str, int] | None:
    """The line for an error and the exit code; None if the error is not one that a user can mend."""
    if isinstance(error, TyperException):
        says = error.format_message()
        if not says.startswith("Usage:"):
            says = _line(says.rstrip(".") + ". Add --help to see how it is used.")
        return says, MISUSED
    if isinstance(error, typer.Abort):
        return _line("stopped"), INTERRUPTED
    fault = _fault(error)
    return None if fault is None else (_line(fault), FAILED)


def _line(text: str) -> str:
    return "synchub: " + " ".join(text.split())


def _fault(error: Exception) -> str | None:
    if isinstance(error, SynchubError):
        return str(error)
    if isinstance(error, ValidationError):
        return _misset(error)
    if isinstance(error, SQLAlchemyError):
        return _store_fault(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'the system'}: {error.strerror or error}"
    return None


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
