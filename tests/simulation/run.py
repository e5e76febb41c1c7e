"""Many histories: each on a fresh store; a failing one is shrunk and shown as a script."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Engine, Table, delete, text
from tests.simulation.arena import play
from tests.simulation.history import History, draw, script, smaller
from tests.simulation.partners import Violation

from synchub import db, schema
from synchub.files.missing import KEYS

MOST_CUTS = 400


class Stores:
    """Fresh stores, one after the other, on one engine: SQLite in memory, or a PostgreSQL that was migrated."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine = engine or db.open_engine("sqlite://")
        schema.migrate(self.engine)
        self._clearing = [
            *(delete(table) for table in self._in_order()),
            text("DELETE FROM connection WHERE id <> 0"),
            text("UPDATE counter SET value = 0 WHERE name = 'change'"),
        ]
        if self.engine.dialect.name == "sqlite":  # which reads its whole schema anew after a table of a transaction
            with self.engine.begin() as connection:
                KEYS.create(connection)

    def _in_order(self) -> list[Table]:
        """The tables that are emptied, those that refer to others first."""
        first = ["attempt", "delivery", "message", "change", "cross_reference"]
        kept = {"schema_fitness", "counter", "connection", "master_record", *first}
        others = [table.name for table in reversed(schema.METADATA.sorted_tables) if table.name not in kept]
        return [schema.METADATA.tables[name] for name in [*first, *others, "master_record"]]

    @contextmanager
    def fresh(self) -> Iterator[Engine]:
        """A store in which nothing has happened."""
        with db.writing(self.engine) as session:
            for statement in self._clearing:
                session.execute(statement)
        yield self.engine


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
