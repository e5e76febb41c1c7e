"""Sends that need no transaction of their own: they go together with what else is waiting (`intake.committer`).

A row goes straight if it names its record by its key, or by an id whose key is known, and needs no look at what is
stored: it has all that a new record must have, refers to nothing, and its custom fields stay. Whatever is refused goes
the other way, which keeps it for the operator.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from synchub.dialects.synchroteam.endpoints import Call, Door, Straight
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import sees, shown_id
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.meaning import records_by_id
from synchub.dialects.synchroteam.sending import Said, read
from synchub.errors import NotAllowed, Refused
from synchub.intake.committer import IN_THREAD
from synchub.intake.submission import Answer, Submission
from synchub.master import naming
from synchub.master.convergence import Mode
from synchub.master.tables import LARGEST_ID
from synchub.master.writes import Kind as Became
from synchub.master.writes import Verdict, Write


class Renamed(Refused):
    """The record was given another key between the look-up and the commit, so that the row cannot go straight."""


def straight(kind: Kind) -> Straight:
    """The way of a kind whose Send prepares nothing."""

    async def plan(door: Door, call: Call) -> Submission | None:
        said = _said(kind, call) if len(call.body) < IN_THREAD else None
        if said is None:
            return None
        key, record = said.named.my_id, None
        if said.named.id is not None:
            found = await asyncio.to_thread(_named, door, call, kind, said.named.id)
            if found is None or key not in {None, found[0]}:
                return None
            key, record = found
        if key is None:
            return None
        write = Write(kind.entity, key, Mode.PARTIAL, said.fields, said.extra)
        return Submission(call.arrival(), [write], _answering(record), repeats=True)

    return plan


def _said(kind: Kind, call: Call) -> Said | None:
    """What the row says, if it can go straight as far as it tells itself."""
    try:
        call.may_write(kind)
        row = call.row()
        call.parameters()
        said = read(kind, call.connection, row)
    except (Refused, Declined):
        return None
    complete = all(said.fields.get(name) is not None for name in kind.required)
    return said if complete and not said.namings and said.fields.get("custom_fields") is None else None


def _named(door: Door, call: Call, kind: Kind, number: int) -> tuple[str, int] | None:
    """The connection's key and the record of an id, if it has a copy of one that it sees."""
    if number > LARGEST_ID:
        return None
    with door.reading(at_once=True) as session:
        for record in records_by_id(session, call.connection, kind, number):
            rows = naming.records_by_id(session, kind.entity, {record})
            copies = naming.copies_by(session, call.connection.id, kind.entity, "record_id", {record})
            if len(copies) == 1 and record in rows and sees(rows[record], copies):
                return str(copies[0].external_key), record
    return None


def _answering(expected: int | None) -> Callable[[Sequence[Verdict]], Answer]:
    def answer(verdicts: Sequence[Verdict]) -> dict[str, Any]:
        (verdict,) = verdicts
        if verdict.kind is Became.REJECTED:
            raise NotAllowed(verdict.reason or "not allowed")
        if expected not in {None, verdict.record}:
            raise Renamed("another request renamed this record meanwhile")
        return {"code": shown_id(int(verdict.record or 0), verdict), "message": ""}

    return answer
