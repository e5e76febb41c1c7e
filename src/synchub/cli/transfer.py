"""synchub import and export: a partner's records in a file, one per line, in the words of its dialect."""

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from synchub.cli.store import Opened
    from synchub.connections.tables import Connection
    from synchub.dialects.dialect import Transfer

BATCH = 500
"""Lines in one transaction, and in one message of the journal."""

Name = Annotated[str, typer.Argument(metavar="CONNECTION", help="the connection's name")]
Numbered = list[tuple[int, str]]


def import_(
    name: Name,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON Lines, as 'synchub export' writes")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="print the verdicts, and change nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for scripts: one JSON object per line")] = False,
) -> int:
    """Take a partner's records from a file, with their ids; prints a verdict for each line. Safe to repeat."""
    from synchub.cli.output import print_json
    from synchub.cli.store import opened

    counts: Counter[str] = Counter()
    with opened() as hub:
        connection, transfer = _partner(hub, name)
        for rows in _carry(hub, connection, transfer, file, dry_run=dry_run):
            for row in rows:
                (print_json if as_json else _print)(row)
            counts.update(row["verdict"] for row in rows)
            print(f"{counts.total()} lines", file=sys.stderr)
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "the file is empty"
    print(f"{'Nothing was changed. ' if dry_run else ''}{told}", file=sys.stderr)
    return 1 if counts["rejected"] else 0


def export(name: Name) -> None:
    """Print a partner's records, one per line; 'synchub import' reads them."""
    from synchub.cli.store import opened
    from synchub.db import reading

    with opened() as hub:
        connection, transfer = _partner(hub, name)
        with reading(hub.engine) as session:
            for line in transfer.give(session, connection):
                print(line)


def _partner(hub: "Opened", name: str) -> "tuple[Connection, Transfer]":
    from synchub import dialects
    from synchub.connections import registry
    from synchub.db import reading
    from synchub.errors import Misconfigured

    with reading(hub.engine) as session:
        connection = registry.get(session, name)
    transfer = dialects.named(connection.dialect).transfer
    if transfer is None:
        raise Misconfigured(
            f"connection '{name}' speaks {connection.dialect}, whose records cannot be carried in files"
        )
    return connection, transfer


def _carry(
    hub: "Opened", connection: "Connection", transfer: "Transfer", file: Path, *, dry_run: bool
) -> Iterator[list[dict[str, Any]]]:
    """Store the file batch by batch; yields what became of the lines of each."""
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as opened_file:
        numbered = ((number, text) for number, text in enumerate(opened_file, 1) if text.strip())
        batch = list(islice(numbered, BATCH))
        while batch:
            rows = _store(hub, connection, transfer, file.name, batch, dry_run=dry_run)
            yield rows
            batch = batch[len(rows) :]
            batch += islice(numbered, BATCH - len(batch))


def _store(
    hub: "Opened", connection: "Connection", transfer: "Transfer", path: str, batch: Numbered, *, dry_run: bool
) -> list[dict[str, Any]]:
    from synchub import db
    from synchub.intake.submission import Arrival, Kept
    from synchub.intake.write import write

    arrival = Arrival(connection.dialect, connection.id, "IMPORT", path, b"", b"")

    def work(session: "Session") -> list[dict[str, Any]]:
        submission = transfer.take(session, connection, arrival, batch)
        submission.kept = Kept(b"", None) if dry_run else None
        (receipt,) = write(session, [submission], hub.settings)
        if dry_run:
            session.rollback()
        rows: list[dict[str, Any]] = receipt.answer["rows"]
        return rows

    return db.retrying(hub.engine, work)


def _print(row: dict[str, Any]) -> None:
    id_ = f" {row['id']}" if "id" in row else ""
    print(f"line {row['line']}: {row['verdict']}{id_}" + (f" ({row['reason']})" if row.get("reason") else ""))
