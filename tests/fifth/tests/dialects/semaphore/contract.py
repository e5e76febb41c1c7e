"""What the contract tests say in this dialect."""

from typing import Any

from tests.contracts import Contract


def headers(credentials: dict[str, str]) -> dict[str, str]:
    return {"authorization": credentials["token"]}


def is_refusal(body: Any) -> bool:
    return set(body) == {"flag", "why"} and body["flag"] == "lowered" and bool(body["why"])


CONTRACT = Contract(
    good=b'{"flag":"W1","says":"Main"}',
    unreadable=b"no json",
    headers=headers,
    is_refusal=is_refusal,
)
