"""What the contract tests say in this dialect."""

import base64
from typing import Any

from tests.contracts import Contract


def headers(credentials: dict[str, str]) -> dict[str, str]:
    pair = f"{credentials['domain']}:{credentials['api_key']}".encode()
    return {"authorization": f"Basic {base64.b64encode(pair).decode()}", "content-type": "application/json"}


def is_refusal(body: Any) -> bool:
    return set(body) == {"code", "message"} and body["code"] == 0 and bool(body["message"])


CONTRACT = Contract(
    good=b'{"myId":"C-1","name":"Harbour Bakery"}',
    unreadable=b"no json",
    headers=headers,
    is_refusal=is_refusal,
)
