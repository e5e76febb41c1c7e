"""What the contract tests say in this dialect."""

from typing import Any

from tests.contracts import Contract


def headers(credentials: dict[str, str]) -> dict[str, str]:
    return {"authorization": credentials["token"]}


def is_refusal(body: Any) -> bool:
    return set(body) == {"success", "messages", "code"} and body["success"] is False


CONTRACT = Contract(
    good=b'{"form":"setSite","data":[{"SiteCode":"W1","SiteName":"Main"}]}',
    unreadable=b"no json",
    headers=headers,
    is_refusal=is_refusal,
)
