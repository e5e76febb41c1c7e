"""One SSH connection: it logs in, gets SFTP sessions and nothing else, and is closed when it says nothing any more."""

import asyncio
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

import asyncssh
import structlog
from asyncssh.stream import SSHReader, SSHServerStreamSession, SSHWriter

from synchub.connections.tables import Connection
from synchub.errors import SynchubError
from synchub.files.server.house import House, shown
from synchub.files.server.session import Handler, Session

log = structlog.get_logger(__name__)

CHECKED_EVERY = 0.25
"""Seconds between two looks at whether a partner is still welcome, while it asks for something."""


Serve = Callable[[SSHReader[bytes], SSHWriter[bytes]], Coroutine[Any, Any, None]]


class OnlySftp(SSHServerStreamSession[bytes]):
    """A session that is nothing but SFTP, which `serve` speaks on it."""

    def __init__(self, serve: Serve) -> None:
        super().__init__(None)
        self._serve = serve

    def shell_requested(self) -> bool:
        """No shell."""
        return False

    def exec_requested(self, _command: str) -> bool:
        """No commands, scp among them."""
        return False

    def subsystem_requested(self, subsystem: str) -> bool:
        """SFTP."""
        return subsystem == "sftp"

    def session_started(self) -> None:
        """Serve it, in a handler of our own: the library's tells nobody that an upload broke off."""
        if self._chan is not None and self._conn is not None:
            reader, writer = SSHReader[bytes](self, self._chan), SSHWriter[bytes](self, self._chan)
            self._conn.create_task(self._serve(reader, writer), self._chan.logger)


class Guest(asyncssh.SSHServer):
    """Who is at the other end. `_proved` are the connections by the user names with which it proved itself."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._loop = asyncio.get_running_loop()
        self._heard = self._checked = self._loop.time()
        self._peer, self._wrong = "", 0
        self._conn: asyncssh.SSHServerConnection | None = None
        self._proved: dict[str, Connection] = {}
        self._who: Connection | None = None
        self._sessions: set[Session] = set()
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Let it try to log in, unless there are too many."""
        house, manners = self._house, self._house.manners
        self._conn, self._peer = conn, str(conn.get_extra_info("peername", ("",))[0])
        house.strangers[self._peer] += 1
        house.connections.add(conn)
        if len(house.connections) > manners.connections or house.strangers[self._peer] > manners.strangers:
            log.warning("refused", peer=self._peer, why="too many connections at once")
            self._loop.call_soon(conn.abort)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Leave nothing of what is not whole."""
        for session in self._sessions:
            session.abandon()
        if self._watch:
            self._watch.cancel()
        if self._who:
            self._house.partners[self._who.id] -= 1
        elif self._conn:
            self._is_no_stranger()
        if self._conn:
            self._house.connections.discard(self._conn)

    def _is_no_stranger(self) -> None:
        self._house.strangers.subtract([self._peer])
        if not self._house.strangers[self._peer]:
            del self._house.strangers[self._peer]

    def begin_auth(self, _username: str) -> bool:
        """Nobody comes in without."""
        return True

    def password_auth_supported(self) -> bool:
        """With its user name and password."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Or with its key."""
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        """Prove a password; a wrong one is refused no sooner than after the pause, right ones at once."""
        began = self._loop.time()
        try:
            connection = await self._house.door.by_password(username, password, self._peer)
        except SynchubError as error:
            log.warning("log-in refused", user=shown(username), peer=self._peer, why=str(error))
            await asyncio.sleep(began + self._house.manners.pause - self._loop.time())
            self._count_wrong()
            return False
        self._proved[username] = connection
        return True

    def _count_wrong(self) -> None:
        self._wrong += 1
        if self._wrong >= self._house.manners.wrong and self._conn:
            self._conn.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "too many wrong log-ins")

    def change_password(self, _username: str, _old: str, _new: str) -> bool:
        """Passwords are the hub's operator's affair."""
        return False

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether a key is the partner's; clients offer all they have, so a wrong one is no guess."""
        try:
            written = key.export_public_key().decode()
            connection = await self._house.door.by_key(username, written, self._peer)
        except SynchubError as error:
            if error.status != HTTPStatus.UNAUTHORIZED:
                log.warning("log-in refused", user=shown(username), peer=self._peer, why=str(error))
            return False
        self._proved[username] = connection
        return True

    def auth_completed(self) -> None:
        """It is a partner now, unless that has too many connections."""
        if self._conn is None:
            return
        connection = self._proved[self._conn.get_extra_info("username")]
        if self._house.partners[connection.id] >= self._house.manners.of_one:
            log.warning("log-in refused", connection=connection.name, peer=self._peer, why="too many at once")
            self._conn.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, "too many connections at once")
            return
        self._who = connection
        self._is_no_stranger()
        self._house.partners[connection.id] += 1
        log.info("logged in", connection=connection.name, peer=self._peer)
        self._touch()
        self._look_at_the_clock()

    def session_requested(self) -> OnlySftp | bool:
        """A session, if there are not too many."""
        if self._who is None or len(self._sessions) >= self._house.manners.sessions:
            return False
        return OnlySftp(self._serve)

    async def _serve(self, reader: SSHReader[bytes], writer: SSHWriter[bytes]) -> None:
        if self._who is None:
            return
        try:
            inbox = await asyncio.to_thread(self._house.inbox_of, self._who)
        except OSError as error:
            log.error("refused", connection=self._who.name, why=str(error))  # noqa: TRY400 - its line says it all
            writer.close()
            return
        session = Session(reader.channel, self._house, inbox, self._who, self._may_go_on)
        self._sessions.add(session)
        try:
            await Handler(session, reader, writer).run()
        finally:
            session.abandon()
            self._sessions.discard(session)

    async def _may_go_on(self) -> bool:
        """Whether the partner is still one that may be here; if not, this ends all its sessions."""
        self._touch()
        if self._who is None or self._conn is None:
            return False
        if self._heard - self._checked < CHECKED_EVERY:
            return True
        self._checked = self._heard
        if await self._house.door.may_stay(self._who.id):
            return True
        log.warning(
            "turned out", connection=self._who.name, peer=self._peer, why="inactive, removed or files elsewhere"
        )
        self._conn.disconnect(asyncssh.DISC_BY_APPLICATION, "this log-in is not known any more")
        return False

    def _touch(self) -> None:
        self._heard = self._loop.time()

    def _look_at_the_clock(self) -> None:
        """Close the connection when it said nothing for too long."""
        left = self._heard + self._house.manners.idle - self._loop.time()
        if left > 0:
            self._watch = self._loop.call_later(left, self._look_at_the_clock)
        elif self._conn:
            log.info("closed", peer=self._peer, connection=self._who and self._who.name, why="idle")
            self._conn.disconnect(asyncssh.DISC_BY_APPLICATION, "idle for too long")
