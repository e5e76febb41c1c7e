"""Connections as a reviewed file: TOML with one table per connection, `[connection.NAME]`.

    [connection.erp]
    dialect = "…"
    rank = 10
    token = { env = "ERP_TOKEN" }       # a secret may stand in an environment variable
    told = { customer = ["name", "phone"], item = "all" }

Only what the file names is compared; a connection that it does not name is left alone.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from synchub import dialects
from synchub.cli.store import Opened
from synchub.cli.targets import check_target
from synchub.cli.weights import weigh_all
from synchub.connections import options, registry
from synchub.connections.options import Entities, Wish
from synchub.db import writing
from synchub.dialects.dialect import Dialect
from synchub.errors import Misconfigured, SynchubError
from synchub.master.series import read_counter


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file says about one connection."""

    name: str
    dialect: Dialect
    wish: Wish


def read(file: Path, entities: Entities) -> list[Plan]:
    """The plans of a file.

    Raises:
        Misconfigured: it is no such file; the text names the connection at fault.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{file} is no TOML: {error}") from None
    tables = content.pop("connection", {})
    if content or not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        stray = ", ".join(content) or "connection"
        raise Misconfigured(f"{file}: '{stray}' has no place there: write one table [connection.NAME] per connection")
    return [_plan(name, table, entities) for name, table in tables.items()]


def _plan(name: str, table: Mapping[str, Any], entities: Entities) -> Plan:
    given = {key: _resolved(value) for key, value in table.items()}
    try:
        dialect = dialects.named(str(given.pop("dialect", "")))
        return Plan(name, dialect, options.read(dialect, entities, given))
    except SynchubError as error:
        raise Misconfigured(f"connection '{name}': {error}") from None


def _resolved(value: Any) -> Any:
    """The value of an option; `{ env = "NAME" }` is that of an environment variable."""
    if not isinstance(value, dict) or value.keys() != {"env"}:
        return value
    if not os.environ.get(str(value["env"])):
        raise Misconfigured(f"the environment variable {value['env']} is not set, and the file refers to it")
    return os.environ[str(value["env"])]


def apply(hub: Opened, plans: list[Plan], *, dry_run: bool) -> Iterator[str]:
    """Carry out all plans or none; a line for each step, with the credentials that were made for new connections.

    What follows from new rules is carried out too, once the plans are stored and their lines were taken.
    """
    with writing(hub.engine) as session:
        since = read_counter(session)
        steps = [step for plan in plans for step in _carry_out(hub, session, plan, dry_run=dry_run)]
        if dry_run:
            session.rollback()
    yield from steps
    if not dry_run:
        yield from weigh_all(hub.engine, since)


def _carry_out(hub: Opened, session: Session, plan: Plan, *, dry_run: bool) -> list[str]:
    try:
        connection = registry.find(session, plan.name)
        if connection is None:
            connection, credentials = registry.add(session, hub.vault, plan.dialect, plan.name, plan.wish)
            check_target(hub, plan.dialect, connection)
            made = {} if dry_run else {key: value for key, value in credentials.items() if key not in plan.wish.secrets}
            return [f"{plan.name}: added", *(f"{plan.name}: {key} is {value}" for key, value in made.items())]
        if connection.dialect != plan.dialect.name:
            raise Misconfigured(f"it speaks {connection.dialect}, which cannot be changed to {plan.dialect.name}")
        differences = registry.change(session, hub.vault, plan.dialect, connection, plan.wish)
        check_target(hub, plan.dialect, connection)
    except SynchubError as error:
        raise Misconfigured(f"connection '{plan.name}': {error}") from None
    return [f"{plan.name}: {difference}" for difference in differences]
