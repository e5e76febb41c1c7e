"""Sites."""

from synchub.dialects.synchroteam.endpoints import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = ()
