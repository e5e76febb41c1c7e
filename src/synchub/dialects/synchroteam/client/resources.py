"""The forms of all kinds that a server is told of."""

from synchub.dialects.synchroteam.client import files, invoices, jobs, levels, types
from synchub.dialects.synchroteam.client.forms import Form, Lasting
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.equipment import EQUIPMENT
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.sites import SITE
from synchub.dialects.synchroteam.users import USER

_FORMS = (
    Form(CUSTOMER, "Customer"),
    Form(SITE, "Site"),
    Form(EQUIPMENT, "Equipment"),
    Form(PART, "Part"),
    Lasting(USER, "User"),
    levels.FORM,
    types.FORM,
    jobs.FORM,
    files.FORM,
    invoices.FORM,
)
FORMS = {each.kind.entity: each for each in _FORMS}
