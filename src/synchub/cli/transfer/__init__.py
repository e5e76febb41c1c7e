"""synchub import and export: a partner's records in files, one per line, in the words of its dialect.

A directory has a file for each entity, in the order in which they can be taken: records after those that they refer to.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

Name = Annotated[str, typer.Argument(metavar="CONNECTION", help="the connection's name")]
Entities = Annotated[list[str] | None, typer.Option("--entity", metavar="ENTITY", help="only these; may be repeated")]


def import_(
    name: Name,
    path: Annotated[Path, typer.Argument(exists=True, metavar="FILE|DIRECTORY", help="as 'synchub export' writes it")],
    *,
    entity: Entities = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="print the verdicts, and change nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for scripts: one JSON object per line")] = False,
) -> int:
    """Take a partner's records from files, with their ids; prints a verdict for each line. Safe to repeat."""
    from synchub.cli.output import print_json
    from synchub.cli.store import opened
    from synchub.cli.transfer.folders import files_of
    from synchub.cli.transfer.storing import Carrier

    counts: Counter[str] = Counter()
    with opened() as hub:
        carrier = Carrier(hub, name, dry_run=dry_run)
        for file in files_of(path, carrier.transfers(), entity or []):
            for rows in carrier.carry(file):
                for row in rows:
                    (print_json if as_json else _print)(row)
                counts.update(row["verdict"] for row in rows)
                print(f"{counts.total()} lines", file=sys.stderr)
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "there are no lines"
    print(f"{'Nothing was changed. ' if dry_run else ''}{told}", file=sys.stderr)
    return 1 if counts["rejected"] else 0


def export(
    name: Name,
    *,
    entity: Entities = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIRECTORY", help="write files there: a new or empty one")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="as tables for spreadsheets, where records are flat")] = False,
) -> None:
    """Write a partner's records, one per line: one entity's to the output, or all into a directory."""
    from synchub.cli.store import opened
    from synchub.cli.transfer import giving

    with opened() as hub:
        if to is None:
            giving.show(hub, name, entity or [], as_csv=as_csv)
        else:
            giving.write(hub, name, entity or [], to, as_csv=as_csv)


def _print(row: dict[str, Any]) -> None:
    id_ = f" {row['id']}" if "id" in row else ""
    reason = f" ({row['reason']})" if row.get("reason") else ""
    print(f"{row['file']} line {row['line']}: {row['verdict']}{id_}{reason}")
