"""The store's transactions."""

import threading

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from synchub import db, schema
from synchub.master.series import read_counter
from synchub.master.tables import Counter, MasterRecord

DEADLOCK = "DO $$ BEGIN RAISE EXCEPTION 'as if' USING ERRCODE = '40P01'; END $$"


def add_copy_without_record(engine: Engine) -> None:
    with db.writing(engine) as session:
        session.execute(
            text(
                "INSERT INTO cross_reference"
                " (connection_id, entity, external_key, record_id, home_record_id, sent_number)"
                " VALUES (0, 'customer', 'K', 1, 1, 0)"
            )
        )


def test_a_transaction_that_cannot_commit_leaves_the_store_usable(engine: Engine) -> None:
    for _ in range(3):
        with pytest.raises(IntegrityError):
            add_copy_without_record(engine)
    with db.writing(engine) as session:
        session.execute(text("UPDATE counter SET value = value + 1 WHERE name = 'change'"))
    with db.reading(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM cross_reference")) == 0
        assert session.scalar(text("SELECT value FROM counter WHERE name = 'change'")) == 1


def fail_halfway(engine: Engine) -> None:
    with db.writing(engine) as session:
        session.execute(text("UPDATE counter SET value = 7 WHERE name = 'change'"))
        raise ZeroDivisionError


def test_an_exception_in_the_block_rolls_everything_back(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_halfway(engine)
    with db.reading(engine) as session:
        assert session.scalar(text("SELECT value FROM counter WHERE name = 'change'")) == 0


def test_two_threads_that_write_wait_for_each_other(engine: Engine) -> None:
    def raise_by_one() -> None:
        for _ in range(50):
            with db.writing(engine) as session:
                statement = "SELECT value FROM counter WHERE name = 'change'"
                lock = "" if db.is_sqlite(session) else " FOR UPDATE"
                value = session.scalar(text(statement + lock))
                session.execute(text("UPDATE counter SET value = :value WHERE name = 'change'"), {"value": value + 1})

    threads = [threading.Thread(target=raise_by_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading(engine) as session:
        assert session.scalar(text("SELECT value FROM counter WHERE name = 'change'")) == 200


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_a_deadlock_is_tried_again_three_times(engine: Engine) -> None:
    tries = []

    def work(session: Session) -> str:
        tries.append(1)
        if len(tries) < 4:
            session.execute(text(DEADLOCK))
        return "done"

    assert db.retrying(engine, work) == "done"
    tries.clear()
    with pytest.raises(DBAPIError):
        db.retrying(engine, lambda session: session.execute(text(DEADLOCK)))


def test_what_was_overtaken_is_tried_again_three_times_and_leaves_nothing(engine: Engine) -> None:
    tries = []

    def work(session: Session) -> int:
        tries.append(1)
        session.execute(text("UPDATE counter SET value = value + 1 WHERE name = 'change'"))
        if len(tries) < 4:
            raise db.Overtaken
        return read_counter(session)

    assert db.retrying(engine, work) == 1


def test_what_is_overtaken_again_and_again_is_given_up(engine: Engine) -> None:
    tries = []

    def work(_: Session) -> None:
        tries.append(1)
        raise db.Overtaken

    with pytest.raises(db.Overtaken):
        db.retrying(engine, work)
    assert len(tries) == 4


def test_many_keys_are_looked_up_by_an_index() -> None:
    """What no answer shows: SQLite would read the whole table (PostgreSQL plans by what the table holds)."""
    engine = db.open_engine("sqlite://")
    schema.migrate(engine)
    asked = select(MasterRecord.label).where(db.among(db.table_of(MasterRecord).c.id, [1, 2, 3])).compile(engine)
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", ("[1, 2, 3]",)).all()
    assert any("SEARCH master_record USING INTEGER PRIMARY KEY" in step.detail for step in plan), plan


def test_many_keys_are_one_parameter(engine: Engine) -> None:
    with db.reading(engine) as session:
        names = [f"n{number}" for number in range(70_000)]
        chosen = db.among(db.table_of(Counter).c.name, [*names, "change", 'quote"\\'])
        assert session.execute(db.table_of(Counter).select().where(chosen)).all()[0].name == "change"
        ids = db.among(db.table_of(MasterRecord).c.id, range(70_000))
        assert session.execute(db.table_of(MasterRecord).select().where(ids)).all() == []


def test_no_partners_data_stand_in_the_error_of_a_statement(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as raised, db.writing(engine) as session:
        session.execute(text("SELECT :said FROM nowhere"), {"said": "a secret of a partner"})
    assert "a secret of a partner" not in str(raised.value)
