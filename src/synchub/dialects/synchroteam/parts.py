"""Parts and their prices."""

from synchub.dialects.synchroteam.endpoints import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = ()
