"""All of it: listening, the host key, and an end that lets uploads finish."""

import asyncio
import errno
import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import structlog
from sqlalchemy import Engine

from synchub.config import Settings
from synchub.connections.directory import Directory
from synchub.errors import Misconfigured
from synchub.files import places
from synchub.files.server.alarms import Alarms
from synchub.files.server.door import Door
from synchub.files.server.guest import Guest
from synchub.files.server.hostkey import host_key
from synchub.files.server.house import House, Manners
from synchub.files.server.uploads import Limits, sweep
from synchub.locks import only

log = structlog.get_logger(__name__)

LOCK = "sftp.lock"
ALIVE_EVERY, ALIVE_TRIES = 30, 3
STEP = 0.05


@dataclass
class Server:
    """The SFTP server of a hub. `dialects` are the names of those whose connections log in with a password."""

    settings: Settings
    engine: Engine
    directory: Directory
    dialects: Sequence[str]
    manners: Manners = field(default_factory=Manners)

    async def start(self) -> tuple[str, int, str]:
        """Begin to listen; answers the address, the port and the fingerprint of the host key.

        Raises:
            Misconfigured: the address or the port cannot be had, or the host key cannot be read.
        """
        settings, folder = self.settings, places.inbox(self.settings.data_dir, "")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = host_key(settings.data_dir)
        if left := sweep(folder):
            log.warning("removed what was left of uploads that broke", files=left)
        limits = Limits(settings.sftp_max_file, settings.sftp_max_space)
        self._house = House(
            Door(self.directory, self.dialects), Alarms(self.engine), settings.data_dir, limits, self.manners
        )
        try:
            self._listener = await self._listen(key)
        except OSError as error:
            raise Misconfigured(_why_not(settings, error)) from None
        return settings.sftp_host, self._listener.get_port(), key.get_fingerprint()

    async def _listen(self, key: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
        asyncssh.set_log_level("ERROR")
        return await asyncssh.create_server(
            lambda: Guest(self._house),
            self.settings.sftp_host,
            self.settings.sftp_port,
            server_host_keys=[key],
            server_version="synchub",
            config=None,
            gss_host=None,
            encoding=None,
            compression_algs=None,
            allow_pty=False,
            agent_forwarding=False,
            line_editor=False,
            login_timeout=self.manners.login,
            keepalive_interval=ALIVE_EVERY,
            keepalive_count_max=ALIVE_TRIES,
        )

    async def stop(self, drain: float) -> None:
        """Begin no more uploads, let those under way finish for so many seconds, and close all connections."""
        self._listener.close()
        self._house.stopping = True
        end = asyncio.get_running_loop().time() + drain
        while self._house.uploads() and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110 - they end in threads
            await asyncio.sleep(STEP)
        for connection in list(self._house.connections):
            connection.disconnect(asyncssh.DISC_BY_APPLICATION, "the server is stopping")
        await self._listener.wait_closed()
        await self._house.alarms.settle()


def _why_not(settings: Settings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {settings.sftp_port} of {settings.sftp_host} is taken: stop what listens there, "
            "or set SYNCHUB_SFTP_PORT"
        )
    return (
        f"cannot listen at {settings.sftp_host} port {settings.sftp_port} ({error.strerror or error}): "
        "set SYNCHUB_SFTP_HOST and SYNCHUB_SFTP_PORT"
    )


async def serve(server: Server, tell: Callable[[str], None]) -> None:
    """Take uploads until SIGTERM or SIGINT, then drain. `tell` is given one line when it listens."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    with alone(server.settings.data_dir):
        host, port, fingerprint = await server.start()
        shown = f"[{host}]" if ":" in host else host
        tell(f"synchub takes files at sftp://{shown}:{port}, host key {fingerprint}")
        await ended.wait()
        await server.stop(server.settings.drain_seconds)


def alone(folder: Path) -> AbstractContextManager[None]:
    """Be the one SFTP server of a data directory: it counts what waits there, and sweeps it when it starts.

    Raises:
        Misconfigured: another process is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return only(folder / LOCK, f"another process takes files into {folder} already: stop it")
