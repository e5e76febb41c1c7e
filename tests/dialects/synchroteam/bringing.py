"""Records that the API only reads, brought in as a file's lines are: what the endpoint shows, ids included."""

import json
from typing import Any

from tests.dialects.synchroteam.conftest import Field

from synchub import db
from synchub.dialects.synchroteam import sending
from synchub.dialects.synchroteam.kinds import Kind
from synchub.intake.submission import Arrival, Submission, digest_of
from synchub.intake.write import write
from synchub.master import naming


def bring(field: Field, kind: Kind, row: dict[str, Any]) -> int:
    """Store a row; its record.

    Raises:
        Declined: it breaks a rule.
    """
    body = json.dumps(row).encode()
    connection = field.connection()
    arrival = Arrival("synchroteam", connection.id, "IMPORT", kind.entity, body, digest_of(body))
    said = sending.read(kind, connection, row)
    with db.writing(field.hub.engine) as session:
        place = sending.put(session, kind, connection, arrival, said)
        if said.named.id is not None and place.is_new:
            naming.number(session, [(place.copy.id, str(said.named.id))])
        write(session, [Submission(arrival, [sending.write_of(place)], lambda _: {})], field.hub.settings)
        return place.record
