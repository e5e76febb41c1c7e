"""The secrets of a connection over time: replaced while the old ones still count, and never those of another."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import clock
from synchub.connections.credentials import (
    INBOUND,
    LOGINS,
    SIGNING,
    Aging,
    Prover,
    Vault,
    check_chosen,
    digest,
    generate,
    valid,
)
from synchub.connections.options import Kind
from synchub.connections.tables import Connection
from synchub.errors import Misconfigured

GRACE = 24 * 3600 * clock.SECOND
"""How long a secret still counts after it was replaced, unless the operator says otherwise."""


def check_unrivalled(session: Session, connection: Connection, chosen: Mapping[str, str]) -> None:
    """See that no other connection of the dialect could be taken for this one."""
    prover, now = Prover(), clock.now()
    secrets = [value for name, value in chosen.items() if name in INBOUND]
    for rival in session.scalars(select(Connection).where(Connection.dialect == connection.dialect)):
        if rival.id == connection.id:
            continue
        if connection.login is not None and rival.login == connection.login:
            raise Misconfigured(f"connection '{rival.name}' has the log-in '{rival.login}' already: choose another")
        kept = [each for aging in rival.credentials.values() for each in valid(aging, now)]
        if connection.login is None and any(prover.fits(each, secret) for each in kept for secret in secrets):
            raise Misconfigured(f"connection '{rival.name}' has the same secret: give each connection its own")


def is_new(vault: Vault, connection: Connection, name: str, value: str) -> bool:
    """Whether a secret differs from the one that the connection has now."""
    now = clock.now()
    if name in INBOUND:
        prover = Prover()
        kept = valid(connection.credentials.get(name, ()), now)
        return not any(prover.fits(each, value) for each in kept[:1])
    opened = vault.open(connection.sealed, connection.name)
    return valid(opened.get(name, ()), now)[:1] != [value]


def forgive(connection: Connection) -> None:
    """Call the target at once: whatever it was in trouble for may be mended."""
    connection.backoff_until, connection.backoff_count, connection.backoff_reason = 0, 0, None
    connection.rests_until = 0


def rotate(
    session: Session,
    vault: Vault,
    kind: Kind,
    connection: Connection,
    *,
    given: Mapping[str, str],
    grace: int = GRACE,
    forget: bool = False,
) -> dict[str, str]:
    """Replace secrets, and give back the new ones in clear: those given, or, if none is, new ones for all credentials.

    An inbound secret and a signing secret still count for `grace` microseconds after they were replaced; what we say to
    a partner is replaced at once. `forget` starts the sealed secrets afresh, for a hub that has lost its key.

    Raises:
        Misconfigured: there is no such secret, or the secrets cannot be opened.
    """
    new = dict(given) or {each: generate(each, connection.name) for each in kind.credentials if each not in LOGINS}
    _check_rotatable(kind, new)
    until = clock.now() + grace
    inbound = INBOUND & new.keys()
    kept = dict(connection.credentials)
    for name in sorted(inbound):
        fresh = digest(new[name], generated=name not in given)
        kept[name] = _succeed(fresh, kept.get(name, ()), until)
    check_unrivalled(session, connection, {name: given[name] for name in inbound & given.keys()})
    connection.credentials = kept
    if new.keys() - inbound:
        sealed = {} if forget else vault.open(connection.sealed, connection.name)
        for name in new.keys() - inbound:
            old = sealed.get(name, ()) if name == SIGNING else ()
            sealed[name] = _succeed(new[name], old[:1], until)
        connection.sealed = vault.seal(sealed)
    forgive(connection)
    session.flush()
    return new


def _check_rotatable(kind: Kind, new: Mapping[str, str]) -> None:
    possible = [name for name in (*kind.credentials, *kind.outbound) if name not in LOGINS]
    for name, value in new.items():
        if name not in possible:
            raise Misconfigured(f"a connection of dialect {kind.name} has no secret '{name}': {_named(possible)}")
        check_chosen(name, value)
    if not new:
        raise Misconfigured(f"give the new secret: {_named(possible)}")


def _named(names: Iterable[str]) -> str:
    return "it has " + (", ".join(names) or "none")


def _succeed(fresh: str, old: Aging, until: int) -> list[tuple[str, int | None]]:
    """A secret after its renewal: the new one, and the old ones until they end."""
    now = clock.now()
    aged = [(value, until if end is None else min(end, until)) for value, end in old]
    return [(fresh, None), *(pair for pair in aged if pair[1] > now and pair[0] != fresh)]
