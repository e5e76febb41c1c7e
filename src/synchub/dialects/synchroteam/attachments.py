"""Files and photos of jobs and customers, and a job's report as a document."""

from synchub.dialects.synchroteam.endpoints import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = ()
