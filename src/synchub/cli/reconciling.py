"""synchub file reconcile: what live sync had missed, as the files of a partner showed."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from synchub.cli.output import print_json, print_rows
from synchub.cli.store import opened
from synchub.connections import registry
from synchub.db import reading
from synchub.errors import Misconfigured
from synchub.files.reconciling import Reconciliation, count, differences, reconciliations

COLUMNS = ["what", "key", "record", "label", "field", "before", "after"]

Name = Annotated[str | None, typer.Argument(metavar="[CONNECTION]", help="only files of this connection")]
OfTable = Annotated[str | None, typer.Option("--table", help="only files of this table")]
OfDay = Annotated[str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="files exported on this day")]
AsJson = Annotated[bool, typer.Option("--json", help="for scripts: one JSON object per line")]


def reconcile(connection: Name = None, *, table: OfTable = None, day: OfDay = None, as_json: AsJson = False) -> None:
    """Show what live sync missed, field by field: by the last file of each table, or by those of a day."""
    with opened() as hub, reading(hub.engine) as session:
        if connection is not None:
            registry.get(session, connection)
        for each in reconciliations(session, connection=connection, table=table, day=_day(day)):
            if as_json:
                for row in _records(session, each):
                    print_json(row)
            else:
                _show(session, each)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"'{text}' is no day: write it like 2026-09-16") from None


def _show(session: Session, each: Reconciliation) -> None:
    """One line, then the fields; the first load of a table is counted only."""
    run = each.run
    counts = ", ".join(f"{number} {what}" for what, number in sorted(count(session, run).items()))
    kind = "first load" if each.first else "live sync missed"
    print(f"{each.connection} {run.table_name} {each.day} ({run.name}): {kind}: {counts or 'nothing'}")
    if not each.first:
        print_rows(_fields(session, each), COLUMNS, as_json=False)


def _fields(session: Session, each: Reconciliation) -> Iterator[dict[str, Any]]:
    """A row for each field; a record of which no field is told has a row of its own."""
    for one in differences(session, each.run):
        shared = {"what": str(one), "key": one.key, "record": one.record, "label": one.label}
        for name, (before, after) in sorted(one.fields.items()):
            yield shared | {"field": name, "before": before, "after": after}
        if not one.fields:
            yield shared


def _records(session: Session, each: Reconciliation) -> Iterator[dict[str, Any]]:
    for one in differences(session, each.run):
        steps = sorted(one.fields.items())
        yield {
            "connection": each.connection,
            "table": each.run.table_name,
            "day": each.day.isoformat(),
            "file": each.run.name,
            "first_load": each.first,
            "what": one.what,
            "done": one.done,
            "key": one.key,
            "record": one.record,
            "label": one.label,
            "fields": {name: {"before": before, "after": after} for name, (before, after) in steps},
        }
