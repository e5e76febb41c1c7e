"""synchub link …: what opens a report or a file without credentials."""

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from synchub import audit
from synchub.cli.output import moment, print_rows
from synchub.cli.store import Opened, opened
from synchub.contents import links
from synchub.db import reading, retrying
from synchub.errors import NotFound
from synchub.master.tables import LARGEST_ID, MasterRecord

LINKED = ("job", "attachment", "photo")

app = typer.Typer(no_args_is_help=True)


@app.callback()
def link() -> None:
    """Links that open a report or a file to whoever has them."""


@app.command("list")
def list_(
    *, as_json: Annotated[bool, typer.Option("--json", help="for scripts: one JSON object per line")] = False
) -> None:
    """List the records whose links were withdrawn, the latest first."""
    with opened() as hub, reading(hub.engine) as session:
        rows = links.withdrawn(session)
    timed = (row | {"revoked_at": moment(row["revoked_at"])} for row in rows)
    print_rows(timed, ["record_id", "entity", "withdrawn", "revoked_at"], as_json=as_json)


@app.command()
def revoke(
    what: Annotated[str, typer.Argument(metavar="LINK", help="the link, its last part, or the id of its record")],
) -> None:
    """Let the links of a record open nothing any more; those that are shown from now on are others."""
    with opened() as hub:
        entity, record = retrying(hub.engine, lambda session: _revoke(session, hub, what))
    print(f"The links of {entity} {record} open nothing any more.")


def _revoke(session: Session, hub: Opened, what: str) -> tuple[str, int]:
    entity, record = _meant(session, hub, what)
    links.withdraw(session, entity, record)
    audit.note(session, "link revoke", f"{entity} {record}", {})
    return entity, record


def _meant(session: Session, hub: Opened, what: str) -> tuple[str, int]:
    """The record that a link or an id means.

    Raises:
        NotFound: it means none that has links.
    """
    if not (what.isascii() and what.isdecimal()):
        token = what.rstrip("/").rpartition("/")[2]
        return links.opened(session, hub.vault.secret_key, token, LINKED)[:2]
    record = session.get(MasterRecord, int(what)) if int(what) <= LARGEST_ID else None
    if record is None or record.entity not in LINKED:
        raise NotFound(f"there is no {' or '.join(LINKED)} {what}: see 'synchub record list'")
    return record.entity, record.id
