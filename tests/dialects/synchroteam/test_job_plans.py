"""How jobs are looked up: by what is asked for, not by reading all of them, nor all copies of a connection."""

from typing import Any

import pytest
from sqlalchemy import ColumnElement, event

from synchub import db, schema
from synchub.dialects.synchroteam.jobs.filters import JOBS
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.views import candidates

BY_ID = JOBS.c.id.desc()


@pytest.mark.parametrize(
    ("wanted", "begins"),
    [
        ([], "SCAN job"),  # in the order of ids, until the page is full
        ([JOBS.c.status == 3], "SCAN job"),
        ([JOBS.c.id < 7], "SEARCH job USING INTEGER PRIMARY KEY (rowid<?)"),
        ([db.among(JOBS.c.id, [7])], "SEARCH job USING INTEGER PRIMARY KEY (rowid=?)"),
        ([JOBS.c.number == 7], "SEARCH job USING COVERING INDEX ix_job_number (number=?)"),
        ([JOBS.c.job_id == "7_1"], "SEARCH job USING COVERING INDEX ix_job_job_id (job_id=?)"),
        ([db.among(JOBS.c.customer_id, [7])], "SEARCH job USING COVERING INDEX ix_job_customer_id (customer_id=?)"),
        ([db.among(JOBS.c.employee_id, [7])], "SEARCH job USING COVERING INDEX ix_job_employee_id (employee_id=?)"),
    ],
)
def test_a_page_of_jobs_is_looked_up_by_what_is_asked_for(wanted: list[ColumnElement[bool]], begins: str) -> None:
    """What no answer shows: SQLite would read all records that exist (PostgreSQL plans by what there is)."""
    engine = db.open_engine("sqlite://")
    schema.migrate(engine)
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    with db.reading(engine) as session:
        session.execute(candidates(JOB, wanted).order_by(BY_ID).limit(26))
        statement, values = asked[-1]
        steps = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    plan = [step.detail for step in steps if "json_each" not in step.detail and "SUBQUERY" not in step.detail]
    assert plan[0] == begins, plan
    assert [step for step in plan[1:] if step.startswith("SCAN")] == []
