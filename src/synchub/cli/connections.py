"""synchub connection …: who may come in and who is told."""

from collections.abc import Iterable
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from synchub import clock, dialects
from synchub.cli import connection_file
from synchub.cli.output import moment, print_fields, print_json, print_rows
from synchub.cli.sftp import upload_to
from synchub.cli.store import Opened, opened
from synchub.cli.targets import check_target
from synchub.cli.weights import weigh_all
from synchub.connections import options, registry
from synchub.connections.credentials import valid
from synchub.connections.rotation import rotate
from synchub.connections.tables import Connection
from synchub.db import reading, writing
from synchub.master.entities import ENTITIES
from synchub.master.series import read_counter

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="the connection's name")]
AsJson = Annotated[bool, typer.Option("--json", help="for scripts: JSON")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="a credential, a rule or a setting of the dialect; may be repeated"
    ),
]
LONGEST_GRACE = 10 * 365 * 24
ONCE = "These are shown once; the hub keeps no copy of them in clear."


@app.command()
def add(
    name: Name,
    dialect: Annotated[str, typer.Option(help="the language that the partner speaks")],
    settings: Set = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Add a partner and print its credentials, once."""
    kind = dialects.named(dialect)
    wish = options.read(kind, _entities(), options.pairs(settings or []))
    with opened() as hub, writing(hub.engine) as session:
        connection, credentials = registry.add(session, hub.vault, kind, name, wish)
        check_target(hub, kind, connection)
        made = {"id": connection.id, "name": name, "dialect": dialect, "credentials": credentials}
    uploads = upload_to(hub.settings, connection, make_key=True)
    if as_json:
        print_json(made | ({"upload_to": uploads} if uploads else {}))
        return
    print(f"Connection '{name}' ({dialect}) has the id {made['id']}.")
    _print_credentials(credentials)
    if uploads:
        print("It uploads its files with these to synchub sftp-server:")
        print_fields(uploads)


def _entities() -> options.Entities:
    return {name: made.fields().keys() for name, made in ENTITIES.items()}


def _print_credentials(credentials: dict[str, str]) -> None:
    if credentials:
        print_fields(credentials)
        print(ONCE)


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List all partners."""
    with opened() as hub, reading(hub.engine) as session:
        rows = [_summary(connection) for connection in registry.everyone(session)]
    print_rows(rows, ["id", "name", "dialect", "state", "rank", "url", "trouble"], as_json=as_json)


def _summary(connection: Connection) -> dict[str, Any]:
    state = "paused" if connection.paused else "active"
    return {
        "id": connection.id,
        "name": connection.name,
        "dialect": connection.dialect,
        "state": state if connection.active else "inactive",
        "rank": connection.rank,
        "url": connection.settings.get("url"),
        "trouble": connection.backoff_reason,
    }


@app.command()
def show(name: Name, *, as_json: AsJson = False) -> None:
    """Show a partner: its rules and settings, and which credentials it has."""
    with opened() as hub, reading(hub.engine) as session:
        connection = registry.get(session, name)
        described = _described(connection) | {"upload_to": upload_to(hub.settings, connection, make_key=False)}
    (print_json if as_json else print_fields)(described)


def _described(connection: Connection) -> dict[str, Any]:
    now = clock.now()
    return _summary(connection) | {
        "guid": connection.guid,
        "login": connection.login,
        "credentials": {each: f"{len(valid(aging, now))} valid" for each, aging in connection.credentials.items()},
        "has_sealed_secrets": connection.sealed is not None,
        "settings": connection.settings,
        "time_zone": connection.time_zone,
        "writes": "all" if connection.writes is None else connection.writes,
        "told": "all" if connection.told is None else connection.told,
        "deletes": "record" if connection.deletes_record else "copy",
        "matches_code": connection.matches_code,
        "allowed_addresses": connection.allowed_addresses,
        "rate_limit": connection.rate_limit,
        "created_at": moment(connection.created_at),
        "cursor": connection.cursor,
        "called_again_at": moment(connection.backoff_until),
        "calls_that_failed": connection.backoff_count,
    }


@app.command()
def change(name: Name, settings: Set = None) -> None:
    """Change a partner's credentials, rules or settings; what is not named stays."""
    given = options.pairs(settings or [])
    with opened() as hub:
        with writing(hub.engine) as session:
            since = read_counter(session)
            differences = _changed(hub, session, name, given)
        _print_lines(chain(differences, weigh_all(hub.engine, since)))


def _changed(hub: Opened, session: Session, name: str, given: dict[str, str]) -> list[registry.Difference]:
    connection = registry.get(session, name)
    kind = dialects.named(connection.dialect)
    differences = registry.change(session, hub.vault, kind, connection, options.read(kind, _entities(), given))
    check_target(hub, kind, connection)
    return differences


def _print_lines(lines: Iterable[object]) -> None:
    """Print each line as it comes, so that what follows cannot hold it back."""
    line = None
    for line in lines:
        print(line)
    if line is None:
        print("Nothing differs.")


@app.command()
def pause(name: Name) -> None:
    """Tell a partner nothing for now; it may still come in."""
    with opened() as hub, writing(hub.engine) as session:
        registry.pause(registry.get(session, name))
    print(f"Connection '{name}' is paused: it may come in, and is told again after 'synchub connection resume {name}'.")


@app.command()
def resume(name: Name) -> None:
    """Tell a partner again, at once, also one that was in trouble."""
    with opened() as hub, writing(hub.engine) as session:
        registry.resume(registry.get(session, name))
    print(f"Connection '{name}' is told again.")


def _is_time(hours: float) -> float:
    if not isfinite(hours):
        raise typer.BadParameter("must be a number of hours")
    return hours


@app.command("rotate-secret")
def rotate_secret(
    name: Name,
    settings: Set = None,
    *,
    grace: Annotated[
        float, typer.Option(min=0, max=LONGEST_GRACE, callback=_is_time, help="hours that the old secrets still count")
    ] = 24,
    forget: Annotated[bool, typer.Option(help="start the sealed secrets afresh, when their key is lost")] = False,
    as_json: AsJson = False,
) -> None:
    """Replace a partner's secrets by new ones, or by those that are given, and print them, once."""
    given = options.pairs(settings or [])
    with opened() as hub, writing(hub.engine) as session:
        credentials = _rotated(hub, session, name, given, round(grace * 3600 * clock.SECOND), forget=forget)
    if as_json:
        print_json({"name": name, "credentials": credentials})
        return
    print(f"Connection '{name}' has new secrets; the old ones count for {grace:g} hours more.")
    _print_credentials(credentials)


def _rotated(
    hub: Opened, session: Session, name: str, given: dict[str, str], grace: int, *, forget: bool
) -> dict[str, str]:
    connection = registry.get(session, name)
    kind = dialects.named(connection.dialect)
    return rotate(session, hub.vault, kind, connection, given=given, grace=grace, forget=forget)


@app.command("apply")
def apply_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="a TOML file with [connection.NAME] tables")
    ],
    *,
    dry_run: Annotated[bool, typer.Option(help="print what would change, and change nothing")] = False,
) -> None:
    """Make the partners what a reviewed file says: add what is missing, change what differs. Safe to repeat."""
    plans = connection_file.read(file, _entities())
    with opened() as hub:
        _print_lines(connection_file.apply(hub, plans, dry_run=dry_run))
