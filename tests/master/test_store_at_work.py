"""The store under many writes and many writers: statements counted, races won, the feed complete."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, func, select
from tests.world import World, world

from synchub import db
from synchub.db import open_engine
from synchub.master import store
from synchub.master.convergence import Mode
from synchub.master.tables import Change, MasterRecord
from synchub.master.writes import Batch, Kind, Write

pytestmark = pytest.mark.slow

CHANGED = {Kind.CREATED, Kind.UPDATED, Kind.DELETED}


def statements_of(hub: World, writes: list[Write]) -> int:
    counted = Counter()

    def count(*_: object) -> None:
        counted["statements"] += 1

    event.listen(hub.engine, "before_cursor_execute", count)
    hub.write("A", *writes)
    event.remove(hub.engine, "before_cursor_execute", count)
    return counted["statements"]


def expenses(count: int, name: str) -> list[Write]:
    return [
        Write("expense", f"E{number}", Mode.PARTIAL, {"name": name, "department_id": f"D{number % 50}"})
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [3_000, pytest.param(10_000, marks=pytest.mark.e2e)])
def test_many_writes_take_hardly_more_statements_than_one(engine: Engine, count: int) -> None:
    with world(engine) as hub:
        hub.join("A")
        one = statements_of(hub, expenses(1, "n"))
        assert statements_of(hub, expenses(count, "m")) <= one * 2
        assert statements_of(hub, expenses(1_000, "m")) <= one


def test_what_changes_nothing_writes_nothing(engine: Engine) -> None:
    with world(engine) as hub:
        hub.join("A")
        hub.say("A", name="n")
        written: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: written.append(statement))
        hub.say("A", name="n")
        assert [statement for statement in written if not statement.startswith(("SELECT", "BEGIN"))] == []
        assert not any("FOR NO KEY UPDATE" in statement for statement in written)


def run_together(*tasks: Callable[[], None]) -> list[BaseException]:
    failures: list[BaseException] = []

    def guarded(task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - the test reports it
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def own_engine(engine: Engine) -> Engine:
    """An engine of another process; SQLite has only one that writes."""
    return engine if engine.dialect.name == "sqlite" else open_engine(engine.url.render_as_string(hide_password=False))


def writer(home: Engine, partner: int, seed: int, rounds: int, counts: Counter[Kind]) -> Callable[[], None]:
    def work() -> None:
        dice = random.Random(seed)
        engine = own_engine(home)
        for _ in range(rounds):
            keys = dice.sample(range(50), 50)
            writes = [Write("customer", f"K{key}", Mode.PARTIAL, {"name": str(dice.random())}) for key in keys]
            batch = Batch(partner, uuid4(), writes)
            applied = db.retrying(engine, lambda session, batch=batch: store.apply(session, [batch]))
            counts.update(verdict.kind for verdict in applied[0].verdicts)
        if engine is not home:
            engine.dispose()

    return work


@pytest.mark.parametrize("rounds", [15, pytest.param(60, marks=pytest.mark.e2e)])
def test_two_writers_that_first_insert_the_same_keys_make_each_record_once(engine: Engine, rounds: int) -> None:
    with world(engine) as hub:
        hub.join("A", "B")
    counts = [Counter(), Counter()]
    failures = run_together(*(writer(engine, partner, partner, rounds, counts[partner - 1]) for partner in (1, 2)))
    assert failures == []
    with db.reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(MasterRecord)) == 50
        versions = session.scalar(select(func.sum(MasterRecord.version)))
    assert versions == sum(count for counted in counts for kind, count in counted.items() if kind in CHANGED)


@pytest.mark.parametrize("rounds", [5, pytest.param(12, marks=pytest.mark.e2e)])
def test_a_reader_of_the_feed_skips_no_step_while_four_write(engine: Engine, rounds: int) -> None:
    with world(engine) as hub:
        hub.join("A", "B", "C", "D")
    seen: list[int] = []
    done = threading.Event()

    def follow() -> None:
        reader = own_engine(engine)
        while True:
            finished = done.is_set()
            with db.reading(reader) as session:
                last = seen[-1] if seen else 0
                numbers = session.scalars(
                    select(Change.number).where(Change.number > last).order_by(Change.number)
                ).all()
            seen.extend(numbers)
            if finished and not numbers:
                break
            done.wait(0.005)
        if reader is not engine:
            reader.dispose()

    follower = threading.Thread(target=follow)
    follower.start()
    failures = run_together(*(writer(engine, partner, partner, rounds, Counter()) for partner in (1, 2, 3, 4)))
    done.set()
    follower.join()
    with db.reading(engine) as session:
        numbers = list(session.scalars(select(Change.number).order_by(Change.number)))
    assert failures == []
    assert seen == numbers
