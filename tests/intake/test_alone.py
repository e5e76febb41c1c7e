"""Transactions of one request each, for endpoints whose rules read what is stored."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from tests.intake.desk import A, B, customer, join, keys_stored, request, settings_for, states

from synchub import db
from synchub.errors import Full, SynchubError, Unavailable
from synchub.intake.alone import Alone
from synchub.intake.submission import Submission


@pytest.fixture
def woken() -> list[int]:
    return []


@pytest.fixture
def alone(engine, tmp_path, woken) -> Alone:
    join(engine, A, B)
    return Alone(engine, settings_for(tmp_path, queue_share=1024, queue_wait=0), lambda: woken.append(1))


def test_what_is_decided_in_the_transaction_is_stored_and_others_are_woken_if_it_moved_something(
    alone, engine, woken, tmp_path
):
    submission = request(customer("K", phone="1"))

    def work(session: Session) -> Submission:
        assert session.in_transaction()
        return submission

    receipt = alone.store(submission.arrival, work)
    assert (receipt.answer["verdicts"], receipt.message) == (["created"], submission.arrival.id)
    assert (keys_stored(engine), states(engine), woken) == ({"K"}, ["accepted"], [1])
    again = request(customer("K", phone="1"), repeats=False)
    assert alone.store(again.arrival, lambda _: again).answer["verdicts"] == ["unchanged"]
    assert woken == [1]


def test_a_transaction_that_was_overtaken_is_run_again(alone, engine):
    submission, tries = request(customer("K")), []

    def work(_session: Session) -> Submission:
        tries.append(1)
        if len(tries) < 3:
            raise db.Overtaken("somebody was faster")
        return submission

    assert alone.store(submission.arrival, work).answer["verdicts"] == ["created"]
    assert len(tries) == 3


def test_what_cannot_be_stored_is_not_acknowledged(alone, engine):
    submission = request(customer("K"))

    def broken(_session: Session) -> Submission:
        raise ZeroDivisionError

    with pytest.raises(SynchubError, match="ZeroDivisionError"):
        alone.store(submission.arrival, broken)

    def missing(session: Session) -> Submission:
        session.execute(text("SELECT 1"))
        raise OSError("no disk")

    with pytest.raises(Unavailable):
        alone.store(submission.arrival, missing)
    assert states(engine) == []


async def fit(alone: Alone, sizes: Sequence[tuple[int, int]]) -> list[bool]:
    """Whether requests of connections and sizes that stay find room."""
    found: dict[int, bool] = {}

    async def stay(place: int, connection: int, size: int, ended: asyncio.Event) -> None:
        try:
            async with alone.room(connection, size):
                found[place] = True
                await ended.wait()
        except Full:
            found[place] = False

    ended = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for place, (connection, size) in enumerate(sizes):
            group.create_task(stay(place, connection, size, ended))
            await asyncio.sleep(0)
        ended.set()
    return [found[place] for place in range(len(sizes))]


def test_room_is_bounded_for_each_connection_and_given_back(alone):
    async def run() -> list[list[bool]]:
        return [await fit(alone, [(A, 400), (A, 400), (B, 0), (A, 100), (B, 0)]) for _ in range(2)]

    assert asyncio.run(run()) == [[True, False, True, False, True]] * 2
    assert asyncio.run(fit(alone, [(A, 5000)])) == [True]  # a request that is larger than all room comes alone


def test_who_finds_no_room_waits_for_it(engine, tmp_path):
    made = Alone(engine, settings_for(tmp_path, queue_share=1024, queue_wait=30), lambda: None)
    order: list[str] = []

    async def stay(name: str) -> None:
        async with made.room(A, 400):
            order.append(f"{name} in")
            await asyncio.sleep(0)
            order.append(f"{name} out")

    async def run() -> None:
        await asyncio.gather(stay("first"), stay("second"))

    asyncio.run(run())
    assert order == ["first in", "first out", "second in", "second out"]
