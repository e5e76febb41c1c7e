"""Whether a request is the repeat of an earlier one (promise 2).

It is, if the latest accepted message with its connection, method, path and digest exists and every one of its records
has a last change that this message saw (`seen`), or made itself, and the partner was not told otherwise since. Right
across processes, because the whole is decided under a lock on the digest that is held until the commit.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, column, select, text
from sqlalchemy.orm import Session, aliased

from synchub import db
from synchub.intake.journal import ACCEPTED, REPEAT
from synchub.intake.submission import Answer, Arrival, Submission
from synchub.intake.tables import Message
from synchub.master import store
from synchub.master.writes import Write

Request = tuple[int, str, str, bytes]
"""What makes two requests the same: connection, method, path, digest."""
_MADE = (Message.connection_id, Message.method, Message.path, Message.digest)


@dataclass(slots=True, frozen=True)
class First:
    """The message that a request would repeat."""

    id: UUID
    answer: Answer
    seen: int
    first_number: int | None
    last_number: int | None

    def covers(self, change: int | None) -> bool:
        """Whether a change was seen or made by this message; None is one by a delivery, or of another record."""
        if change is None:
            return False
        if change <= self.seen:
            return True
        return (
            self.first_number is not None
            and self.last_number is not None
            and self.first_number <= change <= self.last_number
        )


def request_of(arrival: Arrival) -> Request:
    """What is compared of an arrival."""
    return arrival.connection, arrival.method, arrival.path, arrival.digest


def lock(session: Session, submissions: Iterable[Submission]) -> None:
    """Hold the requests that may be repeats until the transaction ends: its first locks, in digest order."""
    requests = [request_of(submission.arrival) for submission in submissions if submission.repeats]
    db.lock_digests(session, [hashlib.sha256(repr(request).encode()).digest() for request in requests])


def find(session: Session, submissions: Iterable[Submission]) -> dict[UUID, First]:
    """The submissions that are repeats, by the id of their arrival, and what they repeat."""
    asking = [submission for submission in submissions if submission.repeats]
    latest = _latest(session, [request_of(submission.arrival) for submission in asking])
    known = [submission for submission in asking if request_of(submission.arrival) in latest]
    changes = _last_changes(session, known)
    firsts = {submission.arrival.id: latest[request_of(submission.arrival)] for submission in known}
    return {id_: first for id_, first in firsts.items() if all(map(first.covers, changes[id_]))}


def _latest(session: Session, requests: Sequence[Request]) -> Mapping[Request, First]:
    """The latest accepted message of each request, in one step of the index however often it came.

    Latest by what it saw, not by a clock: under the lock on the digest a later message saw what the earlier did. The
    latest that was accepted or repeated one is it, or names it; where two saw the same, either will do.
    """
    if not requests:
        return {}
    different = list(dict.fromkeys(requests))
    different += [different[0]] * (_next_power(len(different)) - len(different))
    given = {
        f"{name}{place}": part
        for place, request in enumerate(different)
        for name, part in zip("cmpd", request, strict=True)
    }
    rows = session.execute(_newest(len(different)), given)
    return {tuple(row[: len(_MADE)]): First(*row[len(_MADE) :]) for row in rows}


def _next_power(number: int) -> int:
    return 1 << (number - 1).bit_length()


@cache
def _newest(count: int) -> Select[Any]:
    """The question for so many requests: SQLAlchemy would compile its own VALUES each time."""
    places = ", ".join(f"(:c{place}, :m{place}, :p{place}, :d{place})" for place in range(count))
    names = [column(f"column{place}", made.type) for place, made in enumerate(_MADE, 1)]
    asked = text(f"VALUES {places}").columns(*names).cte("asked")
    latest, first = aliased(Message), aliased(Message)
    newest = (
        select(latest.id)
        .where(*(getattr(latest, made.key) == asked.c[name.name] for made, name in zip(_MADE, names, strict=True)))
        .where(latest.state.in_((ACCEPTED, REPEAT)))
        .order_by(latest.seen.desc())
        .limit(1)
        .correlate(asked)
        .scalar_subquery()
    )
    is_it = first.id == case((latest.state == REPEAT, latest.parent_id), else_=latest.id)
    columns = (first.id, first.answer, first.seen, first.first_number, first.last_number)
    return select(*asked.c, *columns).select_from(asked).join(latest, latest.id == newest).join(first, is_it)


def _last_changes(session: Session, submissions: Sequence[Submission]) -> Mapping[UUID, list[int | None]]:
    """The last change of each record of each submission, asked once per connection."""
    changes: dict[UUID, list[int | None]] = {submission.arrival.id: [] for submission in submissions}
    spoken: dict[int, list[tuple[UUID, Write]]] = {}
    for submission in submissions:
        arrival = submission.arrival
        spoken.setdefault(arrival.connection, []).extend((arrival.id, write) for write in submission.writes)
    for connection, pairs in spoken.items():
        numbers = store.last_changes(session, connection, [write for _, write in pairs])
        for (id_, _), number in zip(pairs, numbers, strict=True):
            changes[id_].append(number)
    return changes
