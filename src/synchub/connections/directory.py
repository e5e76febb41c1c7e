"""Who may come in and who is told: a picture of all connections in memory, never older than a second.

So a connection that is made inactive, or whose secret is withdrawn, is refused in every process a second
later. Readers of a fresh picture take no lock. A connection that is paused is not told and may still come in;
an inactive one may neither.
"""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from synchub import clock
from synchub.connections.addresses import is_within
from synchub.connections.credentials import Prover, Vault, exact_digest, is_exact, valid
from synchub.connections.proving import Bench
from synchub.connections.tables import HUB, Connection
from synchub.db import is_unavailable, reading
from synchub.errors import NotAllowed, NotAuthenticated, Unavailable

MAX_AGE = clock.SECOND
REFUSED = "these credentials are not known here"


@dataclass(slots=True)
class _Picture:
    """All connections at one moment; `exact` finds them by dialect and digest of a secret that we made."""

    at: int
    everyone: dict[int, Connection] = field(default_factory=dict)
    exact: dict[tuple[str, str], list[Connection]] = field(default_factory=lambda: defaultdict(list))
    chosen: dict[str, list[Connection]] = field(default_factory=lambda: defaultdict(list))
    logins: dict[tuple[str, str], list[Connection]] = field(default_factory=lambda: defaultdict(list))

    def add(self, connection: Connection) -> None:
        """Enter a connection; one that may not come in can be found by its id alone."""
        self.everyone[connection.id] = connection
        if not connection.active or connection.id == HUB:
            return
        digests = list(_digests(connection, self.at))
        for kept in filter(is_exact, digests):
            self.exact[connection.dialect, kept].append(connection)
        if not all(map(is_exact, digests)):
            self.chosen[connection.dialect].append(connection)
        if connection.login is not None:
            self.logins[connection.dialect, connection.login].append(connection)

    def by_token(self, dialect: str, presented: str) -> tuple[Sequence[Connection], Sequence[Connection]]:
        """The connections of a dialect with this secret that we made, and all that have one which a person chose."""
        return self.exact.get((dialect, exact_digest(presented)), ()), self.chosen.get(dialect, ())


def _digests(connection: Connection, now: int) -> Iterator[str]:
    for aging in connection.credentials.values():
        yield from valid(aging, now)


class Directory:
    """Finds connections by what they present. Many threads may use it; what it returns is not to be changed."""

    def __init__(self, engine: Engine, secret_key: str) -> None:
        self._engine = engine
        self._vault = Vault(secret_key)
        self._prover, self._bench = Prover(), Bench()
        self._picture = _Picture(-MAX_AGE)
        self._reload = threading.Lock()
        self._failed_at = -MAX_AGE

    def by_token(self, dialect: str, presented: str) -> Connection:
        """The connection of a dialect that proves itself with this secret alone.

        Raises:
            NotAuthenticated: no active connection has it.
            Unavailable: the store cannot be asked.
        """
        exact, chosen = self._fresh().by_token(dialect, presented)
        return self._first(exact or chosen, presented)

    def by_login(self, dialect: str, login: str, password: str) -> Connection:
        """The connection of a dialect with this log-in and secret.

        Raises:
            NotAuthenticated: no active connection has them.
            Unavailable: the store cannot be asked.
        """
        return self._first(self._fresh().logins.get((dialect, login), ()), password)

    async def admit_token(self, dialect: str, presented: str) -> Connection:
        """As `by_token`, for the event loop: what may take longer than a look-up happens in a thread.

        Raises:
            Full: too many secrets wait to be proved.
        """
        exact, chosen = (await self._fresh_soon()).by_token(dialect, presented)
        return await self._admit(exact or chosen, presented)

    async def admit_login(self, dialect: str, login: str, password: str) -> Connection:
        """As `by_login`, for the event loop: what may take longer than a look-up happens in a thread.

        Raises:
            Full: too many secrets wait to be proved.
        """
        return await self._admit((await self._fresh_soon()).logins.get((dialect, login), ()), password)

    async def _admit(self, candidates: Sequence[Connection], presented: str) -> Connection:
        """The first that the secret fits: at once if that is known, else when it is proved."""
        recalled = [self._recall(connection, presented) for connection in candidates]
        if any(recalled) or None not in recalled:
            likely = [one for one, fits in zip(candidates, recalled, strict=True) if fits]
            return self._first(likely, presented)
        return await self._bench.prove(partial(self._first, candidates, presented))

    def _first(self, candidates: Sequence[Connection], presented: str) -> Connection:
        for connection in candidates:
            if any(self._prover.fits(kept, presented) for kept in _digests(connection, clock.now())):
                return connection
        raise NotAuthenticated(REFUSED)

    def _recall(self, connection: Connection, presented: str) -> bool | None:
        """Whether the secret fits, if that is known without a slow hash."""
        recalled = [self._prover.recall(kept, presented) for kept in _digests(connection, clock.now())]
        return any(recalled) or (None if None in recalled else False)

    def check_address(self, connection: Connection, peer: str) -> None:
        """See that the connection may call from this address.

        Raises:
            NotAllowed: it has a list of addresses and networks, and none of them holds `peer`.
        """
        if connection.allowed_addresses and not is_within(peer, connection.allowed_addresses):
            raise NotAllowed(f"connection '{connection.name}' may not call from this address")

    def get(self, number: int) -> Connection:
        """A connection by its id.

        Raises:
            KeyError: there is none.
        """
        return self._fresh().everyone[number]

    def everyone(self) -> list[Connection]:
        """All connections but the hub's own, in the order of their ids."""
        return [connection for number, connection in self._fresh().everyone.items() if number != HUB]

    def targets(self) -> list[Connection]:
        """The connections that are told: active, not paused, and with an address to call."""
        return [one for one in self.everyone() if one.active and not one.paused and one.is_target]

    def secrets(self, connection: Connection) -> dict[str, str]:
        """What we say to the partner, by name, in clear.

        While a secret is being rotated, its text is the new one, a blank and the old one.

        Raises:
            Misconfigured: SYNCHUB_SECRET_KEY is not the key that sealed them.
        """
        now = clock.now()
        opened = self._vault.open(connection.sealed, connection.name)
        return {name: " ".join(valid(aging, now)) for name, aging in opened.items()}

    async def _fresh_soon(self) -> _Picture:
        """As `_fresh`, with the store read in a thread."""
        picture = self._picture
        return picture if _is_fresh(picture.at) else await asyncio.to_thread(self._fresh)

    def _fresh(self) -> _Picture:
        picture = self._picture
        if _is_fresh(picture.at):
            return picture
        with self._reload:
            if not _is_fresh(self._picture.at):
                self._picture = self._take()
            return self._picture

    def _take(self) -> _Picture:
        """A new picture; after a failure the store is left in peace for as long as one would have held."""
        if _is_fresh(self._failed_at):
            raise Unavailable("the store cannot be read")
        picture = _Picture(clock.now())
        try:
            with reading(self._engine) as session:
                for connection in session.scalars(select(Connection).order_by(Connection.id)):
                    picture.add(connection)
        except SQLAlchemyError as error:
            if not is_unavailable(error):
                raise
            self._failed_at = clock.now()
            raise Unavailable("the store cannot be read") from error
        return picture


def _is_fresh(at: int) -> bool:
    return 0 <= clock.now() - at < MAX_AGE
