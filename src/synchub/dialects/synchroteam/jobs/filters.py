"""What Jobs/Search may ask of a job. A filter by a column that the connection is not told of finds nothing."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, not_
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import views
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.jobs.spans import JOBS, NEVER, Condition, Span
from synchub.dialects.synchroteam.jobs.states import State
from synchub.dialects.synchroteam.query import whole_number
from synchub.dialects.synchroteam.questions import Question
from synchub.dialects.synchroteam.references import by_selector
from synchub.dialects.synchroteam.users import USER
from synchub.dialects.synchroteam.views import may_read
from synchub.errors import Unreadable

FROM, TO, REPORTED = "dateFrom", "dateTo", "reportChangedFrom"
OBJECTS = {each.to.noun: each for each in JOB.references if each.name}
"""The filters that are objects, by their words: customer, site and equipment."""
FILTERS = (FROM, TO, REPORTED, "userName", "userId", "status", "myId", *OBJECTS)
MEMBERS = ("id", "myId", "name")
UNDER_WAY = (State.STARTED, State.SUSPENDED)


@dataclass(frozen=True, slots=True)
class _Asked:
    session: Session
    connection: Connection
    question: Question

    def text(self, word: str) -> str:
        """What a filter says, which is there."""
        return self.question.text(word) or ""

    def told(self, column: str, *conditions: Condition) -> Condition:
        """Conditions on a column, which nothing fulfils where the connection is not told of it."""
        return and_(*conditions) if may_read(self.connection, JOB, column) else false()

    def moment(self, word: str) -> str | None:
        """The moment of a filter, as columns have it; of the last one that is meant, the first after it."""
        return self.question.moment(word, self.connection.time_zone, through=word == TO)

    @property
    def span(self) -> Span:
        """What lies between the dates."""
        return Span(self.moment(FROM), self.moment(TO))

    def among(self, column: str, records: Collection[int]) -> Condition:
        return self.told(column, db.among(JOBS.c[column], records))


@dataclass(frozen=True, slots=True)
class Way:
    """One way to fulfil all filters: its conditions, and the moment by which the jobs of it follow each other."""

    conditions: list[Condition]
    moment: ColumnElement[str] | None = None


def ways(session: Session, connection: Connection, question: Question) -> list[Way]:
    """The ways in which a job fulfils all filters; none fulfils them in two.

    Raises:
        Unreadable: a filter is none.
    """
    asked = _Asked(session, connection, question)
    made = views.conditions(session, connection, JOB, question.changed)
    made += [make(asked) for word, make in _MADE.items() if word in question.filters]
    made += [_object(asked, word) for word in OBJECTS if word in question.filters]
    if not {FROM, TO} & question.filters.keys():
        return [Way(made)]
    by_plan = [Way([*made, planned], JOBS.c.scheduled_begin) for planned in _planned(asked)]
    by_work = [Way([*made, *worked], JOBS.c.real_begin) for worked in _worked(asked)]
    return by_plan + by_work or [Way([false()])]


def _planned(asked: _Asked) -> Iterable[Condition]:
    """The ways to a job whose plan lies between the dates in part."""
    return asked.span.planned(JOBS.c.scheduled_end) if may_read(asked.connection, JOB, "scheduled_begin") else ()


def _worked(asked: _Asked) -> Iterable[list[Condition]]:
    """The ways to a job whose work does, but not its plan."""
    if not may_read(asked.connection, JOB, "real_begin"):
        return []
    span, end = asked.span, _end_of_work(asked)
    if not may_read(asked.connection, JOB, "scheduled_begin"):
        return [[span.touched("real_begin", end)]]
    planned = span.touched("scheduled_begin", JOBS.c.scheduled_end)
    return [[worked, not_(func.coalesce(planned, false()))] for worked in span.worked(end)]


def _end_of_work(asked: _Asked) -> ColumnElement[Any]:
    """When work ended; if nobody ended it, it goes on while the job is under way."""
    under_way = asked.told("status", JOBS.c.status.in_(UNDER_WAY))
    return func.coalesce(JOBS.c.real_end, case((under_way, NEVER)))


def _reported(asked: _Asked) -> Condition:
    return asked.told("report", JOBS.c.report_changed_at >= asked.moment(REPORTED))


def _login(asked: _Asked) -> Condition:
    login = asked.text("userName") if may_read(asked.connection, USER, "login") else ""
    return asked.among("employee_id", by_selector(asked.session, asked.connection, USER, USER.key, login))


def _user(asked: _Asked) -> Condition:
    number = whole_number("userId", asked.text("userId"))
    return asked.among("employee_id", by_selector(asked.session, asked.connection, USER, "id", number))


def _status(asked: _Asked) -> Condition:
    state = whole_number("status", asked.text("status"))
    if state not in set(State):
        raise Unreadable(f"status must lie between {min(State)} and {max(State)}")
    return asked.told("status", JOBS.c.status == state)


def _key(asked: _Asked) -> Condition:
    return and_(*views.conditions(asked.session, asked.connection, JOB, {JOB.key: asked.text("myId")}))


def _object(asked: _Asked, word: str) -> Condition:
    """Whether a job refers to one of the records that an object {id, myId, name} means; a 0 is no id."""
    reference, made = OBJECTS[word], []
    for by, text in asked.question.members(word, MEMBERS).items():
        value = whole_number(f"{word}.id", text) if by == "id" else text
        if value != 0:
            found = by_selector(asked.session, asked.connection, reference.to, by, value)
            made.append(asked.among(reference.column, found))
    return and_(True, *made)  # noqa: FBT003 - SQL's own


_MADE: dict[str, Callable[[_Asked], Condition]] = {
    REPORTED: _reported,
    "userName": _login,
    "userId": _user,
    "status": _status,
    JOB.key: _key,
}
