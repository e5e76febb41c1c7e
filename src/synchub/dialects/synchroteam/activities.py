"""Activities, their types, and shared blocks of questions."""

from synchub.dialects.synchroteam.endpoints import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = ()
