"""The demo's page: it receives signed webhooks, and shows the latest to a browser."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from synchub import clock

HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Cache-Control": "no-store"}
PAGE = "/demo/webhook"
SHOWN = 50
MOST_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Arrived:
    """One webhook that the demo page received; `fault` says what is wrong with its signature."""

    at: str
    id: str
    fault: str | None
    subject: str
    label: str
    changed: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""


def receiver(secret: str) -> ASGIApp:
    """The page: POST receives a webhook that is signed with `secret`, anything else shows the latest."""
    page = Environment(autoescape=True).from_string(files("synchub").joinpath("demo", "page.html").read_text("utf-8"))
    arrived: deque[Arrived] = deque(maxlen=SHOWN)

    def show() -> Response:
        return HTMLResponse(page.render(arrived=list(arrived)), headers=HEADERS)

    async def receive(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return PlainTextResponse("too large", 413)
        fault = _fault(secret, bytes(body), dict(request.headers))
        arrived.appendleft(_arrived(bytes(body), request.headers.get("webhook-id", ""), fault))
        return PlainTextResponse(fault or "thank you", 401 if fault else 200)

    async def either(scope: Scope, receive_: Receive, send: Send) -> None:
        request = Request(scope, receive_)
        answer = await receive(request) if request.method == "POST" else show()
        await answer(scope, receive_, send)

    return either


def _fault(secret: str, body: bytes, headers: dict[str, str]) -> str | None:
    """What is wrong with a signature; None if it is right."""
    try:
        Webhook(secret).verify(body, headers)
    except (WebhookVerificationError, ValueError) as error:
        return str(error) or "the signature is wrong"
    return None


def _arrived(body: bytes, number: str, fault: str | None) -> Arrived:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    told = document if isinstance(document, dict) else {}
    data = told.get("data")
    data = data if isinstance(data, dict) else {}
    changed = data.get("changed") or data.get("became") or {}
    return Arrived(
        at=clock.iso(clock.now()),
        id=number,
        fault=fault,
        subject=str(told.get("type", "something unreadable")),
        label=" · ".join(str(data[name]) for name in ("code", "label") if data.get(name)),
        changed=changed if isinstance(changed, dict) else {},
        body=json.dumps(document, ensure_ascii=False, indent=2) if told else body.decode(errors="replace"),
    )


def beside(app: ASGIApp, page: ASGIApp) -> ASGIApp:
    """The application with the demo's page at its path."""

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["path"] == PAGE
        await (page if is_page else app)(scope, receive, send)

    return either
