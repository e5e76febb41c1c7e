"""synchub file trust …: whose SFTP server is the right one."""

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from synchub import audit, dialects
from synchub.cli.store import Opened, opened
from synchub.connections import registry
from synchub.connections.options import Wish
from synchub.connections.tables import Connection
from synchub.db import reading, writing
from synchub.errors import Misconfigured
from synchub.files import turns
from synchub.files.ssh import Address, fingerprint_of

SETTING = "files_host_key"


def trust(
    name: Annotated[str, typer.Argument(metavar="CONNECTION", help="the connection's name")],
    *,
    fingerprint: Annotated[
        str | None, typer.Option(help="what it must be, as 'ssh-keygen -lf' prints it on the server: SHA256:…")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="for scripts: trust what is found, unasked")] = False,
) -> None:
    """Trust the SFTP server that a connection's files are on: look at its host key, ask, and keep its fingerprint."""
    with opened() as hub:
        with reading(hub.engine) as session:
            address, pinned = _address(registry.get(session, name))
        found = fingerprint_of(address, private=hub.settings.allow_private_targets)
        _ask(address, found, pinned, fingerprint, yes=yes)
        with writing(hub.engine) as session:
            _keep(hub, session, name, found)
    print(f"Connection '{name}' trusts {address} with the host key {found}.")


def _address(connection: Connection) -> tuple[Address, str]:
    files = str(connection.settings.get("files", ""))
    if not files.startswith("sftp://"):
        raise Misconfigured(
            f"the files of connection '{connection.name}' are on no SFTP server: set files=sftp://user@host/directory"
        )
    return Address.of(connection.name, files), str(connection.settings.get(SETTING, ""))


def _ask(address: Address, found: str, pinned: str, expected: str | None, *, yes: bool) -> None:
    """See that a human, or what the command was given, says that it is right."""
    if expected is not None:
        if expected.strip() != found:
            raise Misconfigured(f"{address} has the host key {found}, not {expected}: nothing was changed")
        return
    print(f"{address} has the host key {found}.")
    if pinned and pinned != found:
        print(f"Until now {pinned} was trusted.")
    if not yes:
        typer.confirm("Is that what the one who runs it says?", abort=True)


def _keep(hub: Opened, session: Session, name: str, found: str) -> None:
    connection = registry.get(session, name)
    kind = dialects.named(connection.dialect)
    before = connection.settings.get(SETTING)
    registry.change(session, hub.vault, kind, connection, Wish(settings={SETTING: found}))
    turns.hurry(session, connection.id)
    audit.note(session, "file trust", name, {"before": before, "after": found})
