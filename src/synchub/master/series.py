"""Numbers that the whole hub shares: the change counter and the series of record ids."""

from collections.abc import Iterator

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from synchub import db
from synchub.master.tables import Counter


def read_counter(session: Session) -> int:
    """The present change number."""
    return session.scalars(select(Counter.value).where(Counter.name == "change")).one()


def draw_numbers(session: Session, count: int) -> range:
    """The next change numbers; the last lock that a transaction takes, so that they rise in the order of commits."""
    return _draw(session, "change", count)


def draw_records(session: Session, count: int) -> Iterator[int]:
    """New record ids; gaps are left by transactions that fail."""
    if count == 0:
        return iter(())
    if db.is_sqlite(session):
        return iter(_draw(session, "record", count))
    drawn = text("SELECT nextval('record_number') FROM generate_series(1, :count)")
    return iter(sorted(session.scalars(drawn, {"count": count})))


def _draw(session: Session, name: str, count: int) -> range:
    statement = update(Counter).where(Counter.name == name).values(value=Counter.value + count).returning(Counter.value)
    last = session.scalars(statement, execution_options={"synchronize_session": False}).one()
    return range(last - count + 1, last + 1)
