"""Depots, parts and stock of a field's connection, for tests: depots and requests come only by import."""

from typing import Any

from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.spoken import Spoken

from synchub import db
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.sending import put, read, write_of
from synchub.dialects.synchroteam.stock import DEPOT, STOCK_REQUEST
from synchub.dialects.synchroteam.views import load, matching, shown
from synchub.intake.submission import Arrival, Submission
from synchub.intake.write import write

SOURCE, TARGET = "0f0e0d0c-0b0a-4908-8706-050403020100", "11111111-2222-4333-8444-555555555555"
ORDER = "ABCDEF01-0000-4000-8000-00000000000A"


def carry_in(field: Field, kind: Kind, **row: Any) -> None:
    """Take a row in, as an import does."""
    connection = field.connection()
    said = read(kind, connection, row, nameless=True)
    arrival = Arrival("synchroteam", connection.id, "IMPORT", "/", b"", b"")
    with db.writing(field.hub.engine) as session:
        place = put(session, kind, connection, arrival, said)
        (receipt,) = write(session, [Submission(arrival, [write_of(place)], _told)], field.hub.settings)
    assert receipt.answer["kinds"] != ["rejected"]


def _told(verdicts: Any) -> dict[str, Any]:
    return {"kinds": [verdict.kind.value for verdict in verdicts]}


def carry_out(field: Field, kind: Kind) -> list[dict[str, Any]]:
    """All rows of a kind, as an export gives them."""
    connection = field.connection()
    with db.reading(field.hub.engine) as session:
        ids = matching(session, connection, kind, [])
        every = tuple(kind.made.fields())
        return [shown(connection, kind, seen, every) for seen in load(session, connection, kind, ids)]


def depots(field: Field, **named: str) -> None:
    """Depots by their keys and names."""
    for key, name in named.items():
        carry_in(field, DEPOT, idStock=key, nmStock=name)


def part(field: Field, reference: str, **fields: Any) -> int:
    """The id of a part."""
    row = {"name": reference, "reference": reference, **fields}
    return int(Spoken(field, "json").ask("POST", "Part/Send", row)["code"])


def request(field: Field, **fields: Any) -> None:
    """A request for six pieces of the part H-1, from the main store to the van, unless said."""
    usual = {
        "id": ORDER,
        "source": {"idStock": "MAIN", "nmStock": "Main store"},
        "destination": {"idStock": "VAN", "nmStock": "Van"},
        "part": {"codeProduit": "H-1"},
        "quantity": 6,
    }
    carry_in(field, STOCK_REQUEST, **usual | fields)


def count(field: Field, depot: str, reference: str, quantity: Any, *serials: str) -> Any:
    """The answer to one count."""
    parts = [{"reference": reference, "quantity": quantity, "serials": list(serials)}]
    return Spoken(field, "json").ask("PUT", "Inventory/Quantities", [{"depot": depot, "parts": parts}])


def stock(field: Field, **filters: Any) -> dict[tuple[str, str], Any]:
    """What is in the depots, by depot and reference: the quantity, or with serial numbers both."""
    rows = Spoken(field, "json").ask("GET", "Inventory/Quantities", **filters)
    return {
        (row["depot"], one["reference"]): (one["quantity"], *one["serials"]) if one["serials"] else one["quantity"]
        for row in rows
        for one in row["parts"]
    }
