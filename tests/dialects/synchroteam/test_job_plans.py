"""How jobs are looked up: by what is asked for, not by reading all of them, nor all copies of a connection."""

import re
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Select, event

from synchub import db, schema
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.jobs.spans import JOBS, Span
from synchub.dialects.synchroteam.views import candidates

BY_ID = JOBS.c.id.desc()


def plan_of(question: Select[Any]) -> list[str]:
    """How an empty SQLite would answer it."""
    engine = db.open_engine("sqlite://")
    schema.migrate(engine)
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    with db.reading(engine) as session:
        session.execute(question)
        statement, values = asked[-1]
        steps = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    plan = [step.detail for step in steps]
    return [step for step in plan if "json_each" not in step and "SUBQUERY" not in step]


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
    plan = plan_of(candidates(JOB, wanted).order_by(BY_ID).limit(26))
    assert plan[0] == begins, plan
    assert [step for step in plan[1:] if step.startswith("SCAN")] == []


SINCE, UNTIL = "2026-07-19T22:00:00Z", "2026-07-26T22:00:00Z"


@pytest.mark.parametrize(
    ("span", "planned", "worked"),
    [
        (
            Span(SINCE, UNTIL),
            ["ix_job_scheduled_begin", "ix_job_overnight"],
            ["ix_job_moved", *["ix_job_real_begin"] * 2],
        ),
        (Span(SINCE, None), ["ix_job_scheduled_begin", "ix_job_overnight"], ["ix_job_moved", "ix_job_real_begin"]),
        (Span(None, UNTIL), ["ix_job_scheduled_begin"], ["ix_job_moved", "ix_job_real_begin"]),
    ],
)
def test_each_way_to_the_jobs_between_two_dates_has_its_index(span, planned, worked):
    ways = [(JOBS.c.scheduled_begin, way) for way in span.planned(JOBS.c.scheduled_end)]
    ways += [(JOBS.c.real_begin, way) for way in span.worked(JOBS.c.real_end)]
    plans = [plan_of(candidates(JOB, [way]).order_by(begin.desc(), BY_ID).limit(26)) for begin, way in ways]
    walks = [re.fullmatch(r"SEARCH job USING (?:COVERING )?INDEX (\w+) \(\w+[<>?AND \w]+\)", plan[0]) for plan in plans]
    assert [walk and walk[1] for walk in walks] == [*planned, *worked]
