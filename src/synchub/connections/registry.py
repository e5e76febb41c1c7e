"""Adding, changing and finding connections. Nothing here commits; what is given back in clear is never shown again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from synchub import clock
from synchub.connections.credentials import INBOUND, LOGINS, Vault, digest, generate
from synchub.connections.options import RULES, Kind, Wish, checked_settings, login_of
from synchub.connections.rotation import check_unrivalled, forgive, is_new, rotate
from synchub.connections.tables import HUB, Connection
from synchub.errors import Misconfigured, NotFound

WEIGHTS = frozenset({"rank", "deletes"})
"""The options that decide what a partner's word weighs."""
SHARE = frozenset({"url", "mode", "told", "key_template"})
"""The options that decide what a target is told, and where."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change did to one option; values of secrets are left out."""

    key: str
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        """One line for the operator."""
        if self.before is None and self.after is None:
            return f"{self.key}: changed"
        return f"{self.key}: {_shown(self.before)} → {_shown(self.after)}"


def _shown(value: Any) -> str:
    return "unset" if value is None else str(value)


def get(session: Session, name: str) -> Connection:
    """A connection by its name.

    Raises:
        NotFound: there is none.
    """
    found = find(session, name)
    if found is None:
        names = ", ".join(each.name for each in everyone(session)) or "none yet"
        raise NotFound(f"there is no connection '{name}': known are {names}")
    return found


def find(session: Session, name: str) -> Connection | None:
    """A partner's connection by its name, if there is one."""
    return session.scalar(select(Connection).where(Connection.name == name, Connection.id != HUB))


def everyone(session: Session) -> list[Connection]:
    """All connections but the hub's own."""
    return list(session.scalars(select(Connection).where(Connection.id != HUB).order_by(Connection.id)))


def add(session: Session, vault: Vault, kind: Kind, name: str, wish: Wish) -> tuple[Connection, dict[str, str]]:
    """A new connection, and its credentials in clear: those that the wish names, and new ones for the rest.

    Raises:
        Misconfigured: the name is unfit or taken, a setting is missing or wrong, or another one has these credentials.
    """
    _check_name(session, name)
    chosen = wish.secrets
    credentials = {each: chosen.get(each) or generate(each, name) for each in kind.credentials}
    connection = Connection(
        name=name,
        dialect=kind.name,
        guid=uuid4(),
        created_at=clock.now(),
        settings=checked_settings(kind, wish.settings),
        credentials={},
        **{"matches_code": kind.matches_code} | wish.columns,
    )
    for each in INBOUND & credentials.keys():
        connection.credentials[each] = [(digest(credentials[each], generated=each not in chosen), None)]
    connection.login = credentials.get(login_of(kind) or "")
    check_unrivalled(session, connection, chosen)
    outbound = {**{each: chosen[each] for each in kind.outbound if each in chosen}, **_outbound(credentials)}
    connection.sealed = vault.seal({each: [(value, None)] for each, value in outbound.items()})
    session.add(connection)
    session.flush()
    return connection, credentials


def _outbound(credentials: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in credentials.items() if name not in INBOUND | LOGINS}


def _check_name(session: Session, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Misconfigured(
            f"'{name}' cannot name a connection: up to 64 letters, digits, dots, dashes and underscores, "
            "a letter or digit first"
        )
    taken = session.scalar(select(Connection.name).where(func.lower(Connection.name) == name.lower()))
    if taken is not None:
        raise Misconfigured(f"there is a connection '{taken}' already: choose another name, or change it")


def change(session: Session, vault: Vault, kind: Kind, connection: Connection, wish: Wish) -> list[Difference]:
    """Make a connection what the wish says, and tell what that changed. What it does not name stays as it is.

    A target whose address or share of the records changed is compared with every record again, and only what differs is
    sent. One that is told changes goes on where it is: what is past would reach it after what is newer. A partner whose
    word weighs something else now has its records weighed anew (`master.weighing`).

    Raises:
        Misconfigured: a setting is wrong, another connection has these credentials, or the secrets cannot be opened.
    """
    before = dict(connection.settings)
    connection.settings = checked_settings(kind, before | wish.settings)
    differences = [
        Difference(key, before.get(key), after)
        for key, after in connection.settings.items()
        if before.get(key) != after
    ]
    keys = {rule.column: key for key, rule in RULES.items()}
    for column, value in wish.columns.items():
        if getattr(connection, column) != value:
            differences.append(Difference(keys[column], getattr(connection, column), value))
            setattr(connection, column, value)
    differences += _change_secrets(session, vault, kind, connection, wish.secrets)
    if differences:
        forgive(connection)
    _begin_anew(session, connection, {one.key for one in differences})
    session.flush()
    return differences


def _begin_anew(session: Session, connection: Connection, keys: set[str]) -> None:
    """Say to the store itself what starts again: others may have moved it on since the connection was read."""
    values: dict[str, Any] = {}
    if keys & SHARE and connection.settings.get("mode") != "changes":
        values["cursor"] = 0
    if keys & WEIGHTS:
        values |= {"rules_version": Connection.rules_version + 1, "weighed_to": 0}
    if values:
        session.execute(update(Connection).where(Connection.id == connection.id).values(values))


def _change_secrets(
    session: Session, vault: Vault, kind: Kind, connection: Connection, given: Mapping[str, str]
) -> list[Difference]:
    differences = []
    login = login_of(kind)
    if login is not None and given.get(login, connection.login) != connection.login:
        differences.append(Difference(login, connection.login, given[login]))
        connection.login = given[login]
    new = {
        name: value for name, value in given.items() if name not in LOGINS and is_new(vault, connection, name, value)
    }
    if new:
        rotate(session, vault, kind, connection, given=new, grace=0)
    elif differences:
        check_unrivalled(session, connection, {})
    return [*differences, *(Difference(name) for name in new)]


def pause(connection: Connection) -> None:
    """Tell the partner nothing for now; it may still come in."""
    connection.paused = True


def resume(connection: Connection) -> None:
    """Tell the partner again, at once."""
    connection.paused = False
    forgive(connection)
