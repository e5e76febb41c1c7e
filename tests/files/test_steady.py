"""When a file is whole, by this hub's clock alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchub.clock import SECOND
from synchub.files.places import Entry
from synchub.files.settings import FileSettings
from synchub.files.steady import AGREEING, Sight, is_whole, seen_again

STEADY = FileSettings(files_every=60)


def entry(size: int, modified_at: int = 0) -> Entry:
    return Entry("things.csv", size, modified_at)


def looked(*sizes: int, every: float = 60, start: int = 1_000 * SECOND) -> tuple[Sight, int]:
    """A file after looks that found these sizes, and the time of the last."""
    sight, now = None, start
    for place, size in enumerate(sizes):
        now = start + int(place * every * SECOND)
        sight = seen_again(sight, entry(size), now)
    assert sight is not None
    return sight, now


@pytest.mark.parametrize(
    ("sizes", "whole"),
    [
        ((5,), False),
        ((5, 5, 5, 5), False),
        ((5, 5, 5, 5, 5), True),
        ((5, 5, 5, 5, 9), False),
        ((5, 5, 5, 5, 9, 9, 9, 9), False),
        ((5, 5, 5, 5, 9, 9, 9, 9, 9), True),
    ],
)
def test_a_file_is_whole_when_it_stood_still_for_more_than_three_looks(sizes, whole):
    sight, now = looked(*sizes)
    assert is_whole(sight, STEADY, now, is_done=False) is whole


@given(st.lists(st.integers(1, 4), min_size=1, max_size=8), st.floats(0.05, 7200))
def test_an_upload_that_grows_after_each_stall_of_at_most_three_looks_is_never_whole(stalls, every):
    settings = FileSettings(files_every=min(every, 1000))
    sizes = [size for size, looks in enumerate(stalls, 1) for _ in range(looks)]
    for end in range(1, len(sizes) + 1):
        sight, now = looked(*sizes[:end], every=settings.files_every)
        assert not is_whole(sight, settings, now, is_done=False)


def test_looks_that_come_late_do_not_make_a_file_whole_early():
    sight, now = looked(5, 5, 5, 5, every=300)
    assert not is_whole(sight, STEADY, now, is_done=False)
    assert is_whole(seen_again(sight, entry(5), now + SECOND), STEADY, now + SECOND, is_done=False)


def test_looks_that_come_early_do_not_make_a_file_whole_early():
    sight, now = looked(*[5] * 20, every=1)
    assert not is_whole(sight, STEADY, now, is_done=False)


def test_a_file_that_is_looked_at_seldom_is_whole_after_an_hour():
    sight, now = looked(5, 5, every=86_400)
    assert is_whole(sight, STEADY, now, is_done=False)


def test_another_time_of_the_place_is_a_change_whatever_it_says():
    sight, now = looked(*[5] * AGREEING)
    for modified_at in (-1, 1, 2**60):
        assert not is_whole(seen_again(sight, entry(5, modified_at), now), STEADY, now, is_done=False)


def test_first_sight_is_kept_while_a_file_grows_and_not_when_it_is_another():
    sight, now = looked(5, 9, 9)
    assert sight.first_seen_at == 1_000 * SECOND
    assert seen_again(sight, entry(3), now).first_seen_at == now
    taken = Sight(entry(9), 0, 0, 5, run=1)
    assert seen_again(taken, entry(9), now) == taken
    assert seen_again(taken, entry(10), now) == Sight(entry(10), now, now)


def test_a_name_or_a_done_file_may_say_that_a_file_is_whole():
    sight, now = looked(5)
    assert is_whole(sight, FileSettings(files_ready="rename"), now, is_done=False)
    done = FileSettings(files_ready="done-file")
    assert [is_whole(sight, done, now, is_done=is_done) for is_done in (False, True)] == [False, True]
