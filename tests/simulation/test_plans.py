"""How SQLite would look things up in a big store, for every statement of some random histories.

No answer shows it, and a small store does not even by its speed. PostgreSQL plans by what the tables hold.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event
from tests.simulation.history import draw
from tests.simulation.run import Stores, failure

SEEDS = range(12)


@pytest.fixture
def stores() -> Iterator[Stores]:
    made = Stores()
    yield made
    made.engine.dispose()


def test_no_statement_reads_all_copies_of_a_connection(stores: Stores) -> None:
    plans: dict[str, list[str]] = {}

    def plan(connection: Connection, _: Any, statement: str, values: Any, __: Any, many: bool) -> None:
        looks_up = "cross_reference.connection_id" in statement and "count(" not in statement
        if looks_up and not many and statement not in plans:
            rows = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans[statement] = [row[-1] for row in rows]

    event.listen(stores.engine, "before_cursor_execute", plan)
    for seed in SEEDS:
        assert failure(stores, draw(seed)) is None
    assert len(plans) > 3, "the histories ask for no copies any more"
    for statement, steps in plans.items():
        assert not [step for step in steps if step.endswith("(connection_id=?)")], statement
