"""synchub file …: files that arrived, their bad rows, and those that wait for a human's word."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import typer
from sqlalchemy.orm import Session

from synchub.cli.collecting import trust
from synchub.cli.output import LARGEST, moment, print_fields, print_json, print_rows
from synchub.cli.reconciling import reconcile
from synchub.cli.store import Opened, opened
from synchub.config import Settings
from synchub.connections import registry
from synchub.connections.tables import Connection
from synchub.db import reading, retrying
from synchub.errors import Misconfigured, NotFound, Refused
from synchub.files import guards, quarantine
from synchub.files.listing import get_file, list_files
from synchub.files.quarantine import Change
from synchub.files.reader import Bad
from synchub.files.scanning import decoded
from synchub.files.storing import Progress
from synchub.files.tables import FileRun, State
from synchub.intake.journal import body_of
from synchub.intake.tables import Message
from synchub.master.writes import Verdict

app = typer.Typer(no_args_is_help=True)
app.command()(trust)
app.command()(reconcile)

File = Annotated[int, typer.Argument(metavar="FILE", min=1, max=LARGEST, help="a number from 'synchub file list'")]
Rows = Annotated[list[str] | None, typer.Argument(metavar="[ROW]...", help="ids of rows from 'synchub file show'")]
AllOf = Annotated[
    int | None, typer.Option("--all", metavar="FILE", min=1, max=LARGEST, help="all bad rows of this file")
]
AsJson = Annotated[bool, typer.Option("--json", help="for scripts: one JSON object per line")]


@app.command("list")
def list_(
    *,
    connection: Annotated[str | None, typer.Option(help="only those of this connection")] = None,
    state: Annotated[State | None, typer.Option(help="only those in this state")] = None,
    limit: Annotated[int, typer.Option(min=0, max=LARGEST, help="how many, the latest first; 0 for all")] = 100,
    as_json: AsJson = False,
) -> None:
    """List files, the latest first, with how far each is."""
    with opened() as hub, reading(hub.engine) as session:
        if connection is not None:
            registry.get(session, connection)
        runs = list_files(session, connection=connection, state=state, limit=limit or None)
        columns = ["id", "taken_at", "connection", "table", "name", "state", "progress", "bad", "why"]
        print_rows((_described(run, partner) for run, partner in runs), columns, as_json=as_json, whole=("why",))


@app.command()
def show(file: File, *, as_json: AsJson = False) -> None:
    """Show a file: what stands in it, what became of its rows, and which of them are bad and why."""
    with opened() as hub, reading(hub.engine) as session:
        run = get_file(session, file)
        described = _described(run, session.get_one(Connection, run.connection_id).name)
        rows = [
            {
                "row": row.id,
                "line": row.line,
                "reason": row.error,
                "text": _text(row, hub.settings),
            }
            for row in quarantine.rows_of(session, run)
        ]
    if as_json:
        print_json(described | {"bad_rows": rows})
        return
    print_fields(described)
    if rows:
        print()
        print_rows(rows, ["row", "line", "text", "reason"], as_json=False, whole=("reason",))


def _text(row: Message, settings: Settings) -> str:
    """What is kept of a bad row, as text."""
    try:
        return decoded(body_of(row, settings.data_dir))
    except NotFound as error:
        return f"({error})"


@app.command()
def retry(rows: Rows = None, *, everything: AllOf = None) -> None:
    """Read bad rows again, after a setting was changed: those named, or all of a file."""
    _take(rows or [], everything, Change())


@app.command()
def correct(
    rows: Rows = None,
    *,
    everything: AllOf = None,
    cells: Annotated[
        list[str] | None, typer.Option("--set", metavar="COLUMN=VALUE", help="a cell, by its name in the header")
    ] = None,
    line: Annotated[str | None, typer.Option(help="the whole line anew, for one row")] = None,
) -> None:
    """Correct bad rows and have them taken: the cells named, or the whole line."""
    pairs = dict(_pair(cell) for cell in cells or [])
    if bool(pairs) == (line is not None):
        raise Misconfigured("say what is right: --set COLUMN=VALUE for each cell, or --line for one whole row")
    if line is not None and (everything is not None or len(rows or []) != 1):
        raise Misconfigured("--line corrects one row: name it")
    _take(rows or [], everything, Change(line, pairs))


@app.command()
def release(file: File) -> None:
    """Have a held file read after all."""
    run = _decide(partial(guards.release, run=file))
    print(f"{run.name} will be read.")


@app.command()
def refuse(file: File) -> None:
    """Have a held file not read."""
    run = _decide(partial(guards.refuse, run=file))
    print(f"{run.name} will not be read.")


def _decide(act: Callable[[Session], FileRun]) -> FileRun:
    with opened() as hub:
        return retrying(hub.engine, act)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Misconfigured(f"'{text}' is not of the form COLUMN=VALUE")
    return name.strip(), value


def _described(run: FileRun, connection: str) -> dict[str, Any]:
    form = run.form or {}
    return {
        "id": run.id,
        "connection": connection,
        "table": run.table_name,
        "name": run.name,
        "message": run.message_id,
        "size": run.size,
        "state": run.state,
        "progress": str(Progress.of(run)) if run.rows is not None else None,
        "rows": run.rows,
        "rows_read": run.rows_read,
        "bad": run.bad,
        "counts": dict(sorted(run.counts.items())),
        "missing": run.missing,
        "why": _why(run),
        "speaks_for": moment(run.as_of),
        "taken_at": moment(run.taken_at),
        "started_at": moment(run.started_at),
        "ended_at": moment(run.ended_at),
        "encoding": form.get("encoding"),
        "delimiter": form.get("delimiter"),
        "unknown_columns": form.get("unknown"),
        "missing_columns": form.get("missing"),
        "moved_to": run.moved_to,
    }


def _why(run: FileRun) -> str | None:
    """What is wrong with a file; of one that was released, what was."""
    checks = "; ".join(run.checks or ())
    return run.error or (f"released: {checks}" if run.released and checks else checks) or None


def _take(rows: list[str], everything: int | None, change: Change) -> None:
    """Have rows taken, each in a transaction of its own; fails if one stays bad."""
    if bool(rows) == (everything is not None):
        raise Misconfigured("say which: rows from 'synchub file show', or --all FILE")
    stayed = 0
    with opened() as hub:
        for row in _chosen(hub, rows, everything):
            said = _tried(hub, row, change, alone=bool(rows))
            stayed += isinstance(said, Bad)
            print(f"{row}: {f'still bad: {said.reason}' if isinstance(said, Bad) else said.kind.value}")
    if stayed:
        raise typer.Exit(1)


def _tried(hub: Opened, row: UUID, change: Change, *, alone: bool) -> Verdict | Bad:
    """What became of a row; among all of a file, one that cannot be tried as it is keeps nobody else from it."""
    from synchub.dialects import find

    readers = {name: dialect.files for name, dialect in find().items() if dialect.files is not None}
    try:
        return quarantine.attempt(hub.engine, row, readers, change, hub.settings)
    except Refused as error:
        if alone:
            raise
        return Bad(str(error))


def _chosen(hub: Opened, rows: list[str], everything: int | None) -> list[UUID]:
    if everything is None:
        return [_id(row) for row in rows]
    with reading(hub.engine) as session:
        return [row.id for row in quarantine.rows_of(session, get_file(session, everything))]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(f"there is no row '{text}': see 'synchub file show'") from None
