"""synchub resync …: what is being told again."""

from typing import Annotated

import typer

from synchub.cli.output import LARGEST, moment, print_rows
from synchub.cli.store import opened
from synchub.db import reading, retrying
from synchub.resync.reading import cancel as cancel_resync
from synchub.resync.reading import list_resyncs

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_(
    *,
    everything: Annotated[bool, typer.Option("--all", help="also those that have ended")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for scripts: one JSON object per line")] = False,
) -> None:
    """List resyncs that are still being told, the oldest first."""
    with opened() as hub, reading(hub.engine) as session:
        rows = [row for row in list_resyncs(session) if everything or row["state"] == "running" or row["waiting"]]
    timed = (row | {name: moment(row[name]) for name in ("created_at", "ended_at")} for row in rows)
    columns = ["id", "state", "source", "scope", "records", "total", "waiting", "refused", "asked_by", "created_at"]
    print_rows(timed, columns, as_json=as_json)


@app.command()
def cancel(
    resync: Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="an id from 'synchub resync list'")],
) -> None:
    """Tell no more of a resync; what is on its way already still goes out."""
    with opened() as hub:
        retrying(hub.engine, lambda session: cancel_resync(session, resync))
    print(f"Resync {resync} is cancelled.")
