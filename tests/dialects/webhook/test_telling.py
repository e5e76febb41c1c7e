"""Webhooks told by the real worker, on both databases."""

import json
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from synchub import clock, db
from synchub.config import Settings
from synchub.connections import options, registry
from synchub.connections.credentials import Vault
from synchub.connections.directory import Directory
from synchub.connections.rotation import rotate
from synchub.connections.tables import Connection
from synchub.dialects import named
from synchub.master import store
from synchub.master.convergence import Mode
from synchub.master.entities import ENTITIES
from synchub.master.writes import Batch, Write
from synchub.outbox.worker import Worker

KEY = "a key of thirty-two characters, or more"
SPEAKER = 7


@pytest.fixture
def speaks(engine):
    """A partner that says one thing after the other."""
    with db.writing(engine) as session:
        session.add(Connection(id=SPEAKER, name="erp", dialect="test", guid=uuid4(), created_at=clock.now()))

    def say(mode=Mode.PARTIAL, **fields):
        with db.writing(engine) as session:
            store.apply(session, [Batch(SPEAKER, uuid4(), [Write("customer", "C1", mode, fields)])])

    return say


@pytest.fixture
def told(engine, receiver, tmp_path: Path):
    """Tells the receiver what is in the store, until the block ends."""

    @contextmanager
    def telling(**wishes):
        kind = named("webhook")
        entities = {entity: made.fields() for entity, made in ENTITIES.items()}
        wish = options.read(kind, entities, {"url": receiver.url, **wishes})
        with db.writing(engine) as session:
            _, credentials = registry.add(session, Vault(KEY), kind, "hook", wish)
        settings = Settings(_env_file=None, data_dir=tmp_path / "data", echo_window=0)
        worker = Worker(engine, Directory(engine, KEY), settings, {"webhook": kind.sender})
        worker.start()
        try:
            yield lambda count: [
                Webhook(credentials["secret"]).verify(body, headers) | {"id": headers["webhook-id"]}
                for headers, body in receiver.wait_for(count)
            ]
        finally:
            worker.stop(20)

    return telling


def test_a_record_is_told_as_it_becomes(speaks, told):
    speaks(name="Grocer", phone="5550100")
    with told() as arrived:
        (created,) = arrived(1)
        speaks(phone=None)
        updated = arrived(2)[1]
        speaks(Mode.DELETE)
        deleted = arrived(3)[2]
    assert [event["type"] for event in (created, updated, deleted)] == [
        "customer.created",
        "customer.updated",
        "customer.deleted",
    ]
    assert created["data"]["fields"] == created["data"]["changed"] == {"name": "Grocer", "phone": "5550100"}
    assert (created["data"]["key"], created["data"]["code"], created["data"]["label"]) == ("C1", "C1", "Grocer")
    assert (updated["data"]["fields"], updated["data"]["changed"]) == ({"name": "Grocer"}, {"phone": None})
    assert deleted["data"]["exists"] is False
    record = created["data"]["record"]
    assert [event["id"] for event in (created, updated, deleted)] == [f"rec_{record}_v{step}" for step in (1, 2, 3)]


def test_states_coalesce(speaks, told):
    for name in ("a", "b", "c"):
        speaks(name=name)
    with told() as arrived:
        (event,) = arrived(1)
    assert (event["type"], event["data"]["version"], event["data"]["fields"]) == ("customer.created", 3, {"name": "c"})


def test_changes_come_each_one_and_in_order(speaks, told):
    for name in ("a", "b", "c"):
        speaks(name=name)
    with told(mode="changes") as arrived:
        events = arrived(3)
    assert [event["data"]["became"]["name"]["after"] for event in events] == ["a", "b", "c"]
    assert [event["data"]["said"]["name"]["before"] for event in events] == [None, "a", "b"]
    assert [event["id"] for event in events] == [f"chg_{event['data']['number']}" for event in events]
    assert {event["type"] for event in events} == {"customer.changed"}
    assert {event["data"]["connection"] for event in events} == {"erp"}


def test_only_the_fields_that_are_told_are_told(speaks, told):
    speaks(name="Grocer", bank_account="4711")
    with told(told="customer:name+phone") as arrived:
        (event,) = arrived(1)
    assert "4711" not in json.dumps(event)
    assert event["data"]["fields"] == {"name": "Grocer"}


def test_both_secrets_sign_while_one_replaces_the_other(engine, speaks, told, receiver):
    kind = named("webhook")
    with told() as arrived:
        speaks(name="a")
        arrived(1)
        with db.writing(engine) as session:
            new = rotate(session, Vault(KEY), kind, registry.get(session, "hook"), given={})
        step = 1
        while len(receiver.arrived[-1][0]["webhook-signature"].split()) < 2:
            step += 1
            speaks(name=f"b{step}")
            arrived(step)
    headers, body = receiver.arrived[-1]
    Webhook(new["secret"]).verify(body, headers)
