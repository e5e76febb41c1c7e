"""The hub's own SFTP server, for any test: as a real process, or in a thread of this one; and partners that log in."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import paramiko
import pytest
from sqlalchemy import Engine
from tests.cli.process import Hub, eventually, running

from synchub import dialects
from synchub.config import Settings
from synchub.connections import options, registry
from synchub.connections.credentials import Vault
from synchub.connections.directory import Directory
from synchub.db import open_engine, writing
from synchub.files.server.house import Manners
from synchub.files.server.server import Server
from synchub.files.server.uploads import UNFINISHED

KEY = "a key that is long enough for the tests"
DIALECT = "aljex"
LOG_INS = (DIALECT, "synchroteam")
ROWS = b"id,name\n1,Acme\n"


def join(engine: Engine, name: str, **settings: Any) -> tuple[str, str]:
    """Add a connection that uploads to the hub; answers its user name and password."""
    with writing(engine) as session:
        connection, said = registry.add(session, Vault(KEY), dialects.named(DIALECT), name, options.Wish())
        connection.settings = {"files": "hub", **settings}
    return said["username"], said["password"]


@dataclass
class Place:
    """Where a server listens: host, port and the fingerprint of its host key; `inboxes` is where its files are."""

    host: str
    port: int
    fingerprint: str
    inboxes: Path
    process: Hub | None = None
    clients: list[paramiko.SSHClient] = field(default_factory=list)

    @property
    def url(self) -> str:
        """As the setting `files` of another hub would name it, without the user."""
        return f"{self.host}:{self.port}"

    def client(self, username: str, password: str | None = None, **more: Any) -> paramiko.SSHClient:
        """A partner that is logged in with paramiko."""
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_Seen(self.fingerprint))
        self.clients.append(client)
        alone = {"look_for_keys": False, "allow_agent": False, "timeout": 60, "banner_timeout": 60, "auth_timeout": 60}
        client.connect(self.host, self.port, username, password, **alone | more)
        return client

    def sftp(self, username: str, password: str | None = None, **more: Any) -> paramiko.SFTPClient:
        """Its SFTP session."""
        return self.client(username, password, **more).open_sftp()

    def waiting(self, name: str) -> dict[str, bytes]:
        """What is in a connection's directory, hidden files included, as the disk has it."""
        folder, found = self.inboxes / name, {}
        for path in folder.iterdir() if folder.exists() else ():
            with suppress(FileNotFoundError):  # it is gone by now
                if path.is_file():
                    found[path.name] = path.read_bytes()
        return found


def put(sftp: paramiko.SFTPClient, name: str, content: bytes = ROWS) -> paramiko.SFTPAttributes:
    """Upload, and look at what came of it."""
    return sftp.putfo(BytesIO(content), name)


def refuse(sftp: paramiko.SFTPClient, name: str, content: bytes) -> None:
    """Upload what is refused: the client is told when it writes, or when it looks at what it wrote."""
    with pytest.raises(OSError, match=r"no more than|No such file"):
        put(sftp, name, content)


def settle(place: Place, name: str = "tms") -> bool:
    """Wait until nothing unfinished is left."""
    return bool(eventually(lambda: not any(each.startswith(UNFINISHED) for each in place.waiting(name))))


def is_denied(place: Place, *login: str, **more: Any) -> bool:
    """Whether a log-in is refused."""
    try:
        place.client(*login, **more).close()
    except paramiko.AuthenticationException:
        return True
    return False


class _Seen(paramiko.MissingHostKeyPolicy):
    """Knows the server by its fingerprint."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        assert key.fingerprint == self._fingerprint, (hostname, key.fingerprint)


@contextmanager
def uploads(store_url: str, data_dir: Path, **settings: Any) -> Iterator[Place]:
    """A process of `synchub sftp-server` on a free port, on a migrated store; settings as SFTP_MAX_FILE=1000."""
    named = {f"SYNCHUB_{name.upper()}": str(value) for name, value in settings.items()}
    own = {
        "SYNCHUB_DATABASE_URL": store_url,
        "SYNCHUB_DATA_DIR": str(data_dir),
        "SYNCHUB_SECRET_KEY": KEY,
        "SYNCHUB_SFTP_PORT": "0",
    }
    with running("sftp-server", **own | named) as hub:
        said = hub.hear("sftp://").split()
        host, _, port = next(word for word in said if "://" in word).removeprefix("sftp://").rstrip(",").rpartition(":")
        place = Place(host, int(port), said[-1], data_dir / "inbox", hub)
        with _closing(place):
            yield place


@contextmanager
def uploads_here(store_url: str, data_dir: Path, manners: Manners, **settings: Any) -> Iterator[Place]:
    """The same server in a thread of this process, with manners of the test's own."""
    own = {"database_url": store_url, "data_dir": data_dir, "secret_key": KEY, "sftp_port": 0, **settings}
    chosen = Settings(_env_file=None, **own)
    engine = open_engine(store_url)
    server = Server(chosen, engine, Directory(engine, KEY), LOG_INS, manners)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        host, port, fingerprint = asyncio.run_coroutine_threadsafe(server.start(), loop).result()
        with _closing(place := Place(host, port, fingerprint, data_dir / "inbox")):
            yield place
        asyncio.run_coroutine_threadsafe(server.stop(0), loop).result()
        asyncio.run_coroutine_threadsafe(_settled(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        engine.dispose()


async def _settled() -> None:
    """Wait for what still ends on the loop."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others)


@contextmanager
def _closing(place: Place) -> Iterator[None]:
    try:
        yield
    finally:
        for client in place.clients:
            client.close()
