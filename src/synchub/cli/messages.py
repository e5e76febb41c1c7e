"""synchub message …: what arrived, and what became of it."""

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from synchub.cli.fields import ordered, unknown
from synchub.cli.output import LARGEST, moment, print_fields, print_json, print_rows
from synchub.cli.store import Opened, opened
from synchub.connections import registry
from synchub.connections.tables import Connection
from synchub.db import reading
from synchub.intake.journal import ACCEPTED, REFUSED, REPEAT, body_blocks
from synchub.intake.reading import get_message, list_messages, steps_of
from synchub.intake.tables import Message


class State(StrEnum):
    """What became of a message."""

    ACCEPTED = ACCEPTED
    REPEAT = REPEAT
    REFUSED = REFUSED


app = typer.Typer(no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="for scripts: one JSON object per line")]


@app.command("list")
def list_(
    *,
    state: Annotated[State | None, typer.Option(help="only those in this state")] = None,
    connection: Annotated[str | None, typer.Option(help="only those of this connection")] = None,
    limit: Annotated[int, typer.Option(min=0, max=LARGEST, help="how many, the latest first; 0 for all")] = 100,
    as_json: AsJson = False,
) -> None:
    """List messages, the latest first."""
    with opened() as hub, reading(hub.engine) as session:
        if connection is not None:
            registry.get(session, connection)
        rows = list_messages(session, state=state, connection=connection, limit=limit or None)
        columns = ["id", "received_at", "connection", "state", "counts", "error"]
        print_rows((row | {"received_at": moment(row["received_at"])} for row in rows), columns, as_json=as_json)


@app.command()
def show(
    message: Annotated[str, typer.Argument(metavar="ID", help="the message's id, as the partner was told it")],
    *,
    body: Annotated[bool, typer.Option("--body", help="print the raw bytes that arrived, and nothing else")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a message: when and from whom it came, what was answered, and what it changed."""
    with opened() as hub, reading(hub.engine) as session:
        found = get_message(session, message)
        if body:
            _print_body(hub, found)
            return
        described = _described(session, found)
    if as_json:
        print_json(described)
        return
    changes = described.pop("changes")
    print_fields(described)
    if changes:
        print()
    columns = ["number", "record", "entity", "code", "verdict", "version", "became"]
    columns += ["unknown"] if any(change["unknown"] for change in changes) else []
    print_rows(changes, columns, as_json=False)


def _print_body(hub: Opened, message: Message) -> None:
    for block in body_blocks(message, hub.settings.data_dir):
        sys.stdout.buffer.write(block)
    sys.stdout.buffer.flush()


def _described(session: Session, message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "parent": message.parent_id,
        "line": message.line,
        "connection": session.get_one(Connection, message.connection_id).name,
        "surface": message.surface,
        "request": f"{message.method} {message.path}",
        "received_at": moment(message.received_at),
        "took_milliseconds": message.duration / 1000,
        "content_type": message.content_type,
        "size": message.size,
        "state": message.state,
        "counts": message.counts,
        "answer": message.answer,
        "error": message.error,
        "notes": message.notes,
        "changes": [
            {
                "number": step.change.number,
                "record": step.change.record_id,
                "entity": step.entity,
                "code": step.code,
                "verdict": step.change.verdict,
                "version": step.change.version,
                "became": ordered(step.entity, {name: after for name, (_, after) in step.change.became.items()}),
                "unknown": unknown({name: after for name, (_, after, _) in step.change.said.items()}),
            }
            for step in steps_of(session, message)
        ],
    }
