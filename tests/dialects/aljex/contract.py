"""What the contract tests say in this dialect."""

import base64
from typing import Any

from tests.contracts import Contract


def headers(credentials: dict[str, str]) -> dict[str, str]:
    pair = f"{credentials['username']}:{credentials['password']}".encode()
    return {
        "authorization": f"Basic {base64.b64encode(pair).decode()}",
        "content-type": "application/x-www-form-urlencoded",
    }


def is_refusal(body: Any) -> bool:
    return "error" in body


CONTRACT = Contract(
    good=b"web_sync_table_name=salesreps&web_sync_action=create&id=7&name=Kim",
    unreadable=b"nothing",
    headers=headers,
    is_refusal=is_refusal,
)
