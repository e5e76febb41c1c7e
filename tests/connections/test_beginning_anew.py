"""What a target is sent after its own options changed."""

import pytest
from tests.connections.desk import ENTITIES, TOKEN
from tests.outbox.post import Feed, post
from tests.outbox.test_feed import follow

from synchub.connections import options, registry
from synchub.connections.credentials import Vault
from synchub.db import writing


@pytest.fixture
def hub(engine):
    with post(engine) as made:
        made.join("A", "B")
        yield made


def change(hub, **said):
    wish = options.read(TOKEN, ENTITIES, said)
    with writing(hub.engine) as session:
        registry.change(session, Vault(""), TOKEN, registry.get(session, "B"), wish)


@pytest.mark.parametrize("said", [{"parallel": "2"}, {"url": "http://127.0.0.1:2"}, {"told": "customer:name+phone"}])
def test_a_follower_of_the_feed_is_told_no_change_twice(hub, said):
    feed = hub.aim("B", Feed())
    change(hub, mode="changes")
    for phone in ("1", "2"):
        hub.say("A", phone=phone)
    follow(hub)
    change(hub, **said)
    hub.say("A", phone="3")
    follow(hub)
    assert [event["became"]["phone"][1] for event in feed.events] == ["1", "2", "3"]


def test_a_target_that_is_told_more_is_sent_what_it_lacks_and_no_more(hub):
    target = hub.aim("B")
    change(hub, told="customer:name")
    hub.say("A", name="n", phone="1")
    hub.carry()
    change(hub, told="customer:name+phone")
    hub.carry()
    change(hub, parallel="2", key_template="{key}")
    hub.carry()
    assert target.sent == [{"name": "n", "exists": True}, {"phone": "1", "exists": True}]
