"""synchub delivery …: what partners must still be told."""

from collections.abc import Callable
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from synchub.cli.output import LARGEST, moment, print_rows
from synchub.cli.store import opened
from synchub.connections import registry
from synchub.db import reading, retrying
from synchub.errors import Misconfigured, NotFound
from synchub.outbox import dead_letters
from synchub.outbox.reading import list_deliveries
from synchub.outbox.tables import State

app = typer.Typer(no_args_is_help=True)

Ids = Annotated[
    list[int] | None,
    typer.Argument(metavar="[ID]...", min=0, max=LARGEST, help="ids from 'synchub delivery list'"),
]
Of = Annotated[str | None, typer.Option("--connection", help="only those to this connection")]
Troubled = Annotated[bool, typer.Option("--all", help="all that are in trouble")]
AsJson = Annotated[bool, typer.Option("--json", help="for scripts: one JSON object per line")]


@app.command("list")
def list_(
    *,
    connection: Of = None,
    state: Annotated[State | None, typer.Option(help="only those in this state")] = None,
    as_json: AsJson = False,
) -> None:
    """List deliveries, the oldest first."""
    with opened() as hub, reading(hub.engine) as session:
        if connection is not None:
            registry.get(session, connection)
        rows = list_deliveries(session, connection=connection, state=state)
        timed = (row | {name: moment(row[name]) for name in ("due", "created_at")} for row in rows)
        columns = ["id", "connection", "entity", "key", "record", "state", "tries", "due", "last_error"]
        print_rows(timed, columns, as_json=as_json)


@app.command()
def retry(copies: Ids = None, *, connection: Of = None, everything: Troubled = False) -> None:
    """Send deliveries again at once: those named, those to a connection that are in trouble, or all in trouble."""
    print(f"{_carry_out(dead_letters.retry, copies or [], connection, everything=everything)} will be sent again.")


@app.command()
def discard(copies: Ids = None, *, connection: Of = None, everything: Troubled = False) -> None:
    """Give deliveries up: the partner is told again only when the record changes once more."""
    print(f"{_carry_out(dead_letters.discard, copies or [], connection, everything=everything)} given up.")


Act = Callable[[Session, list[int]], None]


def _carry_out(act: Act, copies: list[int], connection: str | None, *, everything: bool) -> int:
    def work(session: Session) -> int:
        chosen = _chosen(session, copies, connection, everything=everything)
        act(session, chosen)
        return len(chosen)

    with opened() as hub:
        return retrying(hub.engine, work)


def _chosen(session: Session, copies: list[int], connection: str | None, *, everything: bool) -> list[int]:
    if not (copies or connection or everything):
        raise Misconfigured(
            "say which: ids from 'synchub delivery list', --connection NAME, or --all that are in trouble"
        )
    target = None if connection is None else registry.get(session, connection)
    chosen = dead_letters.choose(session, copies, target)
    missed = set(copies) - set(chosen)
    if missed:
        raise NotFound(f"no delivery has the id {min(missed)}, or it is on its way: see 'synchub delivery list'")
    return chosen
