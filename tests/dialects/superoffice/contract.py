"""What the contract tests say in this dialect."""

import base64
from typing import Any

from tests.contracts import Contract


def headers(credentials: dict[str, str]) -> dict[str, str]:
    pair = f"{credentials['username']}:{credentials['password']}".encode()
    return {"authorization": f"Basic {base64.b64encode(pair).decode()}", "content-type": "application/json"}


def is_refusal(body: Any) -> bool:
    return (
        set(body) == {"Error", "ErrorType", "ErrorMessage", "Message", "MessageDetail", "ErrorSource"}
        and body["Error"] is True
        and body["ErrorMessage"] == body["Message"]
    )


CONTRACT = Contract(
    good=b'{"ErpConnectionId": 0, "InternalKeyIds": []' + b" " * 300 + b"}",
    unreadable=b"no json",
    headers=headers,
    is_refusal=is_refusal,
    records=0,
)
