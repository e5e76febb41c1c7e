"""Many histories: each on a fresh store; a failing one is shrunk and shown as a script."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Engine, delete, text
from sqlalchemy.engine import Connection
from tests.simulation.arena import play
from tests.simulation.history import History, draw, script, smaller
from tests.simulation.partners import Violation

from synchub import db, schema

MOST_CUTS = 400


class Stores:
    """Fresh stores, one after the other, on one engine: SQLite in memory, or a PostgreSQL that was migrated."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine = engine or db.open_engine("sqlite://")
        schema.migrate(self.engine)
        self._tables = [table.name for table in reversed(schema.METADATA.sorted_tables)]

    @contextmanager
    def fresh(self) -> Iterator[Engine]:
        """A store in which nothing has happened."""
        with db.writing(self.engine) as session:
            self._clear(session.connection())
        yield self.engine

    def _clear(self, connection: Connection) -> None:
        kept = {"schema_fitness", "counter", "connection"}
        for name in ("attempt", "delivery", "message", "change", "cross_reference"):
            connection.execute(delete(schema.METADATA.tables[name]))
        for name in self._tables:
            if name not in kept | {"master_record"}:
                connection.execute(delete(schema.METADATA.tables[name]))
        connection.execute(text("DELETE FROM master_record"))
        connection.execute(text("DELETE FROM connection WHERE id <> 0"))
        connection.execute(text("UPDATE counter SET value = 0 WHERE name = 'change'"))


def failure(stores: Stores, history: History) -> str | None:
    """What went wrong in a history, if anything did."""
    with stores.fresh() as engine:
        try:
            play(engine, history)
        except Violation as violation:
            return "\n".join([str(violation), *violation.__notes__])
    return None


def shrink(history: History, fails: Callable[[History], object]) -> History:
    """The smallest history that still fails, as far as a few hundred tries find it."""
    left = MOST_CUTS
    while True:
        for candidate in smaller(history):
            left -= 1
            if left < 0:
                return history
            if fails(candidate):
                history = candidate
                break
        else:
            return history


def report(stores: Stores, seeds: Iterable[int], *, as_found: bool = False) -> str | None:
    """The first failing history of these seeds, shrunk unless `as_found`, as a script; None if all hold."""
    for seed in seeds:
        history = draw(seed)
        if failure(stores, history):
            small = history if as_found else shrink(history, partial(failure, stores))
            return f"seed {seed}: {failure(stores, small)}\n\n{script(small)}"
    return None
