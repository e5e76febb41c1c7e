"""Who is told what when a partner's word weighs something else from now on."""

from tests.master.rules import change_rules, weigh
from tests.outbox.post import Feed
from tests.outbox.test_feed import follow


def test_the_loser_by_the_new_rules_is_told_and_nobody_else(hub):
    hub.say("A", phone="1")
    hub.say("B", phone="2")
    for name in "ABC":
        hub.aim(name)
    hub.carry()
    assert [hub.targets[name].sent for name in "AB"] == [[{"phone": "2", "exists": True}], []]
    hub.wait()
    change_rules(hub, "A", rank=5)
    weigh(hub)
    hub.carry()
    assert [hub.targets[name].sent[-1] for name in "ABC"] == [{"phone": "1", "exists": True}] * 3
    assert [len(hub.targets[name].sent) for name in "ABC"] == [2, 1, 2]


def test_the_author_of_the_new_winner_is_not_called_if_it_holds_that(hub):
    hub.say("A", phone="1")
    hub.aim("B")
    hub.say("B", phone="2")
    hub.aim("A")
    change_rules(hub, "A", rank=5)
    weigh(hub)
    hub.carry()
    assert (hub.targets["A"].sent, hub.targets["B"].sent) == ([], [{"phone": "1", "exists": True}])


def test_a_record_that_lives_again_is_made_again_but_not_where_it_was_deleted(hub):
    hub.say("A", phone="1")
    hub.say("B", name="n")
    for name in "ABC":
        hub.aim(name)
    hub.carry()
    hub.delete("A")
    hub.carry()
    assert [hub.targets[name].holds for name in "BC"] == [{}, {}]
    change_rules(hub, "A", deletes_record=False)
    weigh(hub)
    hub.carry()
    assert [set(hub.targets[name].holds) for name in "BC"] == [{("customer", "K")}] * 2
    assert len(hub.targets["A"].sent) == 1
    change_rules(hub, "A", deletes_record=True)
    weigh(hub)
    hub.carry()
    assert [hub.targets[name].holds for name in "BC"] == [{}, {}]


def test_the_feed_tells_what_the_hub_did_by_the_new_rules(hub):
    feed = hub.aim("B", Feed())
    hub.say("A", phone="1")
    hub.say("C", phone="2")
    change_rules(hub, "A", rank=5)
    weigh(hub)
    follow(hub)
    event = feed.events[-1]
    assert (event["became"], event["said"], event["message"]) == ({"phone": ["2", "1"]}, {}, None)
    assert (event["connection"], event["verdict"]) == ("hub", "updated")
    assert hub.connection("B").cursor == event["number"]
