"""How a Synchroteam server is told: by the Send, Delete and other calls that it has for each kind, a record a call.

A create carries the key that we reserved; the id that the server answers is kept and sent from then on.
"""

from collections.abc import Mapping

from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.client.sender import SynchroteamSender
from synchub.dialects.synchroteam.settings import SynchroteamSettings
from synchub.errors import Misconfigured
from synchub.outbox.http import OutboundClient

API_KEY = "target_api_key"


def make_sender(connection: Connection, secrets: Mapping[str, str], http: OutboundClient) -> SynchroteamSender:
    """The sender of a connection; while its key is being rotated the newer one is used.

    Raises:
        Misconfigured: the connection has no domain or no key for the server.
    """
    settings = SynchroteamSettings.model_validate(connection.settings)
    keys = secrets.get(API_KEY, "").split()
    if not settings.target_domain or not keys:
        raise Misconfigured(
            f"connection '{connection.name}' has no target_domain or no {API_KEY}: set both with "
            f"'synchub connection change {connection.name} --set KEY=VALUE'"
        )
    return SynchroteamSender(settings, f"{settings.target_domain}:{keys[0]}", connection.time_zone or "UTC", http)
