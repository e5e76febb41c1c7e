"""Properties of the golden record, over random images; none of them works it out a second time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchub.master.copies import EXISTS, Copy, Held, Statement
from synchub.master.survivorship import Rules, golden

pytestmark = pytest.mark.slow

FIELDS = (EXISTS, "name", "phone")
RULES = Rules({1: 0, 2: 5, 3: 5, 4: 9})

values = st.sampled_from([None, "a", "b", "c"])
stamps = st.integers(1, 6)


@st.composite
def copy_of_a_record(draw: st.DrawFn) -> Copy:
    copy = Copy(draw(st.integers(1, 4)), "customer", draw(st.sampled_from("KLM")), 1)
    for name in draw(st.sets(st.sampled_from(FIELDS))):
        value = draw(st.booleans()) if name == EXISTS else draw(values)
        copy.image[name] = Statement(value, draw(stamps), draw(st.sampled_from([0, 0, 0, 3])))
    copy.known[EXISTS] = Held(frozenset({draw(st.booleans())}), 1)
    return copy


copies = st.lists(copy_of_a_record(), max_size=5, unique_by=lambda copy: (copy.connection, copy.key))


@given(copies.flatmap(lambda made: st.tuples(st.just(made), st.permutations(made))))
def test_the_order_of_copies_does_not_matter(pair: tuple[list[Copy], list[Copy]]) -> None:
    assert golden(pair[0], RULES) == golden(pair[1], RULES)


@given(copies)
def test_working_it_out_again_gives_the_same(made: list[Copy]) -> None:
    before = [replace(copy, image=dict(copy.image), known=dict(copy.known)) for copy in made]
    assert golden(made, RULES) == golden(made, RULES)
    assert made == before


@given(copies, copy_of_a_record())
def test_a_lower_rank_changes_no_field_that_a_higher_one_states(made: list[Copy], low: Copy) -> None:
    low.connection, low.key = 0, "low"
    low.image = {name: replace(said, floor=0) for name, said in low.image.items()}
    before = golden(made, RULES)
    after = golden([*made, low], Rules({**RULES.ranks, 0: -1}))
    assert {name: after[name] for name in before} == before


@given(copies, copy_of_a_record())
def test_removing_an_image_restores_what_was_before(made: list[Copy], other: Copy) -> None:
    other.key = "other"
    before = golden(made, RULES)
    golden([*made, other], RULES)
    assert golden(made, RULES) == before


@given(copies)
def test_what_wins_was_stated_by_the_one_it_is_credited_to(made: list[Copy]) -> None:
    stated = {(copy.connection, copy.key, name): said for copy in made for name, said in copy.image.items()}
    for name, best in golden(made, RULES).items():
        said = stated[best.connection, best.key, name]
        assert (said.value, said.stamp) == (best.value, best.stamp)


@given(copies)
def test_nobody_of_a_higher_rank_states_a_field_that_a_lower_one_won(made: list[Copy]) -> None:
    won = golden(made, RULES)
    floors = {name: max((c.image[name].floor for c in made if name in c.image), default=0) for name in FIELDS}
    for copy in made:
        for name in won.keys() & copy.image.keys() - {EXISTS}:
            if copy.image[name].stamp >= floors[name]:
                assert RULES.ranks[copy.connection] <= RULES.ranks[won[name].connection]


def test_a_delete_of_one_of_several_copies_does_not_count() -> None:
    both = [Copy(1, "customer", key, 1) for key in "KL"]
    for copy in both:
        copy.image[EXISTS], copy.known[EXISTS] = Statement(True, 1), Held(frozenset({True}), 1)
    both[0].image[EXISTS], both[0].known[EXISTS] = Statement(False, 2), Held(frozenset({False}), 2)
    assert golden(both, RULES)[EXISTS].value is True
    both[1].image[EXISTS], both[1].known[EXISTS] = Statement(False, 3), Held(frozenset({False}), 3)
    assert golden(both, RULES)[EXISTS].value is False
