"""Seeing that a connection that is told can be told at all, before it is kept."""

from synchub.cli.store import Opened
from synchub.connections.directory import Directory
from synchub.connections.tables import Connection
from synchub.dialects.dialect import Dialect
from synchub.outbox.http import OutboundClient


def check_target(hub: Opened, dialect: Dialect, connection: Connection) -> None:
    """See that the dialect can make a sender of the connection, if it has an address to be called at.

    Raises:
        Misconfigured: something that the sender needs is missing; the text says what.
    """
    if dialect.sender is None or not connection.is_target:
        return
    secrets = Directory(hub.engine, hub.vault.secret_key).secrets(connection)
    client = OutboundClient(allow_private=hub.settings.allow_private_targets)
    dialect.sender(connection, secrets, client).close()
