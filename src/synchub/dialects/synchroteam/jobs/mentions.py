"""Whom and what the lists of a job name: our records in place of the client's words, and the words for history."""

from collections.abc import Callable
from typing import Any

from synchub.dialects.synchroteam import references
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.kinds import Reference
from synchub.dialects.synchroteam.members import Member
from synchub.dialects.synchroteam.moments import NotRead, in_utc
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.references import Naming
from synchub.dialects.synchroteam.sending import Place
from synchub.dialects.synchroteam.users import USER
from synchub.dialects.synchroteam.views import others
from synchub.master.values import Value, as_list, spell_list

_PART = Reference("item", PART, id="id", key="reference")
_WORKER = Reference("employee", USER, id="idUser", key="login")


def parts(place: Place, said: Value) -> Value:
    """Parts, each with the item that it is.

    Raises:
        Declined: one is not known.
    """

    def part(one: Member) -> Member:
        item, reference = _found(place, Naming(_PART, one["id"] or None, one["reference"]))
        return {"item": item, "reference": reference, "quantity": one["quantity"]}

    return _each("parts", part, said)


def activities(place: Place, said: Value) -> Value:
    """Activities, each with the employee whose it is, and in UTC.

    Raises:
        Declined: somebody is not known, or an activity stops before it starts.
    """

    def activity(one: Member) -> Member:
        employee, login = _found(place, Naming(_WORKER, one["id"] or None, one["login"]))
        begin, end = (_utc(one[word], place.connection.time_zone) for word in ("begin", "end"))
        if end is not None and str(end) < str(begin):
            raise Declined("stop lies before start")
        return {"employee": employee, "login": login, "begin": begin, "end": end}

    return _each("Activities", activity, said)


def technicians(place: Place, said: Value) -> Value:
    """Log-ins as they are known.

    Raises:
        Declined: one is not.
    """

    def login(text: Any) -> Any:
        return _found(place, Naming(_WORKER, None, text))[1]

    return _each("OtherTechnicians", login, said)


def _each(word: str, complete: Callable[[Any], Any], said: Value) -> Value:
    made = []
    for row, one in enumerate(as_list(said), 1):
        try:
            made.append(complete(one))
        except Declined as error:
            raise Declined(f"{word} row {row}: {error}") from None
    return spell_list(made)


def _found(place: Place, said: Naming) -> tuple[int | None, str | None]:
    """The record that is named, and what it is called by its key."""
    if said.is_blank:
        return None, None
    session, connection, kind = place.session, place.connection, said.reference.to
    record = references.resolve(session, connection, [said])[said.reference.column]
    known = others(session, connection, kind, [record] if record else [])
    return record, next((each.key for each in known if each.key), said.key)


def _utc(text: str | None, zone: str) -> str | None:
    try:
        return in_utc(text, zone) if text else None
    except NotRead:
        raise Declined("a moment lies too far away") from None
