"""How a webhook is sent: JSON, signed after the Standard Webhooks specification (standardwebhooks.com).

A receiver that says nothing about the record (no connection, wrong credentials, busy) is in trouble; one that
says that the record is unfit has refused it; where nobody knows whether it was taken, it is sent again under the
same id.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal

from pydantic import Field, field_validator
from standardwebhooks import Webhook

from synchub import clock
from synchub.connections.tables import Connection
from synchub.dialects.webhook.wire import Event, change_event, state_event
from synchub.master.copies import Row
from synchub.master.entities import ENTITIES
from synchub.master.values import Value
from synchub.outbox.http import NotConnected, OutboundClient, Response, Unanswered
from synchub.outbox.sender import FeedEvent, Outcome, Parcel, TargetSettings, Verdict

ABOUT_THE_RECORD = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
NOTHING_TAKEN = {HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.SERVICE_UNAVAILABLE}
KEPT = 2000
"""The characters of a request and of an answer that are kept with the attempt."""


class WebhookSettings(TargetSettings, extra="forbid"):
    """What one webhook is set to."""

    url: str = Field(description="where the webhooks are sent, http:// or https://")
    mode: Literal["state", "changes"] = Field(
        "state", description="state: each record as it is now; changes: every change, in order"
    )

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if not value.lower().startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value


class WebhookSender:
    """Tells one webhook's receiver."""

    batch = 1

    def __init__(self, settings: WebhookSettings, secrets: Sequence[str], http: OutboundClient) -> None:
        self.follows = settings.mode == "changes"
        self._url, self._http = settings.url, http
        self._signers = [Webhook(secret) for secret in secrets]

    def told(self, entity: str) -> frozenset[str]:
        return frozenset(ENTITIES[entity].fields()) if entity in ENTITIES else frozenset()

    def required(self, entity: str) -> Mapping[str, Value]:  # noqa: ARG002 - a webhook has no form that could require
        return {}

    def gone(self, entity: str) -> Row:  # noqa: ARG002 - a tombstone says nothing but that it is one
        return {}

    def check(self, parcel: Parcel) -> str | None:  # noqa: ARG002 - JSON holds every record
        return None

    def shape(self, parcel: Parcel) -> None:
        """A call carries one record."""

    def send(self, parcels: Sequence[Parcel], deadline: float) -> Outcome:
        (parcel,) = parcels
        return self._post(state_event(parcel), deadline)

    def send_event(self, event: FeedEvent, deadline: float) -> Outcome:
        """One row of the change feed, told in its order by whoever follows the feed."""
        return self._post(change_event(event), deadline)

    def close(self) -> None:
        self._http.close()

    def _post(self, event: Event, deadline: float) -> Outcome:
        content = json.dumps(event.document, ensure_ascii=False, separators=(",", ":"))
        headers = {"content-type": "application/json", **self._signature(event.id, content)}
        try:
            answer = self._http.post(self._url, content.encode(), headers, deadline)
        except NotConnected as error:
            return Outcome(Verdict.TROUBLE, reason=str(error), request=content[:KEPT])
        except Unanswered as error:
            return Outcome(Verdict.UNKNOWN, reason=str(error), request=content[:KEPT])
        outcome = judged(answer)
        outcome.request = content[:KEPT]
        return outcome

    def _signature(self, event: str, content: str) -> dict[str, str]:
        moment = datetime.fromtimestamp(clock.now() // clock.SECOND, UTC)
        return {
            "webhook-id": event,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signer.sign(event, moment, content) for signer in self._signers),
        }


def judged(answer: Response) -> Outcome:
    """What a receiver's answer means; only a few statuses speak of the record that was sent.

    After a server's fault other than "not now" nobody knows whether the webhook was taken.
    """
    text = answer.body[:KEPT].decode(errors="replace")
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome(Verdict.ACCEPTED, status=answer.status, answer=text)
    verdict = Verdict.TROUBLE
    if answer.status in ABOUT_THE_RECORD:
        verdict = Verdict.REFUSED
    elif answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and answer.status not in NOTHING_TAKEN:
        verdict = Verdict.UNKNOWN
    reason = f"the receiver answered {answer.status}"
    return Outcome(verdict, reason, answer.status, answer.retry_after, text)


def make_sender(connection: Connection, secrets: Mapping[str, str], http: OutboundClient) -> WebhookSender:
    """The sender of a connection; while its secret is being rotated, new and old stand with a blank between."""
    settings = WebhookSettings.model_validate(connection.settings)
    return WebhookSender(settings, secrets["secret"].split(), http)
