"""The records that are carried over in files: which there are, and in which order."""

from dataclasses import replace

from synchub.dialects.synchroteam.activities import ACTIVITY
from synchub.dialects.synchroteam.activity_types import ACTIVITY_TYPE
from synchub.dialects.synchroteam.blocks import BLOCK
from synchub.dialects.synchroteam.carrying.cargo import Cargo
from synchub.dialects.synchroteam.carrying.files import FILES
from synchub.dialects.synchroteam.carrying.giving import transfer_of
from synchub.dialects.synchroteam.carrying.invoices import INVOICES
from synchub.dialects.synchroteam.carrying.jobs import JOBS
from synchub.dialects.synchroteam.carrying.users import USERS
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.equipment import EQUIPMENT
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.sites import SITE
from synchub.dialects.synchroteam.stock import DEPOT, STOCK_LEVEL, STOCK_REQUEST
from synchub.master.entities import PRECEDENCE

_TO_THE_SECOND = "%Y-%m-%d %H:%M:%S"
"""How activities in files show a moment: the vendor shows no seconds, and none may be lost."""
_CARGOES = (
    USERS,
    *map(Cargo, (DEPOT, CUSTOMER, SITE, EQUIPMENT, PART, STOCK_LEVEL, ACTIVITY_TYPE)),
    Cargo(STOCK_REQUEST, is_flat=False),
    Cargo(BLOCK, is_flat=False),
    Cargo(replace(ACTIVITY, moments=_TO_THE_SECOND), required=ACTIVITY.required, is_flat=False),
    JOBS,
    INVOICES,
    *FILES,
)
TRANSFERS = tuple(map(transfer_of, sorted(_CARGOES, key=lambda each: PRECEDENCE[each.kind.entity])))
"""In the order in which records can be taken: after those that they refer to."""
