"""The rules of convergence over copies in memory: their clauses one by one, and everyone's echo as a property."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchub.clock import SECOND
from synchub.master.convergence import ECHO_WINDOW, Mode, arrive, bounce, depart, difference, looping, receive, wished
from synchub.master.copies import EXISTS, Copy, Row, document, load
from synchub.master.survivorship import Rules, golden
from synchub.master.values import Value

FIELDS = ("name", "phone")
MINUTE = 60 * SECOND


@dataclass
class Record:
    """One record whose partners are told and heard at once; `now` moves a minute with every step."""

    ranks: dict[int, int]
    copies: dict[int, Copy] = field(default_factory=dict)
    now: int = 1_000 * MINUTE
    stamp: int = 0

    def __post_init__(self) -> None:
        self.copies = {number: Copy(number, "customer", "K", 1) for number in self.ranks}

    def hear(
        self, partner: int, mode: Mode = Mode.PARTIAL, *, after: int = MINUTE, insists: bool = False, **row: Value
    ) -> bool:
        """Take a row; answers whether it stated anything."""
        self.now += after
        heard = receive(self.copies[partner], row, mode, self.now, self.stamp, insists=insists)
        self.stamp = max(self.stamp, heard.stamp) if heard.stated else self.stamp
        return bool(heard.stated)

    def golden(self) -> Row:
        """The golden values, `exists` among them."""
        return {name: best.value for name, best in golden(self.copies.values(), Rules(self.ranks)).items()}

    def behind(self, partner: int) -> Row:
        """What the partner must still be sent."""
        won = golden(self.copies.values(), Rules(self.ranks))
        lives = EXISTS in won and won[EXISTS].value is True
        wish = {name: best.value for name, best in won.items() if name != EXISTS}
        copy = self.copies[partner]
        here = wished(copy, exists=lives, stamp=won[EXISTS].stamp if EXISTS in won else 0)
        return difference(copy, wish if here else None, FIELDS)

    def tell(self, partner: int, *, after: int = MINUTE) -> Row:
        """Deliver what the partner lacks, accepted at once."""
        self.now += after
        if sent := self.behind(partner):
            depart(self.copies[partner], sent, "t", 1, 0, self.now)
            arrive(self.copies[partner], self.now)
        return sent


def fly(record: Record, partner: int) -> Row:
    """Begin a delivery that has no answer yet."""
    record.now += MINUTE
    sent = record.behind(partner)
    depart(record.copies[partner], sent, "t", 1, 0, record.now)
    return sent


words = st.sampled_from(["a", "b", "c", None])
steps = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(list(Mode)), st.dictionaries(st.sampled_from(FIELDS), words)),
    max_size=8,
)


@given(st.tuples(*[st.integers(0, 2)] * 3), steps, st.permutations([1, 2, 3]), st.integers(0, 8))
def test_when_everyone_was_told_everyones_echo_changes_nothing(ranks, history, order, told_after) -> None:
    record = Record(dict(enumerate(ranks, 1)))
    for place, (partner, mode, row) in enumerate(history):
        record.hear(partner, mode, **row)
        if place == told_after:
            record.tell(1)
    for partner in record.copies:
        record.tell(partner)
    before = record.golden()
    for partner in order:
        copy = record.copies[partner]
        if copy.holds(EXISTS) == {True}:
            assert not record.hear(partner, **{name: next(iter(copy.holds(name))) for name in FIELDS})
        elif copy.holds(EXISTS) == {False}:
            assert not record.hear(partner, Mode.DELETE)
    assert record.golden() == before
    assert [record.behind(partner) for partner in record.copies] == [{}, {}, {}]


def test_a_row_that_insists_counts_also_where_its_partner_said_it_before() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(1, phone="1")
    record.hear(2, phone="2")
    assert not record.hear(1, phone="1")
    assert record.golden()["phone"] == "2"
    assert record.hear(1, phone="1", insists=True)
    assert record.golden()["phone"] == "1"


def test_a_row_that_insists_is_no_echo() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(1, phone="1")
    record.hear(2, phone="2")
    record.tell(1)
    assert not record.hear(1, phone="1", after=ECHO_WINDOW // 2)
    assert record.hear(1, phone="1", after=1, insists=True)
    assert record.golden()["phone"] == "1"
    assert record.copies[1].holds("phone") == {"1", "2"}


def test_an_echo_never_touches_the_statement() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(1, phone="1")
    record.hear(2, phone="2")
    record.tell(1)
    assert not record.hear(1, after=SECOND, phone="1")
    assert record.copies[1].said("phone") == "1"
    record.copies[2].image.clear()
    assert record.golden()["phone"] == "1"


def test_a_value_that_crosses_our_delivery_is_sent_over_once_more() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(2, phone="1")
    record.hear(1, phone="2")
    fly(record, 2)
    assert record.hear(2, after=SECOND, phone="9")
    arrive(record.copies[2], record.now)
    assert record.golden()["phone"] == "9"
    assert record.behind(2)["phone"] == "9"


def test_after_an_unknown_outcome_what_was_carried_is_sent_again() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(2, phone="1", name="n")
    record.hear(1, phone="2")
    sent = fly(record, 2)
    assert record.copies[2].holds("phone") == {"1", "2"}
    assert record.behind(2) == sent


def test_a_refused_delivery_leaves_what_was_known_before() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(2, phone="1", name="n")
    record.hear(1, phone="2")
    fly(record, 2)
    record.copies[2].flight.sent["name"] = "ours"
    record.copies[2].flight.before["name"] = frozenset({"n"})
    record.hear(2, after=SECOND, name="crossed")
    bounce(record.copies[2], record.now)
    assert record.copies[2].holds("phone") == {"1"}
    assert record.copies[2].holds("name") == {"n", "crossed"}


def test_a_value_that_crossed_an_earlier_delivery_and_a_refused_one_leaves_both_possible() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(2, phone="0")
    record.hear(1, phone="1")
    record.tell(2)
    record.hear(1, after=SECOND // 2, phone="2")
    depart(record.copies[2], record.behind(2), "t", 1, 0, record.now)
    record.hear(2, after=SECOND // 2, phone="9")
    bounce(record.copies[2], record.now)
    assert record.copies[2].holds("phone") == {"1", "9"}
    assert record.behind(2)["phone"] == "9"


def test_a_record_that_is_there_again_may_have_lost_what_its_row_does_not_name() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(1, name="n", phone="1")
    record.tell(2)
    record.hear(2, Mode.DELETE)
    record.hear(2, phone="2")
    assert record.golden() == {EXISTS: True, "name": "n", "phone": "2"}
    assert record.behind(2) == {EXISTS: True, "name": "n"}


def test_every_value_replaced_within_the_window_is_an_echo() -> None:
    record = Record({1: 0, 2: 5})
    record.hear(2, phone="v1")
    record.hear(1, phone="v1")
    for value in ("v2", "v3"):
        record.hear(2, after=SECOND, phone=value)
        record.tell(1, after=SECOND // 10)
    assert not record.hear(1, after=SECOND, phone="v1")
    assert record.behind(1)["phone"] == "v3"


def test_every_delivery_but_a_delete_says_that_the_record_exists() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(2, phone="1")
    record.hear(1, phone="2")
    assert fly(record, 2)[EXISTS] is True
    record.hear(2, Mode.DELETE, after=SECOND)
    arrive(record.copies[2], record.now)
    assert record.copies[2].holds(EXISTS) == {True, False}
    assert record.behind(2) == {EXISTS: False}


def test_a_partner_that_said_gone_is_not_given_the_record_back() -> None:
    record = Record({1: 0, 2: 5})
    record.hear(1, phone="1")
    record.hear(2, phone="2")
    record.hear(1, Mode.DELETE)
    assert record.golden()[EXISTS] is True
    assert record.behind(1) == {}


def test_a_first_row_of_a_dead_record_revives_it() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(1, phone="1")
    record.hear(1, Mode.DELETE)
    record.hear(2, phone="2")
    assert record.golden()[EXISTS] is True


def test_a_blank_is_never_sent_over_a_value_that_was_never_seen() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(1, name="n", phone="1")
    record.hear(2, name="n")
    record.hear(1, name="n", phone=None)
    assert "phone" not in record.behind(2)


def test_a_field_that_nobody_states_any_more_is_cleared_where_it_was_told() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(1, name="n", phone="1")
    record.tell(2)
    del record.copies[1].image["phone"]
    assert record.behind(2) == {"phone": None, EXISTS: True}


def test_three_answers_by_the_same_other_value_are_a_loop_even_if_they_are_echoes() -> None:
    record = Record({1: 5, 2: 0})
    record.hear(2, name="AB")
    record.hear(1, name="ab")
    for _ in range(3):
        assert not looping(record.copies[2], record.behind(2), record.now)
        record.tell(2, after=SECOND)
        record.hear(2, after=SECOND, name="AB")
    assert looping(record.copies[2], record.behind(2), record.now)
    assert not looping(record.copies[2], record.behind(2), record.now + 601 * SECOND)
    assert not looping(record.copies[2], {"phone": "1", EXISTS: True}, record.now)
    assert not looping(record.copies[2], {EXISTS: False}, record.now)


def test_two_people_who_edit_in_turn_are_no_loop() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(1, name="n")
    for number in range(4):
        record.hear(1, after=SECOND, name=f"one {number}")
        record.tell(2, after=SECOND)
        record.hear(2, after=SECOND, name=f"two {number}")
        record.tell(1, after=SECOND)
    assert not looping(record.copies[2], {"name": "x", EXISTS: True}, record.now)


def test_one_delivery_counts_at_most_one_round_per_field() -> None:
    record = Record({1: 5, 2: 0})
    record.hear(2, name="AB")
    record.hear(1, name="ab")
    fly(record, 2)
    for value in ("x", "y"):
        record.hear(2, after=SECOND, name=value)
    arrive(record.copies[2], record.now)
    record.hear(2, after=SECOND, name="z")
    assert len(record.copies[2].rounds) == 1


def test_a_value_set_after_the_window_is_a_word_of_its_own() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(1, phone="1")
    record.hear(2, phone="2")
    record.tell(1)
    assert record.hear(1, after=ECHO_WINDOW, phone="1")


def test_a_forced_delivery_carries_everything_that_is_not_blank() -> None:
    record = Record({1: 0, 2: 0})
    record.hear(1, name="n", phone="1")
    record.tell(2)
    assert difference(record.copies[2], {"name": "n", "phone": None}, FIELDS, forced=True) == {
        "name": "n",
        "phone": None,
        EXISTS: True,
    }


@pytest.mark.parametrize("flown", [False, True])
def test_a_copy_is_read_back_as_it_was_written(flown: bool) -> None:
    record = Record({1: 0, 2: 0})
    record.hear(1, name="n", phone=None)
    record.hear(2, name="m", phone="2")
    record.tell(1)
    record.hear(2, name="o")
    if flown:
        fly(record, 1)
        record.hear(1, after=SECOND, name="x")
    copy = record.copies[1]

    class Stored:
        """A row as the database gives it back."""

        connection_id, entity, external_key, id, row_hash = 1, "customer", "K", 0, None

    for name, value in document(copy).items():
        setattr(Stored, name, value)
    assert load(Stored) == copy
