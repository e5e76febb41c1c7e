"""Requests a minute, over all processes of a hub."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from tests.connections.desk import START

from synchub import clock, db
from synchub.connections.quota import Quotas, Spent, Standing
from synchub.connections.tables import Connection


class Minute:
    """A clock that is moved, and one connection."""

    def __init__(self, engine: Engine, limit: int | None) -> None:
        self.engine, self.now = engine, START
        with db.writing(engine) as session:
            from uuid import uuid4

            row = Connection(name="p", dialect="test", guid=uuid4(), created_at=START, rate_limit=limit)
            session.add(row)
        self.connection = row

    async def try_one(self, quotas: Quotas) -> Standing | Spent | None:
        try:
            return await quotas.spend(self.connection)
        except Spent as error:
            return error

    async def passed(self, quotas: list[Quotas], requests: int) -> int:
        """How many of the requests pass, made in turn by several processes, some at the same time."""
        made = [self.try_one(quotas[n % len(quotas)]) for n in range(requests)]
        return sum(isinstance(answer, Standing) for answer in await asyncio.gather(*made))


@pytest.fixture
def minute(engine: Engine) -> Iterator[Minute]:
    made = Minute(engine, 60)
    with clock.replaced(lambda: made.now):
        yield made


def processes(minute: Minute, count: int = 3) -> list[Quotas]:
    return [Quotas(minute.engine) for _ in range(count)]


def test_three_processes_let_through_together_what_the_limit_says(minute):
    async def run() -> list[int]:
        quotas, passed = processes(minute), []
        passed.append(await minute.passed(quotas, 600))
        minute.now += 59 * clock.SECOND
        passed.append(await minute.passed(quotas, 600))
        minute.now += 3600 * clock.SECOND
        passed.append(await minute.passed(quotas, 600))
        return passed

    assert asyncio.run(run()) == [60, 0, 60]


def test_what_a_process_drew_and_did_not_spend_costs_the_others_a_slice_and_lapses(minute):
    async def run() -> tuple[int, int, int]:
        idle, busy = processes(minute, 2)
        await minute.try_one(idle)
        first = await minute.passed([busy], 600)
        late = await minute.passed([idle], 5)
        minute.now += 61 * clock.SECOND
        return first, late, await minute.passed([busy], 600) + await minute.passed([idle], 600)

    assert asyncio.run(run()) == (57, 2, 60)


def test_how_a_connection_stands_is_told_and_the_moment_is_never_past(minute):
    async def run() -> list[Standing | Spent | None]:
        (quotas,) = processes(minute, 1)
        return [await minute.try_one(quotas) for _ in range(62)]

    told = asyncio.run(run())
    assert [answer.left for answer in told[:60] if isinstance(answer, Standing)] == list(range(59, -1, -1))
    assert all(answer.again_at > START for answer in told[:60] if isinstance(answer, Standing))
    last = told[-1]
    assert isinstance(last, Spent)
    assert (last.standing.left, last.standing.again_at) == (0, START + 60 * clock.SECOND)


def test_a_refusal_does_not_ask_the_store_until_a_request_may_pass(minute):
    async def run() -> tuple[int, int]:
        (quotas,) = processes(minute, 1)
        await minute.passed([quotas], 61)
        statements = 0

        def count(*_parts: object) -> None:
            nonlocal statements
            statements += 1

        from sqlalchemy import event

        event.listen(minute.engine, "before_cursor_execute", count)
        await minute.passed([quotas], 100)
        event.remove(minute.engine, "before_cursor_execute", count)
        minute.now += 60 * clock.SECOND
        return statements, await minute.passed([quotas], 100)

    assert asyncio.run(run()) == (0, 60)


def test_a_changed_limit_counts_at_once_and_none_is_no_limit(minute):
    async def run() -> tuple[int, int, object]:
        (quotas,) = processes(minute, 1)
        first = await minute.passed([quotas], 600)
        minute.connection.rate_limit = 120
        second = await minute.passed([quotas], 600)
        minute.connection.rate_limit = None
        return first, second, await minute.try_one(quotas)

    assert asyncio.run(run()) == (60, 60, None)


def test_a_clock_that_is_put_back_locks_nobody_out(minute):
    async def run() -> tuple[int, int]:
        quotas = processes(minute, 2)
        first = await minute.passed(quotas[:1], 600)
        minute.now -= 3600 * clock.SECOND
        return first, await minute.passed(quotas, 600)

    assert asyncio.run(run()) == (60, 60)
