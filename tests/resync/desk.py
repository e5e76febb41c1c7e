"""Asking for resyncs and working them off by hand."""

from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from tests.outbox.post import Post

from synchub import db
from synchub.resync import asking, working
from synchub.resync.asking import Wish
from synchub.resync.reading import Progress, progress_of
from synchub.resync.tables import Resync
from synchub.resync.watching import Outcome, outcome_of
from synchub.resync.working import RESYNCS, Put


def ids(hub: Post) -> list[int]:
    return [record.id for record in hub.records()]


def ask(
    hub: Post, source: str | None = None, records: Collection[int] | None = None, *, queued: bool = False, **more: Any
) -> UUID:
    """Write a resync down; answers its message."""
    message, number = uuid4(), None if source is None else hub.partners[source]
    chosen = None if records is None else sorted(records)
    wish = Wish(number, records=chosen, **more)

    def work(session: Any) -> None:
        total = asking.count_all(session, number, wish.entities) if chosen is None else len(chosen)
        asking.enter(session, wish, total, hub.partners["C"], message, queued=queued)

    db.retrying(hub.engine, work)
    return message


def put(hub: Post, message: UUID, window: int = 500) -> Put | None:
    """The next window of a resync, put into the outbox."""
    hub.wait(1e-6)
    return db.retrying(hub.engine, lambda s: working.advance(s, RESYNCS.c.message_id == message, window))


def resync(hub: Post, source: str | None = None, records: Collection[int] | None = None, **more: Any) -> Put:
    """A resync of all records there are, or of some, put at once."""
    made = put(hub, ask(hub, source, ids(hub) if records is None else records, **more))
    assert made is not None
    return made


def outcome(hub: Post, made: Put) -> Outcome:
    with db.reading(hub.engine) as session:
        return outcome_of(session, made)


def progress(hub: Post, message: UUID) -> Progress:
    with db.reading(hub.engine) as session:
        return progress_of(session, message)


def rows(hub: Post) -> list[Resync]:
    with db.reading(hub.engine) as session:
        return list(session.scalars(select(Resync).order_by(Resync.id)))
