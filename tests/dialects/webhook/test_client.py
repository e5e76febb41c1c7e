"""How a webhook is signed and sent, and what the receiver's answer means."""

import base64
import hashlib
import hmac
import json
import os
import socket

import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from synchub import clock
from synchub.connections.tables import Connection
from synchub.dialects import named
from synchub.dialects.webhook.client import WebhookSettings, judged
from synchub.master.entities import ENTITIES
from synchub.outbox.http import OutboundClient, Response
from synchub.outbox.sender import Parcel, Verdict

SECRET = "whsec_" + base64.b64encode(os.urandom(32)).decode()
OLDER = "whsec_" + base64.b64encode(os.urandom(32)).decode()
PARCEL = Parcel(
    copy=1,
    entity="customer",
    key="C-1",
    their_id=None,
    record=1_000_000_000,
    code="C-1",
    label="Größe & Söhne",
    version=2,
    number=9,
    forced=0,
    exists=True,
    is_new=True,
    sent={"exists": True, "name": "Größe & Söhne"},
    state={"name": "Größe & Söhne"},
)


@pytest.fixture
def make():
    made = []

    def sender(url, secret=SECRET):
        connection = Connection(name="w", settings={"url": url})
        made.append(named("webhook").sender(connection, {"secret": secret}, OutboundClient()))
        return made[-1]

    yield sender
    for each in made:
        each.close()


def test_the_published_library_verifies_what_was_sent(receiver, make):
    outcome = make(receiver.url).send([PARCEL], 5)
    ((headers, body),) = receiver.arrived
    assert (outcome.verdict, outcome.status) == (Verdict.ACCEPTED, 204)
    assert Webhook(SECRET).verify(body, headers)["data"]["fields"] == {"name": "Größe & Söhne"}
    assert headers["webhook-id"] == "rec_1000000000_v2"
    assert headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Webhook(OLDER).verify(body, headers)


def test_the_signature_is_that_of_the_specification(receiver, make):
    make(receiver.url).send([PARCEL], 5)
    ((headers, body),) = receiver.arrived
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"


def test_while_the_secret_is_rotated_both_verify(receiver, make):
    make(receiver.url, f"{SECRET} {OLDER}").send([PARCEL], 5)
    ((headers, body),) = receiver.arrived
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (SECRET, OLDER):
        Webhook(secret).verify(body, headers)


def test_a_change_is_signed_under_its_number(receiver, make):
    change = dict.fromkeys(("record", "code", "version", "connection", "message", "time"), 1)
    outcome = make(receiver.url).send_event(
        change | {"number": 8, "entity": "customer", "said": {}, "became": {"name": [None, "x"]}}, 5
    )
    ((headers, body),) = receiver.arrived
    assert outcome.verdict is Verdict.ACCEPTED
    assert headers["webhook-id"] == "chg_8"
    assert Webhook(SECRET).verify(body, headers)["type"] == "customer.changed"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.ACCEPTED),
        (202, Verdict.ACCEPTED),
        (400, Verdict.REFUSED),
        (409, Verdict.REFUSED),
        (413, Verdict.REFUSED),
        (422, Verdict.REFUSED),
        (301, Verdict.TROUBLE),
        (401, Verdict.TROUBLE),
        (403, Verdict.TROUBLE),
        (404, Verdict.TROUBLE),
        (410, Verdict.TROUBLE),
        (415, Verdict.TROUBLE),
        (429, Verdict.TROUBLE),
        (501, Verdict.TROUBLE),
        (503, Verdict.TROUBLE),
        (500, Verdict.UNKNOWN),
        (502, Verdict.UNKNOWN),
        (504, Verdict.UNKNOWN),
    ],
)
def test_only_a_few_statuses_speak_of_the_record(receiver, make, status, verdict):
    receiver.answer = status
    outcome = make(receiver.url).send([PARCEL], 5)
    assert (outcome.verdict, outcome.status) == (verdict, status)
    assert json.loads(outcome.request)["data"]["key"] == "C-1"
    assert (outcome.reason is None) == (verdict is Verdict.ACCEPTED)


@pytest.mark.parametrize("header", ["5", "Wed, 23 Sep 2026 12:00:05 GMT"])
def test_how_long_the_receiver_asks_us_to_wait(header):
    with clock.replaced(lambda: 1_790_164_800 * clock.SECOND):
        assert judged(Response(429, {"retry-after": header}, b"")).retry_after == 5


def test_a_receiver_that_nobody_runs_is_in_trouble(make):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        outcome = make(f"http://127.0.0.1:{held.getsockname()[1]}/").send([PARCEL], 5)
    assert (outcome.verdict, outcome.status) == (Verdict.TROUBLE, None)


def test_a_receiver_that_hangs_up_leaves_the_outcome_unknown(receiver, make):
    receiver.answer = None
    assert make(receiver.url).send([PARCEL], 5).verdict is Verdict.UNKNOWN


def test_what_is_kept_of_an_attempt_is_bounded_and_holds_no_secret(receiver, make):
    parcel = Parcel(**{name: getattr(PARCEL, name) for name in Parcel.__slots__} | {"state": {"name": "x" * 9000}})
    outcome = make(receiver.url).send([parcel], 5)
    assert len(outcome.request) == 2000
    assert SECRET not in repr(outcome)


def test_every_field_of_every_entity_is_told(make):
    sender = make("http://127.0.0.1:9/")
    assert all(sender.told(entity) == set(made.fields()) for entity, made in ENTITIES.items())
    assert sender.told("unheard of") == frozenset()
    assert (sender.required("load"), sender.gone("load"), sender.check(PARCEL), sender.batch) == ({}, {}, None, 1)


@pytest.mark.parametrize(
    "settings", [{}, {"url": "ftp://x"}, {"url": "http://x", "mode": "all"}, {"url": "http://x", "uri": "y"}]
)
def test_settings_that_cannot_work_are_refused(settings):
    with pytest.raises(ValidationError):
        WebhookSettings.model_validate(settings)


def test_a_webhook_has_the_settings_that_every_target_has():
    made = WebhookSettings.model_validate({"url": "http://x", "key_template": "{key}", "parallel": 2})
    assert (made.key_template, made.parallel) == ("{key}", 2)
