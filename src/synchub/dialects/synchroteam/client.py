"""How a Synchroteam server is told: Customer/Send or Customer/Delete, one customer a call.

A create carries the key that we reserved as its `myId`; the id that the server answers is kept and sent from then on.
"""

import base64
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from synchub import clock
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.ids import kept, said_id
from synchub.dialects.synchroteam.settings import SynchroteamSettings
from synchub.dialects.synchroteam.wire import CustomerRow
from synchub.dialects.wire import faults_of
from synchub.errors import Misconfigured
from synchub.master.copies import EXISTS, Row
from synchub.master.values import Value
from synchub.outbox.http import NotConnected, OutboundClient, Response, Unanswered
from synchub.outbox.sender import Outcome, Parcel, Verdict

ENTITY = CUSTOMER.entity
NAMELESS = "name is required"
API_KEY = "target_api_key"
KEPT = 2000
"""The characters of a request and of an answer that are kept with the attempt."""
ABOUT_THE_RECORD = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
)
UNKNOWN = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
"""A server, or one before it, that failed on the way: nobody knows what it stored."""
TOGETHER = ({"latitude", "longitude"},)
"""Fields that make one word of the vendor, so that each is sent with the others."""


class SynchroteamSender:
    """Tells one Synchroteam server."""

    batch = 1

    def __init__(self, settings: SynchroteamSettings, login: str, http: OutboundClient) -> None:
        self._root, self._http = settings.endpoint, http
        self._headers = {
            "content-type": "application/json",
            "accept": "application/json",
            "authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
        }

    def told(self, entity: str) -> frozenset[str]:
        return frozenset(CustomerRow.columns) if entity == ENTITY else frozenset()

    def required(self, entity: str) -> Mapping[str, Value]:  # noqa: ARG002 - it tells of customers alone
        return {"name": None}

    def gone(self, entity: str) -> Row:  # noqa: ARG002 - as above: a delete has a call of its own
        return {}

    def check(self, parcel: Parcel) -> str | None:
        if not parcel.exists:
            return None
        try:
            row = _row(parcel)
        except ValidationError as error:
            return "; ".join(f"{fault.word} {fault.rule}" for fault in faults_of(error))
        return None if row.name else NAMELESS

    def shape(self, parcel: Parcel) -> None:
        """A call carries one record."""

    def send(self, parcels: Sequence[Parcel], deadline: float) -> Outcome:
        (parcel,) = parcels
        end = time.monotonic() + deadline
        if parcel.exists:
            return self._call(parcel, _send(parcel), deadline)
        outcome = self._call(parcel, _delete(parcel), deadline)
        if outcome.verdict is not Verdict.ACCEPTED or _id(parcel) is None or _read(str(outcome.answer).encode())[0]:
            return outcome
        again = replace(parcel, their_id=None)  # it may have been made again there, under another id
        return self._call(again, _delete(again), end - time.monotonic())

    def _call(self, parcel: Parcel, request: tuple[str, str, str], deadline: float) -> Outcome:
        method, path, content = request
        try:
            answer = self._http.call(method, self._root + path, content.encode(), self._headers, deadline)
            outcome = judged(answer, parcel)
        except NotConnected as error:
            outcome = Outcome(Verdict.TROUBLE, str(error))
        except Unanswered as error:
            outcome = Outcome(Verdict.UNKNOWN, str(error))
        outcome.request = (content or f"{method} {path}")[:KEPT]
        return outcome

    def close(self) -> None:
        self._http.close()


def _row(parcel: Parcel) -> CustomerRow:
    """The row of a parcel.

    Raises:
        ValidationError: it breaks a rule of the wire.
    """
    sent = {name: value for name, value in parcel.sent.items() if name != EXISTS}
    for fields in TOGETHER:
        if fields & sent.keys():
            sent |= {name: parcel.state.get(name) for name in fields}
    return CustomerRow.of_image(parcel.key, sent)


def _send(parcel: Parcel) -> tuple[str, str, str]:
    row = _row(parcel).dump()
    if (number := _id(parcel)) is not None:
        row = {"id": number, **row}
    return "POST", "/Customer/Send", json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _delete(parcel: Parcel) -> tuple[str, str, str]:
    number = _id(parcel)
    selector = f"myId={quote(parcel.key, safe='')}" if number is None else f"id={number}"
    return "DELETE", f"/Customer/Delete?{selector}", ""


def _id(parcel: Parcel) -> int | None:
    """The server's own id, once it has answered one."""
    return said_id(parcel.their_id)


def judged(answer: Response, parcel: Parcel) -> Outcome:
    """What a server's answer means: code 0 to a row says that it was refused, to a delete that nothing was there."""
    text = answer.body[:KEPT].decode(errors="replace")
    code, told = _read(answer.body)
    if answer.status == HTTPStatus.OK and code is not None:
        if code > 0 or not parcel.exists:
            ids = {parcel.copy: kept(code)} if parcel.exists and code != _id(parcel) else {}
            return Outcome(Verdict.ACCEPTED, None, answer.status, None, text, their_ids=ids)
        return Outcome(Verdict.REFUSED, f"answered code 0: {told}", answer.status, answer=text)
    reason = f"answered {answer.status}: {told}"
    missed = answer.status == HTTPStatus.NOT_FOUND and code is not None and not parcel.exists
    if answer.status in ABOUT_THE_RECORD or missed:
        return Outcome(Verdict.REFUSED, reason, answer.status, answer=text)
    if answer.status in UNKNOWN or HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome(Verdict.UNKNOWN, reason, answer.status, answer=text)
    return Outcome(Verdict.TROUBLE, reason, answer.status, _wait(answer), text)


def _read(body: bytes) -> tuple[int | None, str]:
    """The code of an answer, None if it has none; and what it says."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return None, "no answer of this API"
    members: dict[str, Any] = {str(name).lower(): value for name, value in document.items()}
    code, told = str(members.get("code", "")).strip(), str(members.get("message") or "no reason given")[:500]
    return (int(code) if code.isascii() and code.isdecimal() and len(code) <= 18 else None), told  # noqa: PLR2004 - of 64 bits


def _wait(answer: Response) -> float | None:
    """The seconds that the server asks us to wait: Retry-After, or the moment in X-RateLimit-Reset."""
    if answer.retry_after is not None:
        return answer.retry_after
    reset = answer.headers.get("x-ratelimit-reset", "").strip()
    return max(0.0, float(reset) - clock.now() / clock.SECOND) if reset.isascii() and reset.isdecimal() else None


def make_sender(connection: Connection, secrets: Mapping[str, str], http: OutboundClient) -> SynchroteamSender:
    """The sender of a connection; while its key is being rotated the newer one is used.

    Raises:
        Misconfigured: the connection has no domain or no key for the server.
    """
    settings = SynchroteamSettings.model_validate(connection.settings)
    keys = secrets.get(API_KEY, "").split()
    if not settings.target_domain or not keys:
        raise Misconfigured(
            f"connection '{connection.name}' has no target_domain or no {API_KEY}: set both with "
            f"'synchub connection change {connection.name} --set KEY=VALUE'"
        )
    return SynchroteamSender(settings, f"{settings.target_domain}:{keys[0]}", http)
