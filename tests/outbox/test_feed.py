"""The change feed: every change in its order to a target that wants them all."""

import pytest
from tests.outbox.post import OK, REFUSED, TROUBLE, UNKNOWN, Feed

from synchub import db
from synchub.outbox.claim import LEASE
from synchub.outbox.feed import Follower, take_page
from synchub.outbox.sender import EventSender


@pytest.fixture
def feed(hub):
    return hub.aim("B", Feed())


def follow(hub):
    courier = hub.courier("B")
    follower = Follower(courier, courier.sender)
    while follower.carry_next():
        pass


def numbers(feed):
    return [event["number"] for event in feed.events]


def test_a_sender_says_by_its_shape_that_it_can_tell_changes(hub, feed):
    assert isinstance(feed, EventSender)
    assert not isinstance(hub.aim("A"), EventSender)


def test_every_change_is_told_in_order_and_none_is_coalesced(hub, feed):
    hub.say("A", phone="1")
    hub.say("A", phone="2")
    hub.say("C", phone="3")
    follow(hub)
    assert [event["became"]["phone"][1] for event in feed.events] == ["1", "2", "3"]
    assert [event["connection"] for event in feed.events] == ["A", "A", "C"]
    assert numbers(feed) == sorted(numbers(feed))
    assert hub.connection("B").cursor == numbers(feed)[-1]
    follow(hub)
    assert len(feed.events) == 3


def test_a_change_that_changed_nothing_the_target_is_told_is_passed_over(hub, feed):
    hub.setup("B", told={"customer": ["phone"]})
    hub.say("A", phone="1", email="e")
    hub.say("A", email="f")
    hub.say("A", key="I", entity="item", name="i")
    follow(hub)
    (event,) = feed.events
    assert event["became"] == {"phone": [None, "1"], "exists": [None, True]}
    assert set(event["said"]) == {"phone", "exists"}
    assert hub.connection("B").cursor == hub.history()[-1].number


@pytest.mark.parametrize("outcome", [TROUBLE, UNKNOWN])
def test_trouble_backs_off_and_the_same_change_comes_again(hub, feed, outcome):
    feed.answers = [OK, outcome]
    for phone in "123":
        hub.say("A", phone=phone)
    follow(hub)
    assert len(feed.events) == 2
    follow(hub)
    assert len(feed.events) == 2
    hub.wait(1)
    follow(hub)
    assert [event["became"]["phone"][1] for event in feed.events] == ["1", "2", "2", "3"]
    assert hub.connection("B").backoff_count == 0


def test_a_refused_change_is_shown_as_parked_and_the_feed_goes_on(hub, feed):
    feed.answers = [REFUSED, OK, ValueError("bug"), REFUSED]
    for phone in "1234":
        hub.say("A", phone=phone)
    follow(hub)
    assert len(feed.events) == 4
    (parked,) = hub.deliveries()
    assert (parked.state, parked.last_error, parked.wanted) == ("parked", "unfit", numbers(feed)[3])
    assert [attempt.copies for attempt in hub.attempts()] == [[parked.copy_id], [], [parked.copy_id], [parked.copy_id]]


def test_the_state_of_a_record_whose_change_was_refused_may_be_sent_instead(hub, feed):
    feed.answers = [REFUSED]
    hub.say("A", phone="1")
    follow(hub)
    hub.wait(1)
    with db.writing(hub.engine) as session:
        for row in hub.deliveries():
            row.state = "waiting"
            session.merge(row)
    hub.courier("B").carry_next()
    assert feed.sent == [{"phone": "1", "exists": True}]


def test_only_one_worker_follows_at_a_time(hub, feed):
    hub.say("A", phone="1")
    connection = hub.connection("B")
    page = db.retrying(hub.engine, lambda session: take_page(session, connection, hub.now))
    assert page is not None
    follow(hub)
    assert feed.events == []
    hub.now += LEASE
    follow(hub)
    assert len(feed.events) == 1


def test_a_follower_whose_lease_was_taken_over_moves_nothing(hub, feed):
    hub.say("A", phone="1")
    connection = hub.connection("B")

    class Slow(Feed):
        def send_event(self, event, deadline):
            hub.now += LEASE
            assert db.retrying(hub.engine, lambda session: take_page(session, connection, hub.now)) is not None
            return OK

    courier = hub.courier("B")
    Follower(courier, Slow()).carry_next()
    assert hub.connection("B").cursor == 0
    assert hub.attempts() == []


def test_a_paused_target_follows_nothing(hub, feed):
    hub.setup("B", paused=True)
    hub.say("A", phone="1")
    follow(hub)
    assert feed.events == []
