"""Numbers that the whole hub shares: the change counter, the series of record ids, and those that people read."""

from collections.abc import Iterator

from sqlalchemy import BigInteger, bindparam, case, func, select, text, update
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.master.tables import Counter

COUNTERS = db.table_of(Counter)
PRESENT_RULES = select(func.coalesce(func.sum(Connection.rules_version + 1), 0)).scalar_subquery()
"""`Rules.version` of the connections as they are now."""
_READ = select(COUNTERS.c.value).where(COUNTERS.c.name == "change")
_RAISED = (
    update(COUNTERS)
    .where(COUNTERS.c.name == bindparam("which"))
    .values(value=COUNTERS.c.value + bindparam("count", type_=BigInteger))
)
_SKIPPED = (
    update(COUNTERS)
    .where(COUNTERS.c.name == bindparam("which"), COUNTERS.c.value < bindparam("taken", type_=BigInteger))
    .values(value=bindparam("taken", type_=BigInteger))
)
_TAKEN = bindparam("taken", type_=BigInteger)
_PASSED = (
    update(COUNTERS)
    .where(COUNTERS.c.name == bindparam("which"))
    .values(value=case((COUNTERS.c.value < _TAKEN, _TAKEN), else_=COUNTERS.c.value))
)
_DRAWN = _RAISED.returning(COUNTERS.c.value)
_DRAWN_UNDER = _RAISED.returning(COUNTERS.c.value, PRESENT_RULES.label("rules"))


def read_counter(session: Session) -> int:
    """The present change number."""
    return int(session.scalars(_READ).one())


def draw_numbers(session: Session, count: int) -> range:
    """The next change numbers; the last lock that a transaction takes, so that they rise in the order of commits."""
    return _draw(session, "change", count)


def draw_under(session: Session, count: int, rules: int) -> range:
    """The next change numbers, for what was weighed by the rules of this version.

    Records weighed anew after a rule change are locked, so whoever comes after that sees the new rules here; whoever
    had the lock first is weighed anew later.

    Raises:
        Overtaken: the rules have changed since.
    """
    drawn = session.execute(_DRAWN_UNDER, {"which": "change", "count": count}).one()
    if drawn.rules != rules:
        raise db.Overtaken("the rules were changed while records were being weighed")
    return _numbers(drawn.value, count)


def draw_records(session: Session, count: int) -> Iterator[int]:
    """New record ids; gaps are left by transactions that fail."""
    if count == 0:
        return iter(())
    if db.is_sqlite(session):
        return iter(_draw(session, "record", count))
    drawn = text("SELECT nextval('record_number') FROM generate_series(1, :count)")
    return iter(sorted(session.scalars(drawn, {"count": count})))


def skip_records(session: Session, taken: int) -> None:
    """Let no new record have an id up to this one: a partner brought it along from elsewhere."""
    if db.is_sqlite(session):
        session.execute(_SKIPPED, {"which": "record", "taken": taken})
        return
    skipping = text("SELECT setval('record_number', :taken) FROM record_number WHERE last_value < :taken")
    session.execute(skipping, {"taken": taken})


def draw_series(session: Session, name: str, count: int) -> range:
    """The next numbers of a series that people read, drawn after all locks on records.

    Nobody else draws of it until the transaction ends, and one that fails gives its numbers back: there are no gaps.
    """
    return _draw(session, name, count)


def skip_series(session: Session, name: str, taken: int) -> None:
    """Let a series go on after a number that was brought along; nobody draws of it until the transaction ends."""
    session.execute(_PASSED, {"which": name, "taken": taken})


def _draw(session: Session, name: str, count: int) -> range:
    return _numbers(session.scalars(_DRAWN, {"which": name, "count": count}).one(), count)


def _numbers(last: int, count: int) -> range:
    return range(last - count + 1, last + 1)
