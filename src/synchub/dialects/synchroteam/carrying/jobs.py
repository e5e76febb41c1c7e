"""Jobs in files: their lists name parts and users, their numbers are of one series.

What a line says of a job is taken as it is: what has happened is not judged again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from synchub.dialects.synchroteam.carrying import numbers
from synchub.dialects.synchroteam.carrying.cargo import Cargo, Taken, accepted, held_of
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
from synchub.master.values import as_list, spell_list

_PART = Reference("item", PART, id="id", key="reference")
_WORKER = Reference("employee", USER, id="idUser", key="login")


def _listed(said: Said) -> Iterator[tuple[str, str, Member, Naming]]:
    """The members of lists that name others, each with its list's column, where it stands, and what it names."""
    for column, reference in (("parts", _PART), ("activities", _WORKER)):
        for row, one in enumerate(as_list(said.fields.get(column)), 1):
            named = Naming(reference, one["id"], one[str(reference.key)])
            yield column, f"{JOB.row.columns[column]} row {row}", one, named
    for row, login in enumerate(as_list(said.fields.get("other_technicians")), 1):
        yield "other_technicians", f"OtherTechnicians row {row}", {"login": login}, Naming(_WORKER, None, str(login))


def _mentioned(said: Said) -> Iterable[Naming]:
    return (named for *_, named in _listed(said))


def _refer(row: Taken, said: Said, lookup: Lookup) -> None:
    made: dict[str, list[Any]] = {}
    for column, where, one, named in _listed(said):
        record = row.member(named, where, lookup)
        try:
            member = _MEMBERS[column](one, record, lookup.connection.time_zone)
        except NotRead:
            raise Declined(f"{where}: a moment lies too far away") from None
        made.setdefault(column, []).append(member)
    said.fields |= {column: spell_list(members) for column, members in made.items()}


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
    held = held_of(session, JOB, rows, "status")
    for _, fields, record in accepted(rows):
        if held[record].status is None and fields.get("status") is None:
            fields["status"] = planned(fields.get("scheduled_begin"))
    numbers.settle(session, JOB, SERIES, rows)


JOBS = Cargo(
    JOB,
    mentioned=_mentioned,
    refer=_refer,
    complete=_complete,
    more={"report_changed_at": "reportChangedDate"},
    is_flat=False,
)
