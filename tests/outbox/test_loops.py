"""What a loop stops, and what it does not: only what its answers were about waits."""

from tests.outbox.post import Post, Target


def shouting(hub: Post, target: Target) -> None:
    """B answers each name that it is told by the same in capitals."""
    target.during = lambda: [
        hub.say("B", name=str(parcel.sent["name"]).upper(), pause=0.1)
        for parcel in target.calls[-1]
        if parcel.exists and "name" in parcel.sent
    ]


def three_rounds(hub: Post) -> Target:
    """B has answered the same correction three times; the next one would be a loop."""
    hub.setup("A", rank=1)
    b = hub.aim("B")
    shouting(hub, b)
    hub.say("B", name="OLD")
    hub.say("A", name="new")
    for _ in range(3):
        hub.wait(1)
        hub.carry()
    assert [parcel.sent["name"] for call in b.calls for parcel in call] == ["new"] * 3
    return b


def test_three_equal_answers_park_what_would_be_sent_a_fourth_time(hub):
    b = three_rounds(hub)
    hub.wait(1)
    hub.carry()
    assert len(b.calls) == 3
    assert [row.state for row in hub.deliveries()] == ["loop"]


def test_answers_about_a_field_that_is_settled_stop_no_other_field(hub):
    b = three_rounds(hub)
    hub.say("A", name="NEW", phone="1", pause=6)
    hub.say("B", name="NEW", pause=6)
    hub.carry()
    assert b.sent[3:] == [{"phone": "1", "exists": True}]
    assert hub.deliveries() == []


def test_a_delete_goes_while_the_next_correction_would_be_a_loop(hub):
    b = three_rounds(hub)
    hub.delete("A", pause=1)
    hub.carry()
    assert b.sent[3:] == [{"exists": False}]
    assert hub.deliveries() == []


def test_a_partner_that_answers_by_ever_new_values_is_parked_after_ten_rounds(hub):
    hub.setup("A", rank=1)
    b = hub.aim("B")
    b.during = lambda: hub.say("B", name=f"new {len(b.calls)}", pause=0.1)
    hub.say("B", name="old")
    hub.say("A", name="new")
    for _ in range(20):
        hub.wait(1)
        hub.carry()
    assert len(b.calls) == 10
    assert [row.state for row in hub.deliveries()] == ["loop"]
