"""Strangers with wrong secrets cost little, and keep nobody else waiting."""

import asyncio

import pytest
from tests.connections.desk import LOGIN

from synchub import clock
from synchub.connections.credentials import Prover, digest
from synchub.connections.directory import Directory
from synchub.errors import Full, NotAuthenticated

WRONG = 40


@pytest.fixture
def directory(desk):
    desk.add("chosen", token="chosen-by-hand")
    desk.add("boss", LOGIN, username="boss", password="a good one")
    made = Directory(desk.engine, "")
    made.everyone()
    return made


def strangers(directory):
    """Many wrong secrets at once."""
    return [asyncio.ensure_future(directory.admit_token("token", f"wrong {number}")) for number in range(WRONG)]


def test_wrong_secrets_keep_nobody_waiting_who_needs_a_thread_for_something_else(directory):
    async def meanwhile():
        waiting = strangers(directory)
        await asyncio.sleep(0)
        await asyncio.to_thread(int)
        left = sum(not one.done() for one in waiting)
        await asyncio.gather(*waiting, return_exceptions=True)
        return left

    assert asyncio.run(meanwhile()) > WRONG // 2


def test_only_so_many_wait_to_be_proved(directory):
    async def all_at_once():
        return await asyncio.gather(*strangers(directory), return_exceptions=True)

    outcomes = [type(one) for one in asyncio.run(all_at_once())]
    assert set(outcomes) == {NotAuthenticated, Full}
    assert asyncio.run(directory.admit_token("token", "chosen-by-hand")).name == "chosen"


def test_who_is_known_comes_in_while_strangers_wait(directory):
    async def known_among_strangers():
        await directory.admit_login("login", "boss", "a good one")
        await directory.admit_token("token", "chosen-by-hand")
        waiting = strangers(directory)
        await asyncio.sleep(0)
        names = [
            (await directory.admit_login("login", "boss", "a good one")).name,
            (await directory.admit_token("token", "chosen-by-hand")).name,
        ]
        left = sum(not one.done() for one in waiting)
        await asyncio.gather(*waiting, return_exceptions=True)
        return names, left

    names, left = asyncio.run(known_among_strangers())
    assert names == ["boss", "chosen"]
    assert left > 0


def test_who_keeps_coming_stays_known_and_a_wrong_secret_is_remembered_for_a_while():
    now = 1_800_000_000 * clock.SECOND
    kept, prover = digest("right", generated=False), Prover()
    with clock.replaced(lambda: now):
        assert prover.recall(kept, "wrong") is prover.recall(kept, "right") is None
        assert not prover.fits(kept, "wrong")
        for _ in range(3):
            assert prover.fits(kept, "right")
            now += 200 * clock.SECOND
            assert prover.recall(kept, "right") is True
        assert prover.recall(kept, "wrong") is None
        assert not prover.fits(kept, "wrong")
        assert prover.recall(kept, "wrong") is False


def test_wrong_secrets_crowd_no_good_one_out_of_memory_nor_fill_it():
    kept, prover = digest("right", generated=False), Prover(most=3)
    assert prover.fits(kept, "right")
    for number in range(5):
        assert not prover.fits(kept, f"wrong {number}")
    assert prover.recall(kept, "right") is True
    assert [prover.recall(kept, f"wrong {number}") for number in range(5)].count(False) <= 3
