"""Processes that share a database go by its clock."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from synchub import clock, db
from synchub.clock import SECOND

NEAR = 60 * SECOND
HOUR = 3600 * SECOND


def here() -> int:
    return time.time_ns() // 1_000


@pytest.fixture(autouse=True)
def own_clock() -> Iterator[None]:
    yield
    clock.follow(here())


@pytest.mark.parametrize("apart", [-HOUR, HOUR])
def test_a_process_goes_by_the_clock_that_it_follows(apart: int) -> None:
    clock.follow(here() + apart)
    assert abs(clock.now() - here() - apart) < NEAR


def test_clocks_that_agree_are_left_as_they_are() -> None:
    clock.follow(here() + SECOND // 2)
    assert here() <= clock.now() <= here()


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_each_new_connection_asks_postgresql_for_the_time(store_url: str) -> None:
    clock.follow(here() + HOUR)
    engine = db.open_engine(store_url)
    with db.reading(engine) as session:
        session.execute(text("SELECT 1"))
    engine.dispose()
    assert abs(clock.now() - here()) < NEAR
