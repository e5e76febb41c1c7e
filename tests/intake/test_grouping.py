"""What becomes of a group when its data or the store fails."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from tests.intake.desk import (
    A,
    Gate,
    counted,
    customer,
    keys_stored,
    messages,
    only_postgresql,
    only_sqlite,
    request,
    running,
)

from synchub import db
from synchub.config import Settings
from synchub.errors import Refused, SynchubError, Unavailable
from synchub.intake.grouping import Grouping, Outcomes, blames_store
from synchub.intake.submission import Receipt, Submission
from synchub.intake.write import write


def unwell(error: BaseException) -> Callable[[Any], Any]:
    """An answer that fails."""

    def answer(_verdicts: Any) -> Any:
        raise error

    return answer


def overlong() -> Submission:
    """A key that PostgreSQL has no room for in an index."""
    key = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(3000))
    return request(customer(key, phone="1"))


def outcomes_of(grouping: Grouping, group: Sequence[Submission]) -> list[Receipt | SynchubError]:
    found: Outcomes = {}
    for part in grouping.commit(group):
        found |= part
    return [found[submission.arrival.id] for submission in group]


@pytest.fixture
def grouping(store: Engine, settings: Settings) -> Grouping:
    return Grouping(store, settings, write, patience=0.2)


@pytest.mark.parametrize(
    ("place", "guilty"),
    [
        (0, lambda: request(answer=unwell(ValueError("no")))),
        (150, lambda: request(customer("K", phone="1"), connection=99)),
        (299, lambda: request(answer=unwell(ValueError("no")))),
    ],
)
def test_of_300_that_wait_the_one_that_cannot_be_stored_stands_alone(
    store: Engine, settings: Settings, place: int, guilty: Callable[[], Submission]
) -> None:
    gate = Gate()
    group = [request(customer(f"K{n}", phone="1")) for n in range(300)]
    group[place] = guilty()
    with running(store, settings, write=gate) as committer, counted(store, "commit") as commits:
        first = committer.submit(request(customer("first", phone="1")))
        gate.came.acquire()
        futures = [committer.submit(submission) for submission in group]
        gate.open()
        assert first.result()
        with pytest.raises(SynchubError, match="cannot be stored") as raised:
            futures.pop(place).result()
        assert not isinstance(raised.value, Unavailable)
        assert len({future.result().message for future in futures}) == 299
    assert len(keys_stored(store)) == 300
    assert len(messages(store)) == 300
    assert len(commits) == committer.commits < 1 + 12
    assert committer.alive is False


@only_postgresql
def test_what_the_database_has_no_room_for_is_the_fault_of_the_request(store: Engine, grouping: Grouping) -> None:
    outcomes = outcomes_of(grouping, [request(customer("K", phone="1")), overlong(), request(customer("L", phone="1"))])
    assert [type(outcome) for outcome in outcomes] == [Receipt, SynchubError, Receipt]
    assert keys_stored(store) == {"K", "L"}


def test_a_refusal_of_the_writer_is_passed_on(grouping: Grouping) -> None:
    refused = Refused("this one not")
    assert outcomes_of(grouping, [request(answer=unwell(refused))]) == [refused]


@pytest.mark.parametrize("error", [SystemExit(), KeyboardInterrupt(), GeneratorExit(), StopIteration(), MemoryError()])
def test_whatever_is_raised_meets_only_its_own_request(grouping: Grouping, error: BaseException) -> None:
    outcomes = outcomes_of(grouping, [request(answer=unwell(error)), request(customer("K", phone="1"))])
    assert [type(outcome) for outcome in outcomes] == [SynchubError, Receipt]


@pytest.mark.parametrize("error", [OSError(28, "no space left"), PoolTimeout("pool"), db.Overtaken("new rules")])
def test_a_store_that_takes_nothing_is_told_to_all_of_the_group(
    store: Engine, grouping: Grouping, error: Exception
) -> None:
    outcomes = outcomes_of(grouping, [request(customer("K", phone="1")), request(answer=unwell(error))])
    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
    assert keys_stored(store) == set()
    assert grouping.commits == 0


def test_an_error_without_a_store_behind_it_does_not_blame_the_store() -> None:
    assert not blames_store(ValueError())
    assert not blames_store(IntegrityError("INSERT", {}, Exception()))


def breaking(engine: Engine, *, after: bool, error: BaseException | None = None) -> None:
    """Let the next COMMIT end in an error, after or before it is done."""
    dialect: Any = engine.dialect
    honest = dialect.do_commit
    lost = sqlite3.OperationalError("disk I/O error") if dialect.name == "sqlite" else psycopg.OperationalError("lost")

    def commit(connection: Any) -> None:
        dialect.do_commit = honest
        if after:
            honest(connection)
        raise error or lost

    dialect.do_commit = commit


def test_a_commit_that_was_done_but_not_confirmed_is_looked_up(store: Engine, grouping: Grouping) -> None:
    breaking(store, after=True)
    outcomes = outcomes_of(grouping, [request(customer("K", phone="1")), request(customer("L", phone="1"))])
    assert [type(outcome) for outcome in outcomes] == [Receipt, Receipt]
    assert keys_stored(store) == {"K", "L"}
    assert grouping.commits == 1


def test_a_repeat_whose_commit_was_not_confirmed_is_answered_with_the_first(store: Engine, grouping: Grouping) -> None:
    first = outcomes_of(grouping, [request(customer("K", phone="1"))])[0]
    breaking(store, after=True)
    again = outcomes_of(grouping, [request(customer("K", phone="1"))])[0]
    assert isinstance(first, Receipt)
    assert isinstance(again, Receipt)
    assert (again.repeat, again.message) == (True, first.message)


def test_a_commit_that_was_not_done_is_not_acknowledged(store: Engine, grouping: Grouping) -> None:
    breaking(store, after=False)
    outcomes = outcomes_of(grouping, [request(customer("K", phone="1"))])
    assert [type(outcome) for outcome in outcomes] == [Unavailable]
    assert keys_stored(store) == set()
    assert messages(store) == []
    assert [type(outcome) for outcome in outcomes_of(grouping, [request(customer("K", phone="1"))])] == [Receipt]


def test_an_interruption_of_the_commit_is_looked_up_too(store: Engine, grouping: Grouping) -> None:
    breaking(store, after=True, error=KeyboardInterrupt())
    assert [type(outcome) for outcome in outcomes_of(grouping, [request(customer("K", phone="1"))])] == [Receipt]


def test_a_store_that_cannot_be_asked_in_time_acknowledges_nothing(store: Engine, settings: Settings) -> None:
    away = db.open_engine(
        "sqlite:////nonexistent/synchub.db" if store.dialect.name == "sqlite" else "postgresql:///x?host=/nonexistent"
    )
    grouping = Grouping(away, settings, write, patience=0.1)
    assert grouping._stored([request().arrival.id]) == set()
    assert [type(outcome) for outcome in outcomes_of(grouping, [request()])] == [Unavailable]
    away.dispose()


def test_a_constraint_seen_only_at_the_commit_is_the_fault_of_the_request(store: Engine, settings: Settings) -> None:
    def careless(session: Any, submissions: Sequence[Submission], settings: Settings) -> list[Receipt]:
        receipts = write(session, submissions, settings)
        if any(submission.arrival.body == b"bad" for submission in submissions):
            session.execute(text("UPDATE cross_reference SET record_id = 7"))
        return receipts

    group = [request(customer("K", phone="1")), request(customer("L", phone="1"), body=b"bad")]
    grouping = Grouping(store, settings, careless, patience=0.2)
    assert [type(outcome) for outcome in outcomes_of(grouping, group)] == [Receipt, SynchubError]
    assert keys_stored(store) == {"K"}


@only_postgresql
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_killed_under_a_group_is_answered_unavailable_and_the_next_one_succeeds(
    store: Engine, settings: Settings, when: str
) -> None:
    killed: list[int] = []

    def kill(session: Any) -> None:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        if not killed:
            killed.append(pid)
            with db.writing(store) as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    def mortal(session: Any, submissions: Sequence[Submission], settings: Settings) -> list[Receipt]:
        if when == "before":
            kill(session)
        receipts = write(session, submissions, settings)
        kill(session)
        return receipts

    with running(store, settings, write=mortal) as committer:
        with pytest.raises(Unavailable):
            committer.submit(request(customer("K", phone="1"))).result()
        assert committer.last_commit_failed
        assert messages(store) == []
        assert committer.submit(request(customer("K", phone="1"))).result().answer["verdicts"] == ["created"]
        assert not committer.last_commit_failed
    assert keys_stored(store) == {"K"}


@only_sqlite
def test_a_full_disk_is_answered_unavailable_and_work_resumes(store: Engine, settings: Settings) -> None:
    store.dispose()
    with store.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    limit = [pages]

    def capped(session: Any, submissions: Sequence[Submission], settings: Settings) -> list[Receipt]:
        session.execute(text(f"PRAGMA max_page_count = {limit[0]}"))
        return write(session, submissions, settings)

    grouping = Grouping(store, settings, capped, patience=0.2)
    large = [request(customer(f"K{n}", name="n" * 9000)) for n in range(20)]
    assert {type(outcome) for outcome in outcomes_of(grouping, large)} == {Unavailable}
    limit[0] = 2**30
    assert {type(outcome) for outcome in outcomes_of(grouping, large)} == {Receipt}


@only_postgresql
def test_a_deadlock_is_tried_again(store: Engine, settings: Settings) -> None:
    tries: list[int] = []

    def unlucky(session: Any, submissions: Sequence[Submission], settings: Settings) -> list[Receipt]:
        tries.append(len(submissions))
        if len(tries) < 3:
            session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$"))
        return write(session, submissions, settings)

    grouping = Grouping(store, settings, unlucky, patience=0.2)
    assert [type(outcome) for outcome in outcomes_of(grouping, [request(customer("K", phone="1"))])] == [Receipt]
    assert (tries, grouping.commits) == ([1, 1, 1], 1)
    assert {message.connection_id for message in messages(store)} == {A}


def test_a_request_that_fails_leaves_none_of_its_values_in_the_log(
    grouping: Grouping, caplog: pytest.LogCaptureFixture
) -> None:
    nobodys = request(refusal="words of a partner", connection=99)
    assert [type(outcome) for outcome in outcomes_of(grouping, [nobodys])] == [SynchubError]
    assert str(nobodys.arrival.id) in caplog.text
    assert "words of a partner" not in caplog.text
