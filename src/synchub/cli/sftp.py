"""synchub sftp-server: where partners upload their files that have no SFTP server of their own."""

from typing import Any

from synchub.config import Settings
from synchub.connections.tables import Connection
from synchub.errors import Misconfigured
from synchub.files.settings import HUB

EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104 - nothing is bound here
"""What stands for all addresses of a machine."""


def sftp_server() -> None:
    """Take the files of connections set to 'files=hub', each in a directory of its own, until SIGTERM."""
    import asyncio
    from functools import partial

    from synchub import dialects
    from synchub.app import logs
    from synchub.cli.serving import check_schema
    from synchub.cli.store import opened
    from synchub.connections.directory import Directory
    from synchub.files.server.server import Server, serve

    settings = Settings()
    check_schema(settings)
    logs.configure(settings.log_format)
    log_ins = [name for name, each in dialects.find().items() if {"username", "password"} <= set(each.credentials)]
    with opened(settings) as hub:
        server = Server(settings, hub.engine, Directory(hub.engine, hub.vault.secret_key), log_ins)
        asyncio.run(serve(server, partial(print, flush=True)))


def upload_to(settings: Settings, connection: Connection, *, make_key: bool) -> dict[str, Any] | None:
    """What a partner must know that uploads to this hub; None if its files are elsewhere.

    With `make_key` the host key is made if there is none yet.
    """
    if connection.settings.get("files") != HUB:
        return None
    host = settings.sftp_host
    return {
        "host": "any address of the machine that synchub sftp-server runs on" if host in EVERYWHERE else host,
        "port": settings.sftp_port or "as synchub sftp-server says",
        "user": connection.login,
        "host_key": _host_key(settings, make=make_key),
    }


def _host_key(settings: Settings, *, make: bool) -> str:
    """The fingerprint, or why it is not known here."""
    from synchub.files.server import hostkey

    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        if not make and not hostkey.is_made(settings.data_dir):
            return "made when synchub sftp-server starts"
        return hostkey.host_key(settings.data_dir).get_fingerprint()
    except Misconfigured as error:
        return f"cannot be read: {error}"
    except OSError as error:
        return f"cannot be read here: {error.strerror}"
