"""Jobs: what technicians do at customers'."""

from synchub.dialects.synchroteam.endpoints import Endpoint
from synchub.dialects.synchroteam.jobs.kind import JOB as JOB

ENDPOINTS: tuple[Endpoint, ...] = ()
