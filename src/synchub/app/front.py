"""The front: one ASGI application before all surfaces.

It picks the dialect by the paths that each claims, in any letter case over the undecoded path, with an optional
trailing slash and an optional leading segment, which goes into root_path. It gives every request its message id and
answers with it, says who is calling when proxies stand between, and writes one line per request. A claim that insists
on its letter case goes before those that do not.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote, unquote_to_bytes

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from synchub.app.logs import REQUESTS, TOLD
from synchub.app.proxies import caller
from synchub.dialects.dialect import Claim
from synchub.errors import Interrupted, SynchubError
from synchub.intake.submission import new_message_id

Segments = tuple[str, ...]
_PLACEHOLDER = "{"
MESSAGE_ID = b"x-message-id"
STOPPING = "the hub is stopping: it may or may not have stored this, please send it again"

log = logging.getLogger(REQUESTS)


class Paths:
    """Which application answers at which path; `places` are claims with the application that made them."""

    def __init__(self, places: Iterable[tuple[Claim, ASGIApp]]) -> None:
        self._spelled: dict[Segments, list[tuple[Claim, ASGIApp]]] = {}
        self._exact: dict[Segments, list[tuple[Claim, ASGIApp]]] = {}
        self._below: dict[Segments, list[tuple[Claim, ASGIApp]]] = {}
        self._open: dict[Segments, list[tuple[Claim, ASGIApp]]] = {}
        for claim, app in places:
            if claim.exact_case:
                self._spelled.setdefault(_segments(claim.path), []).append((claim, app))
                continue
            if _PLACEHOLDER in claim.path:
                self._open.setdefault(_segments(claim.path), []).append((claim, app))
                continue
            within = self._below if claim.path.endswith("/*") else self._exact
            within.setdefault(_segments(claim.path.removesuffix("/*").lower()), []).append((claim, app))

    def find(self, method: str, raw_path: str) -> tuple[ASGIApp, str, str] | None:
        """The application for a request, its root_path, and the path below that; None if nobody claims it."""
        given = _segments(raw_path)
        plain = tuple(_unquoted(segment) for segment in given)
        for lead in (0, 1):
            root = "".join(f"/{segment}" for segment in given[:lead])
            if (found := self._match(method, plain[lead:])) is not None:
                return found[0], root, found[1]
        return None

    def _match(self, method: str, plain: Segments) -> tuple[ASGIApp, str] | None:
        folded = tuple(segment.lower() for segment in plain)
        if claims := self._spelled.get(plain) or self._exact.get(folded):
            claim, app = _of_method(claims, method)
            return app, claim.path
        for pattern, claims in self._open.items():
            if _fits(pattern, folded):
                claim, app = _of_method(claims, method)
                return app, "/".join(("", *map(_filled, pattern, plain)))
        for depth in range(len(folded) - 1, 0, -1):
            if claims := self._below.get(folded[:depth]):
                claim, app = _of_method(claims, method)
                return app, "/".join((claim.path.removesuffix("/*"), *plain[depth:]))
        return None


def _fits(pattern: Segments, folded: Segments) -> bool:
    return len(pattern) == len(folded) and all(
        part.startswith(_PLACEHOLDER) or part.lower() == given for part, given in zip(pattern, folded, strict=True)
    )


def _filled(part: str, given: str) -> str:
    """A segment as it is handed on: spelled as claimed, or what a placeholder matches, which may hold a slash."""
    return quote(given, safe="") if part.startswith(_PLACEHOLDER) else part


def _segments(path: str) -> Segments:
    return tuple(path.removeprefix("/").removesuffix("/").split("/"))


def _unquoted(segment: str) -> str:
    return unquote_to_bytes(segment).decode(errors="replace")


def _of_method(claims: Sequence[tuple[Claim, ASGIApp]], method: str) -> tuple[Claim, ASGIApp]:
    """The claim that names the method, else the first: its application refuses the method in its own words."""
    return next((place for place in claims if method in place[0].methods), claims[0])


class Front:
    """Hands each request to the application that claims its path, and all else to `rest`; `life` runs the process."""

    def __init__(
        self,
        paths: Paths,
        rest: ASGIApp,
        life: Callable[[Receive, Send], Awaitable[None]],
        proxies: Sequence[str],
        quiet: frozenset[str],
    ) -> None:
        self._paths, self._rest, self._life, self._proxies, self._quiet = paths, rest, life, proxies, quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._life(receive, send)
        elif scope["type"] == "http":
            await self._answer(self._introduced(scope), receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    def _introduced(self, scope: Scope) -> Scope:
        """The request with its message id and its caller's address."""
        state = {**scope.get("state", {}), "message_id": new_message_id()}
        peer, port = scope.get("client") or ("", 0)
        if self._proxies:
            lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
            peer = caller(peer, lines, self._proxies)
        return {**scope, "state": state, "client": (peer, port)}

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.monotonic()
        answer = _Answer(send, str(scope["state"]["message_id"]).encode())
        try:
            await self._hand_on(scope, receive, answer)
        except asyncio.CancelledError:  # the server stops, and waited for this request as long as it may
            if answer.status is None:
                await self._interrupted(scope)(scope, receive, answer)
        except Exception:
            log.exception("a request failed", extra={"id": str(scope["state"]["message_id"])})
            if answer.status is None:
                await JSONResponse({"error": "the hub failed; its log says why"}, 500)(scope, receive, answer)
        if scope["path"] not in self._quiet:
            log.info("request", extra=_told(scope, answer.status, begun))

    def _interrupted(self, scope: Scope) -> Response:
        """The answer to a request that a stop cut off, in its dialect's words if it has such."""
        error, found = Interrupted(STOPPING), self._find(scope)
        handlers = found[0].exception_handlers if found and isinstance(found[0], FastAPI) else {}
        if SynchubError in handlers:
            return cast(Response, handlers[SynchubError](Request(scope), error))
        return JSONResponse({"error": STOPPING}, error.status, {"Retry-After": str(error.retry_after)})

    def _find(self, scope: Scope) -> tuple[ASGIApp, str, str] | None:
        raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
        return self._paths.find(scope["method"], raw_path)

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._find(scope)
        if found is None:
            await self._rest(scope, receive, send)
            return
        app, root, path = found
        root = scope.get("root_path", "") + root
        await app({**scope, "root_path": root, "path": root + path}, receive, send)


class _Answer:
    """Sends an answer on, with the message id on it, and remembers its status."""

    def __init__(self, send: Send, message_id: bytes) -> None:
        self._send, self._id = send, message_id
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            headers = [header for header in message.get("headers", ()) if header[0].lower() != MESSAGE_ID]
            message = {**message, "headers": [*headers, (MESSAGE_ID, self._id)]}
        await self._send(message)


def _told(scope: Scope, status: int | None, begun: float) -> Mapping[str, Any]:
    """What the log says of a request: never a header, a query or a body, where credentials stand.

    An application whose path is a secret says in `state.path` what is told in its place.
    """
    state, taken = scope["state"], round((time.monotonic() - begun) * 1000, 1)
    path = state.get("path", scope["path"])
    said = (str(state["message_id"]), state.get("connection"), scope["client"][0], scope["method"], path, status, taken)
    return dict(zip(TOLD, said, strict=True))
