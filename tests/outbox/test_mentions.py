"""Records that lists within others mention: they go first, and a target is told what it calls them itself."""

from tests.outbox.post import Target

from synchub.master.values import spell_list
from synchub.outbox.sender import Other, Outcome, Verdict


def mention(hub, *items: int, key: str = "J", **more) -> None:
    parts = [{"item": item, "reference": "as A calls it", "quantity": "1"} for item in items]
    hub.say("A", entity="job", key=key, parts=spell_list(parts), **more)


def test_a_record_goes_after_those_that_its_lists_mention_with_what_the_target_calls_them(hub):
    b = hub.aim("B", Target(batch=1))
    hub.say("A", key="D", entity="customer", name="Bakery")
    hub.say("A", key="P", entity="item", name="Oven", pause=0.1)
    item, customer = hub.record("item", "P").id, hub.record("customer", "D").id
    mention(hub, item, customer_id="D")
    hub.pump("B")
    answers = {"customer": "", "item": "77"}
    for entity in ("customer", "item"):
        claimed = hub.claim("B")
        assert [parcel.entity for parcel in claimed.parcels] == [entity]
        their_ids = dict.fromkeys([claimed.parcels[0].copy], answers[entity]) if answers[entity] else {}
        hub.settle(claimed, Outcome(Verdict.ACCEPTED, their_ids=their_ids))
        hub.wait(1)
    hub.carry()
    (job,) = b.calls[-1]
    assert job.referred == {"customer_id": customer}
    assert job.others == {customer: Other("customer", "D", None, "Bakery"), item: Other("item", "P", "77", "Oven")}


def test_a_list_that_mentions_a_record_without_a_key_is_parked_with_its_name(hub):
    hub.setup("B", matches_code=False, settings={"key_template": "{key}"})
    b = hub.aim("B")
    hub.say("B", key="P", entity="item", name="theirs")
    hub.say("A", key="P", entity="item", name="ours")
    ours = next(one.id for one in hub.records() if one.label == "ours")
    mention(hub, ours)
    hub.carry()
    assert b.sent == []
    (job,) = hub.deliveries(entity="job")
    assert (job.state, job.last_error) == ("parked", "parts refers to a record without a key there")


def test_what_a_list_mentions_that_is_no_record_keeps_nothing_back(hub):
    b = hub.aim("B")
    mention(hub, 7)
    hub.say("A", entity="job", key="K", parts='["no object",{"item":"text"}]')
    hub.carry()
    assert [parcel.others for call in b.calls for parcel in call] == [{}, {}]
