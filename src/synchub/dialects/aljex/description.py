"""What the OpenAPI document says of the operation, in the words of the vendor's document."""

from typing import Any

from fastapi.security.http import HTTPBase

from synchub.dialects.aljex.rows import ACTIONS
from synchub.dialects.aljex.tables import TABLES

LOGIN = HTTPBase(
    scheme="basic", scheme_name="basic", description="the connection's user name and password", auto_error=False
)
"""How a partner proves itself; `access` looks at the header itself."""
REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "One record: two constant parameters, and one for each field of the record. Names are "
        "matched in any letter case; values are UTF-8, or else cp1252. A field that is absent is blank.",
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["web_sync_table_name", "web_sync_action"],
                    "properties": {
                        "web_sync_table_name": {
                            "type": "string",
                            "description": f"{', '.join(TABLES)}, or the name of any other table",
                        },
                        "web_sync_action": {"type": "string", "enum": ACTIONS},
                        "id": {"type": "string", "description": "what identifies the record in most tables"},
                    },
                    "additionalProperties": {"type": "string"},
                },
                "example": {
                    "web_sync_table_name": "employees",
                    "web_sync_action": "update",
                    "id": "demo",
                    "name": "Night Desk",
                    "status": "good",
                },
            }
        },
    },
}


def _answer(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties)[:1]}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


TEXT: dict[str, Any] = {"type": "string"}
RESULTS = ["created", "updated", "deleted", "unchanged", "superseded", "quarantined", "rejected"]
ERROR: dict[str, Any] = {"error": TEXT}

RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answer(
        "Kept; `reason` says why a record is quarantined.", {"result": {"enum": RESULTS}, "reason": TEXT, "id": TEXT}
    ),
    400: _answer("The table or the action is missing.", ERROR | {"id": TEXT}),
    401: _answer("No user name and password, or wrong ones.", ERROR),
    403: _answer("The address is not on the connection's list.", ERROR),
    405: _answer("Another method than POST.", ERROR),
    413: _answer("8 MiB or 20,000 parameters, or more of them.", ERROR),
    429: _answer("Too many requests.", ERROR),
    500: _answer("The hub failed; nothing was stored.", ERROR),
    503: _answer("Not stored now; Retry-After says when to send it again.", ERROR),
}
