"""What a server's answers mean. Each endpoint has its own envelope: `code` is an id, a number, a count or a flag.

The text of a refusal is called `message`, `msg` or `errors`, and the code of an attachment `result` (ERR-1, ATT-1).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from synchub import clock
from synchub.outbox.http import Response
from synchub.outbox.sender import Outcome, Verdict

KEPT = 2000
"""The characters of a request and of an answer that are kept with the attempt."""
ABOUT_THE_RECORD = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
)
UNKNOWN = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
"""A server, or one before it, that failed on the way: nobody knows what it stored."""
_TEXTS = ("message", "msg", "errors")
_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the API: its code, None if it has none; what it says; and its `data`."""

    code: int | None = None
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, body: bytes) -> "Answer":
        """What a body says; nothing where it is no answer of this API."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(document, dict):
            return cls()
        members = {str(name).lower(): value for name, value in document.items()}
        code = str(members.get("code", members.get("result", ""))).strip()
        data = members.get("data")
        return cls(
            int(code) if code.isascii() and code.isdecimal() and len(code) <= _DIGITS else None,
            next((text for name in _TEXTS if (text := _spelled(members.get(name)))), ""),
            data if isinstance(data, dict) else {},
        )


def _spelled(value: Any) -> str:
    """A text, or the JSON of a list of faults."""
    if value is None or value == []:
        return ""
    return str(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:500].strip()


Accepts = Callable[[Answer], bool]
"""Whether an answer says that what was asked for is done."""


def by_code(answer: Answer) -> bool:
    """As most say it: a code above 0."""
    return bool(answer.code)


def anyhow(_answer: Answer) -> bool:
    """As deletes are answered: a code of 0 says that nothing was there."""
    return True


def judged(response: Response, accepts: Accepts = by_code) -> Outcome:
    """How a call ended, with the whole answer."""
    text = response.body.decode(errors="replace")
    answer = Answer.of(response.body)
    if response.status == HTTPStatus.OK and answer.code is not None:
        if accepts(answer):
            return Outcome(Verdict.ACCEPTED, None, response.status, None, text)
        why = answer.text or "no reason given"
        return Outcome(Verdict.REFUSED, f"answered code {answer.code}: {why}", response.status, answer=text)
    why = answer.text if answer.code is not None else "no answer of this API"
    reason = f"answered {response.status}: {why or 'no reason given'}"
    missed = response.status == HTTPStatus.NOT_FOUND and answer.code is not None and accepts is anyhow
    if response.status in ABOUT_THE_RECORD or missed:
        return Outcome(Verdict.REFUSED, reason, response.status, answer=text)
    if response.status in UNKNOWN or HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome(Verdict.UNKNOWN, reason, response.status, answer=text)
    return Outcome(Verdict.TROUBLE, reason, response.status, _wait(response), text)


def _wait(response: Response) -> float | None:
    """The seconds that the server asks us to wait: Retry-After, or the moment in X-RateLimit-Reset."""
    if response.retry_after is not None:
        return response.retry_after
    reset = response.headers.get("x-ratelimit-reset", "").strip()
    return max(0.0, float(reset) - clock.now() / clock.SECOND) if reset.isascii() and reset.isdecimal() else None
