"""How a partner's names are looked up."""

from typing import Any

import pytest
from sqlalchemy import event

from synchub import db, schema
from synchub.master import naming


@pytest.mark.parametrize(
    ("column", "value", "index"),
    [
        ("record_id", 7, "INDEX ix_cross_reference_record_id (record_id=?)"),
        ("external_key", "K7", "(connection_id=? AND entity=? AND external_key=?)"),
        ("their_id", "7", "INDEX ix_cross_reference_their_id (connection_id=? AND entity=? AND their_id=?)"),
    ],
)
def test_copies_are_looked_up_by_what_is_asked_for(column: str, value: Any, index: str) -> None:
    """What no answer shows: SQLite would read all of the connection's copies (PostgreSQL plans by what there is)."""
    engine = db.open_engine("sqlite://")
    schema.migrate(engine)
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    with db.reading(engine) as session:
        naming.copies_by(session, 5, "customer", column, {value})
        statement, values = asked[-1]
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert any(index in step.detail for step in plan), plan
