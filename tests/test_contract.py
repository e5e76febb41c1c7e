"""What every dialect that the registry finds must do, in its own words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from tests.contracts import contract_of
from tests.served import Served, serving

from synchub import dialects
from synchub.db import writing
from synchub.dialects.dialect import Dialect
from synchub.intake.tables import Message
from synchub.master.tables import MasterRecord

SURFACES = [dialect for dialect in dialects.find().values() if dialect.surface is not None]


@pytest.fixture(params=SURFACES, ids=lambda dialect: dialect.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return request.param


@pytest.fixture
def hub(store_url: str, tmp_path: Path) -> Iterator[Served]:
    with serving(store_url, tmp_path) as served:
        yield served


class Partner:
    """A partner that speaks a dialect with the hub."""

    def __init__(self, hub: Served, dialect: Dialect, **said: Any) -> None:
        self.hub, self.path, self.contract = hub, dialect.claims[0].path, contract_of(dialect.name)
        self.headers = self.contract.headers(hub.connect("partner", dialect.name, **said))

    def post(self, content: bytes | None = None, **headers: str) -> httpx.Response:
        """The answer to a body, by default to a good one."""
        body = self.contract.good if content is None else content
        return self.hub.call("POST", self.path, content=body, headers=self.headers | headers)

    def refused(self, answer: httpx.Response, *status: int) -> None:
        """See that the answer refuses in the dialect's words and says which message it is about."""
        assert answer.status_code in status
        assert answer.headers["x-message-id"]
        assert self.contract.is_refusal(answer.json())


@pytest.fixture
def partner(hub: Served, dialect: Dialect) -> Partner:
    return Partner(hub, dialect)


def test_a_good_request_is_stored_and_kept_under_the_id_that_it_is_answered_with(partner):
    answer = partner.post()
    assert answer.status_code == 200
    (message,) = partner.hub.messages()
    assert (str(message.id), message.state) == (answer.headers["x-message-id"], "accepted")
    assert partner.hub.count(MasterRecord) == partner.contract.records


def test_without_credentials_or_with_wrong_ones_nothing_is_kept(partner):
    del partner.headers["authorization"]
    for headers in ({}, {"authorization": "Basic cGFydG5lcjp3cm9uZw=="}, {"authorization": "wrong"}):
        partner.refused(partner.post(**headers), 401)
    assert partner.hub.count(Message) == 0


def test_the_credentials_of_another_dialect_open_nothing(partner, dialect):
    for other in SURFACES:
        if other is not dialect:
            made = partner.hub.connect(other.name, other.name)
            headers = contract_of(other.name).headers(made)
            partner.refused(partner.post(authorization=headers["authorization"]), 401)


def test_a_body_that_cannot_be_read_is_refused_and_kept_for_the_operator(partner):
    partner.refused(partner.post(partner.contract.unreadable), 400)
    assert [message.state for message in partner.hub.messages()] == ["refused"]
    assert partner.hub.count(MasterRecord) == 0


def test_too_large_a_body_is_413(store_url, tmp_path, dialect):
    with serving(store_url, tmp_path, max_body=1024) as hub:
        partner = Partner(hub, dialect)
        partner.refused(partner.post(b"x" * 1025), 413)


def test_a_method_that_the_surface_does_not_know_is_405_in_its_words(partner, dialect):
    for method in {"GET", "PUT", "DELETE", "OPTIONS", "REPORT"} - dialect.claims[0].methods:
        partner.refused(partner.hub.call(method, partner.path), 405)


def test_a_store_that_fails_is_not_acknowledged_and_works_again_afterwards(partner):
    partner.post()
    with writing(partner.hub.engine) as session:
        session.execute(text("ALTER TABLE message RENAME TO elsewhere"))
    answer = partner.post(partner.contract.good + b" ")
    with writing(partner.hub.engine) as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO message"))
    partner.refused(answer, 500, 503)
    assert partner.post(partner.contract.good + b"  ").status_code == 200


def test_a_full_queue_is_503_with_a_time_to_come_again(store_url, tmp_path, dialect):
    with serving(store_url, tmp_path, queue_share=1024, queue_wait=0) as hub:
        partner = Partner(hub, dialect)
        partner.post()
        bodies = [partner.contract.good + b" " * number for number in range(12)]
        answers = hub.together(*(("POST", partner.path, {"content": b, "headers": partner.headers}) for b in bodies))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    for answer in refused:
        partner.refused(answer, 503)
        assert answer.headers["retry-after"].isdecimal()


def test_an_inactive_connection_may_not_come_in(hub, dialect):
    partner = Partner(hub, dialect, active="false")
    partner.refused(partner.post(), 401)


def test_a_connection_with_a_list_of_addresses_may_not_come_from_elsewhere(hub, dialect):
    partner = Partner(hub, dialect, allowed_addresses="192.0.2.0/24")
    partner.refused(partner.post(), 403)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_every_claim_is_a_path_of_the_surface(hub, dialect):
    paths = hub.call("GET", f"/openapi/{dialect.name}.json").json()["paths"]
    calls = [(claim, method.lower()) for claim in dialect.claims for method in claim.methods]
    assert calls
    assert [call for call in calls if (call[1] in paths.get(call[0].path, {})) is call[0].is_page] == []


def test_every_surface_documents_itself_and_its_settings(dialect):
    for field in dialect.settings.model_fields.values():
        assert field.description
    assert dialect.title
    assert dialect.samples is None or dialect.samples("http://hub", dict.fromkeys(dialect.credentials, "x"))
