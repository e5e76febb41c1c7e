"""synchub alert …: what an operator must know."""

from typing import Annotated

import typer

from synchub.alerts.reading import list_alerts
from synchub.cli.output import moment, print_rows
from synchub.cli.store import opened
from synchub.connections import registry
from synchub.db import reading

app = typer.Typer(no_args_is_help=True)


@app.callback()
def alert() -> None:
    """What an operator must know: one row while it lasts."""


@app.command("list")
def list_(
    *,
    everything: Annotated[bool, typer.Option("--all", help="also those that are over")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for scripts: one JSON object per line")] = False,
) -> None:
    """List what is wrong, the oldest first."""
    with opened() as hub, reading(hub.engine) as session:
        names = {one.id: one.name for one in registry.everyone(session)}
        rows = list_alerts(session, ended=everything)
    told = (
        {"connection": names.get(row.pop("connection_id"))}
        | row
        | {name: moment(row[name]) for name in ("raised_at", "last_at", "cleared_at")}
        for row in rows
    )
    columns = ["id", "raised_at", *(["cleared_at"] if everything else []), "connection", "kind", "subject", "said"]
    print_rows(told, columns, as_json=as_json, whole=("said",))
