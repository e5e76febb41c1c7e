"""A real SFTP server in a thread of its own, with knobs for what goes wrong with one."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh
from asyncssh.sftp import SFTPServer
from tests.waiting import PATIENCE

USER, PASSWORD = "collector", "a password of the partner's"


class Server:
    """Serves a folder.

    `denied` are names (empty: the folder itself) that it refuses, `on_read` and `on_rename` are called with the name
    before it obeys, `drops_at` is the offset at which it hangs up in the middle of a file, what it is asked to read it
    reads once it `answers`; `tried` has the passwords that were sent to it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.user_key = asyncssh.generate_private_key("ssh-ed25519")
        self.denied: set[str] = set()
        self.on_read: Callable[[str], None] = lambda _: None
        self.on_rename: Callable[[str], None] = lambda _: None
        self.drops_at: int | None = None
        self.answers = threading.Event()
        self.answers.set()
        self.tried: list[str] = []
        self.logins = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._acceptor: Any = None
        self.guests: set[asyncssh.SSHServerConnection] = set()

    @property
    def fingerprint(self) -> str:
        """That of the host key, as OpenSSH prints it."""
        return self.host_key.get_fingerprint()

    @property
    def url(self) -> str:
        """Where the folder is."""
        return f"sftp://{USER}@127.0.0.1:{self.port}/"

    @property
    def private_key(self) -> str:
        """The key of the one user."""
        return self.user_key.export_private_key().decode()

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        if not self._thread.is_alive():
            self._thread.start()
        self._run(self._listen())

    async def _listen(self) -> None:
        self._acceptor = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_host_keys=[self.host_key],
            server_factory=lambda: _Door(self),
            sftp_factory=lambda chan: _Files(chan, self),
            reuse_address=True,
        )
        self.port = self._acceptor.get_port()

    def stop(self) -> None:
        """Hang up on everybody and listen no more."""
        self._run(self._end())

    async def _end(self) -> None:
        self.answers.set()
        self._acceptor.close()
        await self._acceptor.wait_closed()
        for guest in list(self.guests):
            guest.abort()
            await guest.wait_closed()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=PATIENCE)

    def become_another(self) -> None:
        """Be another server at the same address: with another host key."""
        self.stop()
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.start()

    def close(self) -> None:
        """End it all."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)


class _Door(asyncssh.SSHServer):
    def __init__(self, server: Server) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._guest = conn
        self._server.guests.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.guests.discard(self._guest)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._server.tried.append(password)
        self._server.logins += username == USER and password == PASSWORD
        return username == USER and password == PASSWORD

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self._server.tried.append("key")
        return username == USER and key.public_data == self._server.user_key.public_data


class _Files(SFTPServer):
    def __init__(self, chan: Any, server: Server) -> None:
        super().__init__(chan, chroot=str(server.folder))
        self._server = server

    def _check(self, path: bytes) -> None:
        if path.decode(errors="replace").strip("/") in self._server.denied:
            raise asyncssh.SFTPPermissionDenied("Permission denied")

    async def scandir(self, path: bytes) -> Any:
        self._check(path)
        async for each in super().scandir(path):
            yield each

    def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
        self._check(path)
        self._server.on_read(Path(path.decode()).name)
        return super().open(path, pflags, attrs)

    async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        if self._server.drops_at is not None and offset >= self._server.drops_at:
            self.connection.abort()
        await asyncio.to_thread(self._server.answers.wait)
        file_obj.seek(offset)
        return file_obj.read(size)

    def rename(self, oldpath: bytes, newpath: bytes) -> Any:
        self._check(newpath)
        self._server.on_rename(Path(oldpath.decode()).name)
        return super().rename(oldpath, newpath)

    def mkdir(self, path: bytes, attrs: Any) -> Any:
        self._check(path)
        return super().mkdir(path, attrs)


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server within the block."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.close()
