"""What a row says of a job, completed by what is stored: whom its lists name, its state, its duration, its number."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row as DbRow
from sqlalchemy import select

from synchub import clock, db
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.equipment import EQUIPMENT
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.jobs import mentions, naming
from synchub.dialects.synchroteam.jobs.asked import known_questions
from synchub.dialects.synchroteam.jobs.kind import LONGEST_DAYS
from synchub.dialects.synchroteam.jobs.report import merged
from synchub.dialects.synchroteam.jobs.states import PLANNED, State, check_move, planned
from synchub.dialects.synchroteam.members import Member
from synchub.dialects.synchroteam.references import key_of
from synchub.dialects.synchroteam.sending import Place
from synchub.dialects.synchroteam.sites import SITE
from synchub.dialects.synchroteam.views import others
from synchub.dialects.synchroteam.words import utc_now
from synchub.master.naming import lock_records
from synchub.master.values import as_list

_LISTS = {
    "parts": mentions.parts,
    "activities": mentions.activities,
    "other_technicians": mentions.technicians,
}
_SPANS = (("scheduled_begin", "scheduled_end"), ("real_begin", "real_end"))
_TYPE = ("job_type_id", "job_type")


class _Job:
    """A job that a row is about: as it is stored (`held`), and as the row leaves it."""

    def __init__(self, place: Place, held: DbRow[Any]) -> None:
        self.place, self.held, self.fields = place, held, place.said.fields

    def stored(self, column: str) -> Any:
        """What is stored of it; nothing of a new one."""
        return None if self.place.is_new else getattr(self.held, column)

    def after(self, column: str) -> Any:
        """What a column will hold."""
        return self.fields[column] if column in self.fields else self.stored(column)


def complete(place: Place) -> None:
    """Complete a row that is about to be written.

    Raises:
        Declined: it breaks a rule, or names what is not known.
    """
    if place.is_new and all(value is None for name, value in place.said.fields.items() if name != "number"):
        raise Declined("a new job needs a customer or a description")
    job = _Job(place, place.held())
    _customer(job)
    for column, completed in _LISTS.items():
        if job.fields.get(column) is not None:
            job.fields[column] = completed(place, job.fields[column])
    _report(job)
    _times(job)
    _type(job)
    _state(job)
    naming.name(place)


def _customer(job: _Job) -> None:
    """A job that has no customer is one for the customer of its site, else of its equipment."""
    place = job.place
    for kind in (SITE, EQUIPMENT) if place.referred.get("customer_id", job.stored("customer_id")) is None else ():
        record = place.referred.get(f"{kind.entity}_id")
        typed = db.table_of(kind.made)
        owner = place.session.scalar(select(typed.c.customer_id).where(typed.c.id == record)) if record else None
        if owner is not None and others(place.session, place.connection, CUSTOMER, [owner]):
            lock_records(place.session, {owner})
            job.fields["customer_id"] = key_of(place.session, place.connection, CUSTOMER, owner)
            return


def _report(job: _Job) -> None:
    if "report" not in job.fields:
        return
    known = list(known_questions(job.place)) if job.fields["report"] is not None else ()
    job.fields["report"] = merged(job.stored("report"), job.fields["report"], known)
    if job.fields["report"] != job.stored("report"):
        job.fields["report_changed_at"] = utc_now(clock.now())


def _times(job: _Job) -> None:
    """See that nothing ends before it begins; where activities are known, they are the duration (JOB-6)."""
    columns = job.place.kind.row.columns
    for begin, end in _SPANS:
        if not job.after(begin) or not job.after(end):
            continue
        lasts = datetime.fromisoformat(job.after(end)) - datetime.fromisoformat(job.after(begin))
        if lasts < timedelta():
            raise Declined(f"{columns[end]} lies before {columns[begin]}")
        if lasts.days > LONGEST_DAYS:
            raise Declined(f"{columns[end]} lies more than {LONGEST_DAYS} days after {columns[begin]}")
    activities = as_list(job.after("activities"))
    if activities and {"activities", "duration"} & job.fields.keys():
        job.fields["duration"] = minutes_of(activities)


def minutes_of(activities: Sequence[Member]) -> int:
    """How long activities took, in minutes; those that go on still count for nothing."""
    ended = [(one["begin"], one["end"]) for one in activities if one.get("begin") and one.get("end")]
    seconds = sum((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds() for begin, end in ended)
    return int(seconds // 60)


def _type(job: _Job) -> None:
    """A type that is said by its id alone, or by its name, leaves nothing of another one."""
    said = [column for column in _TYPE if column in job.fields]
    if len(said) == 1 and job.fields[said[0]] != job.stored(said[0]):
        job.fields.update({column: None for column in _TYPE if column not in said})


def _state(job: _Job) -> None:
    """The state that the row names, if it may follow; else planned jobs go by their date."""
    said, held = job.fields.pop("status", None), job.stored("status")
    if said is not None:
        if held is not None:
            check_move(int(held), int(said))
        job.fields["status"] = said
    elif held is None or (held in PLANNED and "scheduled_begin" in job.fields):
        job.fields["status"] = planned(job.after("scheduled_begin"))
    if job.fields.get("status") == State.VALIDATED != held:
        stamp(job.place)


def stamp(place: Place) -> None:
    """Write down who validated a job, and when, unless the row says it."""
    place.said.fields.setdefault("validated_at", utc_now(clock.now()))
    place.said.fields.setdefault("validated_by", place.connection.id)
