"""Jobs in files: their lists name parts and users, their numbers are of one series.

What a line says of a job is taken as it is: what has happened is not judged again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.dialects.synchroteam.carrying.cargo import Cargo, Taken
from synchub.dialects.synchroteam.carrying.lookups import Lookup
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.jobs.naming import SERIES
from synchub.dialects.synchroteam.jobs.states import planned
from synchub.dialects.synchroteam.kinds import Reference
from synchub.dialects.synchroteam.members import Member
from synchub.dialects.synchroteam.moments import NotRead, in_utc
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.references import Naming
from synchub.dialects.synchroteam.sending import Said
from synchub.dialects.synchroteam.users import USER
from synchub.master.entities.field_service import Job
from synchub.master.series import draw_series, skip_series
from synchub.master.values import as_list, spell_list

TYPED = db.table_of(Job)
_PART = Reference("item", PART, id="id", key="reference")
_WORKER = Reference("employee", USER, id="idUser", key="login")


def _listed(said: Said) -> Iterator[tuple[str, int, Member, Naming]]:
    """The members of lists that name others, each with its list's column, its row there, and what it names."""
    for column, reference in (("parts", _PART), ("activities", _WORKER)):
        for row, one in enumerate(as_list(said.fields.get(column)), 1):
            yield column, row, one, Naming(reference, one["id"], one[reference.key or ""])
    for row, login in enumerate(as_list(said.fields.get("other_technicians")), 1):
        yield "other_technicians", row, {"login": login}, Naming(_WORKER, None, str(login))


def _mentioned(said: Said) -> Iterable[Naming]:
    return (named for *_, named in _listed(said) if not named.is_blank)


def _refer(row: Taken, said: Said, lookup: Lookup) -> None:
    made: dict[str, list[Any]] = {}
    for column, place, one, named in _listed(said):
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
    """See that every job has a state and a number, and no two the same number."""
    jobs = _held(session, [row.copy.record_id for row in rows if row.copy is not None])
    said = {row.number: int(str(number)) for row in rows if row.said and (number := row.said.fields.get("number"))}
    if said:
        skip_series(session, SERIES, max(said.values()))
    owners = _owners(session, said.values())
    unnumbered: list[Said] = []
    for row in rows:
        if row.said is None or row.copy is None:
            continue
        held, number = jobs[row.copy.record_id], said.get(row.number)
        _plan(row.said, held.status)
        if number is None and held.number is None:
            unnumbered.append(row.said)
        elif number is not None and (why := _taken(number, held, owners)):
            row.reject(why)
    for one, number in zip(unnumbered, _free(session, len(unnumbered)), strict=False):
        one.fields["number"] = number


def _plan(said: Said, held: int | None) -> None:
    """A job about which nobody says a state is planned."""
    if held is None and said.fields.get("status") is None:
        said.fields["status"] = planned(said.fields.get("scheduled_begin"))


def _taken(number: int, held: Any, owners: dict[int, int]) -> str | None:
    """Why a job cannot have a number: it has another, or another has it."""
    if held.number not in {None, number}:
        return f"the num of this job is {held.number}, not {number}"
    return f"num {number} is that of another job" if owners.setdefault(number, held.id) != held.id else None


def _free(session: Session, count: int) -> Iterator[int]:
    """The next numbers that no job has."""
    while count > 0:
        drawn = draw_series(session, SERIES, count)
        free = drawn if not (owners := _owners(session, drawn)) else [one for one in drawn if one not in owners]
        yield from free
        count -= len(free)


def _held(session: Session, records: Sequence[int]) -> dict[int, Any]:
    """The numbers and states of jobs, by record."""
    jobs = select(TYPED.c.id, TYPED.c.number, TYPED.c.status).where(db.among(TYPED.c.id, sorted(records)))
    return {row.id: row for row in session.execute(jobs)}


def _owners(session: Session, numbers: Iterable[int]) -> dict[int, int]:
    """The jobs that have these numbers, by number."""
    owners = select(TYPED.c.id, TYPED.c.number).where(db.among(TYPED.c.number, sorted(numbers)))
    return {row.number: row.id for row in session.execute(owners)}


JOBS = Cargo(
    JOB,
    mentioned=_mentioned,
    refer=_refer,
    complete=_complete,
    more={"report_changed_at": "reportChangedDate"},
    is_flat=False,
)
