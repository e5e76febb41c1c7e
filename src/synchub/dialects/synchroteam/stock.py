"""Stock in depots, and requests for more."""

from synchub.dialects.synchroteam.endpoints import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = ()
