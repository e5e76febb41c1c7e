"""The sender of one server: it makes the calls that a record's form asks for, within one attempt's time."""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from synchub.dialects.synchroteam.client.answers import KEPT, judged
from synchub.dialects.synchroteam.client.forms import Request
from synchub.dialects.synchroteam.client.resources import FORMS
from synchub.dialects.synchroteam.settings import SynchroteamSettings
from synchub.errors import NotFound
from synchub.master.copies import Row
from synchub.master.values import Value
from synchub.outbox.http import NotConnected, OutboundClient, Unanswered
from synchub.outbox.sender import Outcome, Parcel, Verdict

Contents = Callable[[str], bytes]
"""Finds bytes by their SHA-256."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The calls of one attempt, all of which end in time."""

    http: OutboundClient
    root: str
    headers: Mapping[str, str]
    contents: Contents
    end: float

    def __call__(self, request: Request) -> Outcome:
        url, content = self.root + request.path, request.content.encode()
        try:
            left = self.end - time.monotonic()
            outcome = judged(self.http.call(request.method, url, content, self.headers, left), request.accepts)
        except NotConnected as error:
            outcome = Outcome(Verdict.TROUBLE, str(error))
        except Unanswered as error:
            outcome = Outcome(Verdict.UNKNOWN, str(error))
        outcome.request = (request.content or f"{request.method} {request.path}")[:KEPT]
        return outcome

    def content(self, digest: str) -> bytes:
        return self.contents(digest)


def _none(digest: str) -> bytes:
    raise NotFound(f"nobody here has the bytes of {digest}")


class SynchroteamSender:
    """Tells one Synchroteam server."""

    batch = 1

    def __init__(self, settings: SynchroteamSettings, login: str, zone: str, http: OutboundClient) -> None:
        self._root, self._zone, self._http = settings.endpoint, zone, http
        self.contents: Contents = _none
        self._headers = {
            "content-type": "application/json",
            "accept": "application/json",
            "authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
        }

    def told(self, entity: str) -> frozenset[str]:
        return FORMS[entity].told() if entity in FORMS else frozenset()

    def required(self, entity: str) -> Mapping[str, Value]:
        return FORMS[entity].required()

    def gone(self, entity: str) -> Row:  # noqa: ARG002 - a delete has a call of its own
        return {}

    def check(self, parcel: Parcel) -> str | None:
        return FORMS[parcel.entity].check(parcel)

    def together(self, entity: str) -> int:
        return FORMS[entity].together if entity in FORMS else self.batch

    def shape(self, parcel: Parcel) -> None:
        """Records of one kind may go together."""

    def send(self, parcels: Sequence[Parcel], deadline: float) -> Outcome:
        attempt = _Attempt(self._http, self._root, self._headers, self.contents, time.monotonic() + deadline)
        outcome = FORMS[parcels[0].entity].tell(attempt, parcels, self._zone)
        outcome.answer = outcome.answer and outcome.answer[:KEPT]
        return outcome

    def close(self) -> None:
        self._http.close()
