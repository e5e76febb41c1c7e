"""Jobs in files: their lists name parts and users, their numbers are of one series.

What a line says of a job is taken as it is: what has happened is not judged again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.dialects.synchroteam.carrying import numbers
from synchub.dialects.synchroteam.carrying.cargo import Cargo, Taken
from synchub.dialects.synchroteam.carrying.lookups import Lookup
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.jobs.naming import SERIES, new_ids
from synchub.dialects.synchroteam.jobs.states import planned
from synchub.dialects.synchroteam.kinds import Reference
from synchub.dialects.synchroteam.members import Member
from synchub.dialects.synchroteam.moments import NotRead, in_utc
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.references import Naming
from synchub.dialects.synchroteam.sending import Said
from synchub.dialects.synchroteam.users import USER
from synchub.master.entities.field_service import Job
from synchub.master.values import as_list, spell_list

TYPED = db.table_of(Job)
_PART = Reference("item", PART, id="id", key="reference")
_WORKER = Reference("employee", USER, id="idUser", key="login")


def _listed(row: Taken, said: Said) -> Iterator[tuple[str, int, Member, Naming]]:
    """The members of lists that name others, each with its list's column, its place there, and what it names."""
    for column, reference in (("parts", _PART), ("activities", _WORKER)):
        word = JOB.row.columns[column]
        for place, one in enumerate(as_list(said.fields.get(column)), 1):
            named = Naming(reference, one["id"], one[reference.key or ""])
            is_gone = row.denies(word, place, reference.id or "")
            yield column, place, one, Naming(reference) if is_gone else named
    for place, login in enumerate(as_list(said.fields.get("other_technicians")), 1):
        yield "other_technicians", place, {"login": login}, Naming(_WORKER, None, str(login))


def _mentioned(row: Taken, said: Said) -> Iterable[Naming]:
    return (named for *_, named in _listed(row, said) if not named.is_blank)


def _refer(row: Taken, said: Said, lookup: Lookup) -> None:
    made: dict[str, list[Any]] = {}
    for column, place, one, named in _listed(row, said):
        word = JOB.row.columns[column]
        try:
            record = None if named.is_blank else _record(lookup, named)
            member = _MEMBERS[column](one, record, lookup.connection.time_zone)
        except Declined as error:
            raise Declined(f"{word} row {place}: {error}") from None
        except NotRead:
            raise Declined(f"{word} row {place}: a moment lies too far away") from None
        if record is None and not named.is_blank:
            row.notes.append(f"{word} row {place}: there is no {named.reference.to.noun} {named.key}: kept as a word")
        made.setdefault(column, []).append(member)
    said.fields |= {column: spell_list(members) for column, members in made.items()}


def _record(lookup: Lookup, named: Naming) -> int | None:
    """The record that a member names; one that is named by its key alone may be gone since.

    Raises:
        Declined: there is none of its id.
    """
    try:
        return lookup.resolve(named, {})
    except Declined:
        if named.id is None:
            return None
        raise


def _part(one: Member, record: int | None, _zone: str) -> Any:
    return {"item": record, "reference": one["reference"], "quantity": one["quantity"]}


def _activity(one: Member, record: int | None, zone: str) -> Any:
    begin, end = (in_utc(text, zone) if (text := one[word]) else None for word in ("begin", "end"))
    return {"employee": record, "login": one["login"], "begin": begin, "end": end}


def _technician(one: Member, _record: int | None, _zone: str) -> Any:
    return one["login"]


_MEMBERS: Mapping[str, Callable[[Member, int | None, str], Any]] = {
    "parts": _part,
    "activities": _activity,
    "other_technicians": _technician,
}


def _complete(session: Session, rows: Sequence[Taken]) -> None:
    """See that every job has a state, a number and an id."""
    numbers.settle(session, JOB, rows, lambda _within: SERIES)
    ids = [row.copy.record_id for row in rows if row.copy is not None]
    columns = (TYPED.c.id, TYPED.c.status, TYPED.c.job_id, TYPED.c.creator)
    jobs = {job.id: job for job in session.execute(select(*columns).where(db.among(TYPED.c.id, sorted(ids))))}
    nameless: list[tuple[Said, int]] = []
    for row in rows:
        if row.said is None or row.copy is None:
            continue
        held, fields = jobs[row.copy.record_id], row.said.fields
        if held.status is None and fields.get("status") is None:
            fields["status"] = planned(fields.get("scheduled_begin"))
        if held.job_id is None and fields.get("job_id") is None:
            nameless.append((row.said, int(str(fields.get("creator") or held.creator or row.copy.connection_id))))
    for (said, creator), made in zip(nameless, new_ids(session, [each for _, each in nameless]), strict=True):
        said.fields |= {"creator": creator, "job_id": made}


JOBS = Cargo(
    JOB,
    mentioned=_mentioned,
    refer=_refer,
    complete=_complete,
    more={"report_changed_at": "reportChangedDate"},
    is_flat=False,
)
