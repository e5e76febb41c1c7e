"""The store: its engine, its two kinds of transaction, and the only lines that know SQLite from PostgreSQL.

`reading(engine)` and `writing(engine)` are the only ways to a session. SQLite begins IMMEDIATE for every transaction
that may write and lets one thread of the process in at a time, so that its busy handler never has to guess; PostgreSQL
relies on row locks. `retrying` runs a writing transaction again after a deadlock or a serialisation failure,
or when the transaction was `Overtaken`.

A statement that names many keys uses `among`, which is one parameter however many keys there are.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BigInteger,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Numeric,
    Select,
    String,
    Table,
    Text,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator, TypeEngine

from synchub import clock
from synchub.db.membership import among as among
from synchub.db.membership import many as many
from synchub.errors import Unavailable

Result = TypeVar("Result")

ATTEMPTS = 4
RETRYABLE = {"40P01", "40001"}  # deadlock_detected, serialization_failure
SQLITE_BUSY_SECONDS = 30
RESTED_SECONDS = 1.0
"""After which a connection to PostgreSQL is asked whether it is still there before it is used."""
RECYCLE_SECONDS = 3600
"""The age at which a connection to PostgreSQL is replaced, and with that the time there asked for anew."""
_TIME_THERE = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
CHANNEL = "synchub_changed"
"""What processes listen on to hear of changes."""

BigKey = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """All tables of the hub; the schema itself comes only from `migrations/`."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Json(TypeDecorator[Any]):
    """A JSON document kept as text: cheaper to write than jsonb, and the same bytes on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal that comes back as it went in: numeric on PostgreSQL, text on SQLite."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value)


def table_of(mapped: type[Base]) -> Table:
    """The table of a mapped class, for statements that skip the object layer."""
    return cast(Table, mapped.__table__)


def open_engine(url: str, *, pool_size: int = 20) -> Engine:
    """An engine for `url` (sqlite:///… or postgresql://…), with our settings for that database.

    SQLite runs in WAL mode with synchronous=FULL: a commit that returned is on the disk. Each new connection to
    PostgreSQL asks for the time there, which this process goes by.
    """
    location = make_url(url)
    if location.get_backend_name() == "sqlite":
        return _open_sqlite(url, memory=location.database in {None, "", ":memory:"})
    location = location.set(drivername="postgresql+psycopg")
    engine = create_engine(
        location,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_recycle=RECYCLE_SECONDS,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def agree(connection: Any, _record: Any) -> None:
        (there,) = connection.execute(_TIME_THERE).fetchone()
        clock.follow(there)
        connection.rollback()

    _look_before_use(engine)
    return engine


def _look_before_use(engine: Engine) -> None:
    """Ask a connection that rested whether it is still there; one that was just used is believed."""
    from psycopg import Error

    @event.listens_for(engine, "checkin")
    def left(_connection: Any, record: Any) -> None:
        record.info["left"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, record: Any, _proxy: Any) -> None:
        now = time.monotonic()
        if now - record.info.get("left", now) < RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except Error as error:
            raise InvalidatePoolError from error


def _open_sqlite(url: str, *, memory: bool) -> Engine:
    arguments: dict[str, Any] = {"poolclass": StaticPool} if memory else {"pool_size": 20, "max_overflow": 40}
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False, "timeout": SQLITE_BUSY_SECONDS},
        hide_parameters=True,
        **arguments,
    )
    _gates[engine] = threading.RLock()

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "reset")
    def reset(connection: Any, _record: Any, _state: Any) -> None:
        if connection.in_transaction:  # a COMMIT that failed leaves it open, and nobody else rolls it back
            connection.rollback()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'DEFERRED')}")

    return engine


_gates: WeakKeyDictionary[Engine, threading.RLock] = WeakKeyDictionary()


@contextmanager
def reading(engine: Engine, *, at_once: bool = False, at_one_moment: bool = False) -> Iterator[Session]:
    """A session that only reads; it is rolled back at the end.

    `at_once` is for a few statements of few rows: PostgreSQL is spared the transaction around them, whose statements
    would see no other state together than each by itself. With `at_one_moment` all statements see the store as it is
    when the first begins, as SQLite's always do.
    """
    level = "AUTOCOMMIT" if at_once else "REPEATABLE READ" if at_one_moment else None
    bound = engine.execution_options(isolation_level=level) if level and engine.dialect.name != "sqlite" else engine
    with Session(bound, expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session whose transaction commits at the end of the block and is rolled back by any exception."""
    with _gates.get(engine, nullcontext()), Session(engine, expire_on_commit=False) as session:
        session.connection(execution_options={"begin": "IMMEDIATE"})
        yield session
        session.commit()


class Overtaken(Unavailable):
    """What a transaction read first had changed before it held its locks: it is to be run again."""


def retrying(engine: Engine, work: Callable[[Session], Result]) -> Result:
    """The result of `work` in a writing transaction, tried again three times after a deadlock or the like."""
    for _ in range(ATTEMPTS - 1):
        try:
            with writing(engine) as session:
                return work(session)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in RETRYABLE:
                raise
        except Overtaken:
            continue
    with writing(engine) as session:
        return work(session)


def is_sqlite(session: Session) -> bool:
    """Whether the session's store is SQLite."""
    return session.get_bind().dialect.name == "sqlite"


def insert(session: Session, table: Any) -> Any:
    """An INSERT of the session's database, which knows ON CONFLICT."""
    return inserting(table, sqlite=is_sqlite(session))


def inserting(table: Any, *, sqlite: bool) -> Any:
    """As `insert`, where the database is known."""
    return sqlite_insert(table) if sqlite else postgresql.insert(table)


def locked(statement: Select[Any], *, skip_locked: bool = False) -> Select[Any]:
    """The statement with its rows locked (FOR NO KEY UPDATE); SQLite holds its one write lock already."""
    return statement.with_for_update(key_share=True, skip_locked=skip_locked)


def lock_digests(session: Session, digests: Iterable[bytes]) -> None:
    """Hold a lock on each digest until the transaction ends, taken in order."""
    if is_sqlite(session):
        return
    numbers = sorted({int.from_bytes(digest[:8], "big", signed=True) for digest in digests})
    if numbers:
        session.execute(
            text("SELECT pg_advisory_xact_lock(n) FROM unnest(CAST(:numbers AS bigint[])) AS n"),
            {"numbers": numbers},
        )


def analyze(session: Session, *tables: str) -> None:
    """Bring the planner's statistics up to date after bulk growth."""
    for table in tables:
        session.execute(text(f"ANALYZE {table}"))


def notify(session: Session, channel: str) -> None:
    """A hint to processes that `listen`, sent when the transaction commits; SQLite has one process and needs none."""
    if not is_sqlite(session):
        session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": channel})


READ_ONLY = "25006"
"""What PostgreSQL says where nothing may be written: on a standby, for one (its manual, appendix A)."""


def is_unavailable(error: BaseException) -> bool:
    """Whether the store, not the statement, is at fault: unreachable, full, read-only, locked for too long."""
    if not isinstance(error, DBAPIError):
        return False
    read_only = getattr(error.orig, "sqlstate", None) == READ_ONLY
    return isinstance(error, OperationalError) or error.connection_invalidated or read_only
