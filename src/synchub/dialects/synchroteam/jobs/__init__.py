"""Jobs: what technicians do at customers'."""

from synchub.dialects.synchroteam.endpoints import Endpoint
from synchub.dialects.synchroteam.jobs import custom_fields
from synchub.dialects.synchroteam.jobs.detail import DETAIL
from synchub.dialects.synchroteam.jobs.kind import JOB as JOB
from synchub.dialects.synchroteam.jobs.moves import CANCEL, VALIDATE
from synchub.dialects.synchroteam.jobs.search import SEARCH
from synchub.dialects.synchroteam.jobs.sending import SEND

ENDPOINTS: tuple[Endpoint, ...] = (DETAIL, SEND, SEARCH, VALIDATE, CANCEL, custom_fields.SEND)
