"""Records that the API only reads, imported one by one: a line is what the endpoint shows, ids included."""

import json
from typing import Any

from tests.dialects.synchroteam.conftest import Field

from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import shown_id
from synchub.dialects.synchroteam.kinds import Kind


def bring(field: Field, kind: Kind, row: dict[str, Any]) -> int:
    """Store a row; its record.

    Raises:
        Declined: it is rejected.
    """
    (told,) = field.carry_in(json.dumps(row), entity=kind.entity)
    if told["verdict"] == "rejected":
        raise Declined(told["reason"])
    copies = (copy for copy in field.copies() if copy.entity == kind.entity)
    return next(copy.record_id for copy in copies if shown_id(copy.record_id, copy) == told["id"])
