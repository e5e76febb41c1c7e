"""Numbers that the whole hub shares: the change counter and the series of record ids."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.master.tables import Counter

PRESENT_RULES = select(func.coalesce(func.sum(Connection.rules_version + 1), 0)).scalar_subquery()
"""`Rules.version` of the connections as they are now."""


def read_counter(session: Session) -> int:
    """The present change number."""
    return session.scalars(select(Counter.value).where(Counter.name == "change")).one()


def draw_numbers(session: Session, count: int) -> range:
    """The next change numbers; the last lock that a transaction takes, so that they rise in the order of commits."""
    return _numbers(_draw(session, "change", count, Counter.value).one().value, count)


def draw_under(session: Session, count: int, rules: int) -> range:
    """The next change numbers, for what was weighed by the rules of this version.

    Records weighed anew after a rule change are locked, so whoever comes after that sees the new rules here; whoever
    had the lock first is weighed anew later.

    Raises:
        Overtaken: the rules have changed since.
    """
    drawn = _draw(session, "change", count, Counter.value, PRESENT_RULES.label("rules")).one()
    if drawn.rules != rules:
        raise db.Overtaken("the rules were changed while records were being weighed")
    return _numbers(drawn.value, count)


def draw_records(session: Session, count: int) -> Iterator[int]:
    """New record ids; gaps are left by transactions that fail."""
    if count == 0:
        return iter(())
    if db.is_sqlite(session):
        return iter(_numbers(_draw(session, "record", count, Counter.value).one().value, count))
    drawn = text("SELECT nextval('record_number') FROM generate_series(1, :count)")
    return iter(sorted(session.scalars(drawn, {"count": count})))


def skip_records(session: Session, taken: int) -> None:
    """Let no new record have an id up to this one: a partner brought it along from elsewhere."""
    if db.is_sqlite(session):
        behind = update(Counter).where(Counter.name == "record", Counter.value < taken)
        session.execute(behind.values(value=taken), execution_options={"synchronize_session": False})
        return
    session.execute(
        text("SELECT setval('record_number', GREATEST(:taken, (SELECT last_value FROM record_number)))"),
        {"taken": taken},
    )


def _draw(session: Session, name: str, count: int, *returned: Any) -> Any:
    statement = update(Counter).where(Counter.name == name).values(value=Counter.value + count).returning(*returned)
    return session.execute(statement, execution_options={"synchronize_session": False})


def _numbers(last: int, count: int) -> range:
    return range(last - count + 1, last + 1)
