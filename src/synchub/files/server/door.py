"""Who may log in, and for how long: the connections whose files are the hub's own, and a brake on those who guess."""

import asyncio
from collections.abc import Sequence

from synchub import clock
from synchub.connections.directory import Directory
from synchub.connections.tables import Connection
from synchub.errors import NotAllowed, NotAuthenticated, TooMany, Unavailable
from synchub.files.settings import HUB

MINUTE = 60 * clock.SECOND
MOST_WRONG = 5
"""Wrong log-ins a minute from one address with one user name, after which those are refused unread."""
MOST_WRONG_THERE = 30
"""As above, from one address with any names."""
MOST_REMEMBERED = 10_000

Key = tuple[str, ...]


class Brake:
    """Counts wrong log-ins by address and name; belongs to one event loop."""

    def __init__(self) -> None:
        self._wrong: dict[Key, tuple[int, int]] = {}

    def check(self, peer: str, username: str) -> None:
        """See that another try may be made.

        Raises:
            TooMany: there were too many wrong ones.
        """
        if self._count((peer, username)) >= MOST_WRONG or self._count((peer,)) >= MOST_WRONG_THERE:
            raise TooMany("too many wrong log-ins, again in a minute")

    def note(self, peer: str, username: str) -> None:
        """Count a wrong one."""
        for key in ((peer, username), (peer,)):
            count = self._count(key)
            since = self._wrong.pop(key)[1] if count else clock.now()
            self._wrong[key] = (count + 1, since)
        while len(self._wrong) > MOST_REMEMBERED:
            self._wrong.pop(next(iter(self._wrong)))

    def _count(self, key: Key) -> int:
        """How many there were in the minute that began with the first of them."""
        count, since = self._wrong.get(key, (0, 0))
        return count if clock.now() < since + MINUTE else 0


class Door:
    """Lets in the active connections whose files are the hub's own; `dialects` are those that have log-ins."""

    def __init__(self, directory: Directory, dialects: Sequence[str]) -> None:
        self._directory, self._dialects, self._brake = directory, dialects, Brake()

    async def by_password(self, username: str, password: str, peer: str) -> Connection:
        """The connection that logs in.

        Raises:
            NotAuthenticated: no such log-in.
            NotAllowed: the connection may not log in from this address, or its files are elsewhere.
            TooMany: there were too many wrong ones before.
            Unavailable: the store cannot be asked, or too many secrets wait to be proved.
        """
        self._brake.check(peer, username)
        for dialect in self._dialects:
            try:
                connection = await self._directory.admit_login(dialect, username, password)
            except NotAuthenticated:
                continue
            return self._checked(connection, peer)
        self._brake.note(peer, username)
        raise NotAuthenticated("wrong user name or password")

    async def by_key(self, username: str, key: str, peer: str) -> Connection:
        """The connection whose setting names this public key (type and base64, as OpenSSH writes it).

        Raises:
            NotAuthenticated: no active connection with this user name has it.
            NotAllowed, Unavailable: as above.
        """
        everyone = await asyncio.to_thread(self._directory.everyone)
        for connection in everyone:
            kept = str(connection.settings.get("files_client_key", "")).split()[:2]
            is_theirs = connection.active and connection.login == username and connection.dialect in self._dialects
            if is_theirs and kept and kept == key.split()[:2]:
                return self._checked(connection, peer)
        raise NotAuthenticated("no such key")

    def _checked(self, connection: Connection, peer: str) -> Connection:
        self._directory.check_address(connection, peer)
        if not _is_served(connection):
            raise NotAllowed(f"connection '{connection.name}' has its files elsewhere")
        return connection

    async def may_stay(self, number: int) -> bool:
        """Whether a connection that is logged in may still be.

        While the store cannot be asked it may: what it uploads is kept without it.
        """
        try:
            return _is_served(await asyncio.to_thread(self._directory.get, number))
        except KeyError:
            return False
        except Unavailable:
            return True


def _is_served(connection: Connection) -> bool:
    return connection.active and connection.settings.get("files") == HUB
