"""What a job is called: its number, which people read, and its id, which is the vendor's pattern.

Numbers come of one series, whose lock every request holds that names a new job, so that no two processes give one
number, or one id, to two jobs. A number that a client brings for a new job is used, and the series goes on after it.
An id that a client brings is its own name for the job (`their_id`); the hub gives the job one of its own beside it.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import ANOTHER_HUBS, own_text
from synchub.dialects.synchroteam.jobs.kind import JOB, find
from synchub.dialects.synchroteam.sending import Place
from synchub.master import naming
from synchub.master.entities.field_service import Job
from synchub.master.series import draw_series, skip_series

JOBS = db.table_of(Job)
SERIES = "job"
LONGEST_ID = 64
_STEP = timedelta(milliseconds=1)


def name(place: Place) -> None:
    """Give a job that has none its number and its ids; a number and an id stay what they are.

    Raises:
        Declined: the row says another number or id than the job has.
    """
    held, fields, text = place.held(), place.said.fields, place.said.named.text
    said = fields.pop("number", None)
    if text is not None and not place.is_new and place.record not in find(place.session, place.connection, "id", text):
        raise Declined(f"there is no job with idJob {text}")
    if held.number is not None:
        if said not in {None, held.number}:
            raise Declined(f"the num of this job is {held.number}, not {said}")
        return
    fields["number"] = _drawn(place.session) if said is None else _brought(place, int(str(said)))
    if held.job_id is None:
        creator = fields.setdefault("creator", held.creator) or place.connection.id
        fields |= {"creator": creator, "job_id": _new_id(place.session, int(creator))}
    if text is not None and own_text(place.copy) is None:
        _adopt(place, text)


def _drawn(session: Session) -> int:
    """The next number; one that a job has, because it was brought in beside the series, is passed over."""
    while True:
        (number,) = draw_series(session, SERIES, 1)
        if _owner(session, number) is None:
            return number


def _brought(place: Place, number: int) -> int:
    skip_series(place.session, SERIES, number)
    if _owner(place.session, number) is None:
        return number
    if find(place.session, place.connection, "num", number):
        raise db.Overtaken("another request has just used this number")
    raise Declined(f"num {number} is that of a job that is gone")


def _owner(session: Session, number: int) -> int | None:
    return session.scalar(select(JOBS.c.id).where(JOBS.c.number == number).limit(1))


def _new_id(session: Session, creator: int) -> str:
    """An id in the vendor's pattern, creator_yyMMddHHmmssfff, of a moment that no other job has."""
    moment = datetime.fromtimestamp(clock.now() / clock.SECOND, UTC)
    while True:
        made = f"{creator}_{moment:%y%m%d%H%M%S}{moment.microsecond // 1000:03}"
        if session.scalar(select(JOBS.c.id).where(JOBS.c.job_id == made).limit(1)) is None:
            return made
        moment += _STEP


def _adopt(place: Place, text: str) -> None:
    """Keep the id that a client brings for a new job as its own."""
    if len(text) > LONGEST_ID or text.startswith(ANOTHER_HUBS):
        raise Declined(f"idJob must have at most {LONGEST_ID} characters and not begin with {ANOTHER_HUBS}")
    if naming.copies_by(place.session, place.connection.id, JOB.entity, "their_id", {text}):
        if find(place.session, place.connection, "id", text):
            raise db.Overtaken("another request has just used this id")
        raise Declined(f"idJob {text} is that of a job that is gone")
    naming.number(place.session, [(place.copy.id, text)])
