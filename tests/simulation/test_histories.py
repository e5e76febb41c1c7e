"""Scenario 33: random histories end in agreement. `python -m tests.simulation --runs 50000` plays more."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.simulation.history import Call, Export, Fate, Habit, History, Step, Style, draw, script, smaller
from tests.simulation.known import KNOWN
from tests.simulation.run import Stores, failure, report, shrink

ROOT = Path(__file__).resolve().parents[2]
CHUNK, HISTORIES = 125, 2000
CHUNK_ON_POSTGRESQL, ON_POSTGRESQL = 20, 60


def chunks(first: int, last: int, size: int) -> list[Any]:
    """Where each part of so many histories begins; `make test` plays the first part, `make e2e` the others."""
    return [first, *(pytest.param(start, marks=pytest.mark.e2e) for start in range(first + size, last, size))]


@pytest.fixture(scope="module")
def stores() -> Iterator[Stores]:
    made = Stores()
    yield made
    made.engine.dispose()


@pytest.mark.parametrize("first", chunks(0, HISTORIES, CHUNK))
def test_random_histories_keep_every_promise(first: int) -> None:
    """In a process of its own, where no coverage is measured: that takes longer than the histories."""
    command = [sys.executable, "-m", "tests.simulation", "--runs", str(CHUNK), "--first", str(first)]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    assert f"{CHUNK} histories hold" in played.stdout


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_counterexample_holds(stores: Stores, name: str) -> None:
    assert failure(stores, KNOWN[name]) is None


@pytest.mark.slow
@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("first", chunks(10_000, 10_000 + ON_POSTGRESQL, CHUNK_ON_POSTGRESQL))
def test_random_histories_keep_every_promise_on_postgresql(engine: Engine, first: int) -> None:
    found = report(Stores(engine), range(first, first + CHUNK_ON_POSTGRESQL))
    assert found is None, found


def test_a_history_is_the_same_whenever_its_seed_is_drawn() -> None:
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


def test_a_script_is_the_history_that_it_shows() -> None:
    names = {thing.__name__: thing for thing in (Call, Export, Fate, Habit, History, Step, Style)}
    for seed in range(20):
        source = script(draw(seed)).split("\n\n", 1)[1]
        exec(source, names)  # noqa: S102 - that it runs is what is tested
        assert names["HISTORY"] == draw(seed)


def test_a_smaller_history_lacks_something() -> None:
    history = draw(3)
    assert all(len(script(cut)) < len(script(history)) for cut in smaller(history))


def test_a_failing_history_is_shrunk_to_what_makes_it_fail() -> None:
    def fails(history: History) -> bool:
        return any(step.field == "phone" and step.delay > 1 for step in history.steps)

    found = next(history for history in map(draw, range(100)) if fails(history))
    small = shrink(found, fails)
    assert len(found.steps) > len(small.steps) == 1
    assert small.calls == ()
    assert all((habit.rank, habit.echoes, habit.shouts) == (0, False, False) for habit in small.habits)
