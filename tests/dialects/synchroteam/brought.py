"""Records as a connection states them, for what no endpoint takes: jobs with reports, photos."""

import json
from typing import Any

from tests.dialects.synchroteam.conftest import Field
from tests.printing.sheets import image

from synchub import db
from synchub.contents import keeping
from synchub.intake.submission import Arrival, Submission
from synchub.intake.write import write
from synchub.master.convergence import Mode
from synchub.master.writes import Write

REPORT = [
    {"id": 11, "category_id": 1, "category": "Details", "iteration": 0, "item": "Leaks", "value": "none"},
    {"id": 12, "category_id": 2, "category": "Sign Off", "iteration": 0, "item": "Signature", "value": "SIGN_12"},
    {"id": 12, "category_id": 2, "category": "Sign Off", "iteration": 1, "item": "Signature", "value": "SIGN_12"},
    {"id": 13, "category_id": 1, "category": "Details", "iteration": 0, "item": "Burner", "value": ""},
]


def state(field: Field, entity: str, key: str, mode: Mode = Mode.PARTIAL, **fields: Any) -> int:
    """The id of a record of which a field's connection says this; what is no text is spelled."""
    said = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    arrival = Arrival("synchroteam", field.connection().id, "POST", "/", b"", b"")
    with db.writing(field.hub.engine) as session:
        write(session, [Submission(arrival, [Write(entity, key, mode, said)], lambda _: {})], field.hub.settings)
    return next(copy.record_id for copy in field.copies() if (copy.entity, copy.external_key) == (entity, key))


def photo(field: Field, key: str, content: bytes | None = None, **fields: Any) -> int:
    """The id of a photo of the job J-1, unless said."""
    kept = keeping.keep(image("JPEG") if content is None else content, f"{key}.jpg", field.hub.settings)
    usual = {"job_id": "J-1", "file_name": f"{key}.jpg", "media_type": kept.media_type, "content": kept.digest}
    return state(field, "photo", key, **usual | fields)


def job(field: Field, key: str = "J-1", **fields: Any) -> int:
    """The id of a job with something of everything."""
    field.make(myId="C-1", name="Harbour Bakery", address="12 Quay Street, Falls Church")
    state(field, "site", "S-1", name="Oven hall", customer_id="C-1")
    state(field, "equipment", "E-1", name="Deck oven", customer_id="C-1", site_id="S-1")
    worker = state(field, "employee", "ann", login="ann", first_name="Ann", last_name="Smith")
    part = state(field, "item", "N-1", name="Nozzle")
    usual = {
        "job_id": "1_260719144323649",
        "number": 1501,
        "customer_id": "C-1",
        "site_id": "S-1",
        "equipment_id": "E-1",
        "employee_id": "ann",
        "job_type": "Maintenance",
        "description": "The burner was cleaned.",
        "status": 6,
        "scheduled_begin": "2026-07-19T12:43:00Z",
        "scheduled_end": "2026-07-19T14:43:00Z",
        "real_begin": "2026-07-19T12:50:00Z",
        "duration": 47,
        "street": "Pier 3",
        "city": "Falls Church",
        "contact_first_name": "Jean",
        "contact_last_name": "Bell",
        "phone": "555-0100",
        "activities": [{"employee": worker, "begin": "2026-07-19T12:50:00Z", "end": "2026-07-19T13:31:00Z"}],
        "parts": [{"item": part, "reference": "N-1", "quantity": "2.5"}],
        "report": REPORT,
        "other_technicians": ["beth"],
        "custom_fields": [{"id": 5, "name": "sector", "value": "North"}, {"id": 6, "name": "city", "value": ""}],
    }
    return state(field, "job", key, **usual | fields)
