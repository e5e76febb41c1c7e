"""synchub record …: what is true, and why."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from synchub.cli.fields import ordered, unknown
from synchub.cli.output import moment, print_fields, print_json, print_rows, print_table, shown
from synchub.cli.store import opened
from synchub.connections.tables import Connection
from synchub.db import reading
from synchub.errors import NotFound
from synchub.files import missing
from synchub.master import reading as master
from synchub.master.entities import ENTITIES
from synchub.master.tables import LARGEST_ID, Change

app = typer.Typer(no_args_is_help=True)

Id = Annotated[int, typer.Argument(metavar="ID", min=0, max=LARGEST_ID, help="the record's id")]
AsJson = Annotated[bool, typer.Option("--json", help="for scripts: one JSON object per line")]


@app.command("list")
def list_(
    *,
    entity: Annotated[str | None, typer.Option(help="only records of this entity")] = None,
    code: Annotated[str | None, typer.Option(help="only records with this code")] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="also records that do not exist any more")] = False,
    as_json: AsJson = False,
) -> None:
    """List records in the order of their ids."""
    if entity is not None and entity not in ENTITIES:
        raise NotFound(f"there is no entity '{entity}': known are {', '.join(ENTITIES)}")
    with opened() as hub, reading(hub.engine) as session:
        rows = map(dict, master.list_records(session, entity=entity, code=code, deleted=deleted))
        print_rows(rows, ["id", "entity", "code", "label", "version", "exists"], as_json=as_json)


@app.command()
def show(record: Id, *, as_json: AsJson = False) -> None:
    """Show a record, and for every field who stated it and why it won."""
    with opened() as hub, reading(hub.engine) as session:
        described = _described(session, record)
    if as_json:
        print_json(described)
        return
    words = described.pop("words")
    fields = described.pop("fields")
    print_fields(described)
    print()
    print_fields(fields)
    print()
    lines = [
        [name, shown(word["value"]), word["connection"], word["key"], word["at"], word["lost"] or "wins"]
        for name, said in words.items()
        for word in said
    ]
    print_table(lines, ["field", "stated", "by", "key", "at", "outcome"])


def _described(session: Session, number: int) -> dict[str, Any]:
    record = master.get_record(session, number)
    words = master.explain(session, number)
    return {
        "id": record.id,
        "entity": record.entity,
        "code": record.code,
        "label": record.label,
        "version": record.version,
        "exists": record.exists,
        "changed": record.changed,
        "merged_into": record.merged_into,
        "missing": [_flag(session, flag) for flag in missing.flags(session, number)],
        "fields": master.typed_fields(record),
        "words": {name: [_word(word) for word in said] for name, said in words.items()},
    }


def _flag(session: Session, flag: missing.Flag) -> dict[str, Any]:
    """A copy that the last full file of its partner lacked."""
    partner = session.get_one(Connection, flag.connection).name
    return {"connection": partner, "key": flag.key, "file": flag.file, "as_of": moment(flag.as_of)}


def _word(word: master.Word) -> dict[str, Any]:
    return {
        "connection": word.connection,
        "key": word.key,
        "value": word.value,
        "at": moment(word.stamp),
        "message": word.message,
        "lost": word.lost,
    }


@app.command()
def history(record: Id, *, as_json: AsJson = False) -> None:
    """Show every step of a record, oldest first."""
    with opened() as hub, reading(hub.engine) as session:
        names = {partner.id: partner.name for partner in session.query(Connection)}
        entity = master.get_record(session, record).entity
        rows = [_step(entity, step, names.get(step.connection_id)) for step in master.history(session, record)]
    if not as_json:
        rows = [row | {"change": _steps(row)} for row in rows]
    print_rows(rows, ["number", "version", "at", "connection", "verdict", "change", "message"], as_json=as_json)


def _step(entity: str, step: Change, connection: str | None) -> dict[str, Any]:
    became = {name: {"before": old, "after": new} for name, (old, new) in step.became.items()}
    said = {name: {"before": old, "after": new} for name, (old, new, _) in step.said.items()}
    return {
        "number": step.number,
        "version": step.version,
        "at": moment(step.at),
        "connection": connection,
        "verdict": step.verdict,
        "became": ordered(entity, became),
        "said": ordered(entity, said),
        "message": step.message_id,
    }


def _steps(row: Mapping[str, Any]) -> str:
    steps = row["became"] | {f"unknown {name}": step for name, step in unknown(row["said"]).items()}
    return ", ".join(f"{name}: {shown(step['before'])} → {shown(step['after'])}" for name, step in steps.items())
