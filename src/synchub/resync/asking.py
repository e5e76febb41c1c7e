"""What somebody asks to be told again: which records that is, and the row that says so."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.clock import SECOND
from synchub.connections.tables import HUB
from synchub.master.entities import ENTITIES
from synchub.master.naming import owner_of
from synchub.master.tables import CrossReference, MasterRecord
from synchub.resync.tables import Resync, State

RESYNCS = db.table_of(Resync)
COPIES = db.table_of(CrossReference)
RECORDS = db.table_of(MasterRecord)

WINDOW = 500
"""How many records are put into the outbox in one transaction."""
GRACE = 15 * SECOND
"""How long a worker leaves a resync of few records to the process that was asked for it."""

Entities = Collection[str] | None


@dataclass(frozen=True, slots=True)
class Wish:
    """A resync from a connection (`source`; None: of the golden records), of these records or of everything (None).

    `blanks` says whether the source's blanks count too; `entities` are the only ones concerned (None: all).
    """

    source: int | None
    entities: Entities = None
    records: Sequence[int] | None = None
    blanks: bool = True

    @property
    def is_small(self) -> bool:
        """Whether it fits into one window, and need not wait for a worker."""
        return self.records is not None and len(self.records) <= WINDOW


@dataclass(frozen=True, slots=True)
class Found:
    """Records that were named, in rising order, and what of that names none."""

    records: list[int]
    unknown: list[Any]


def by_id(session: Session, source: int | None, entities: Entities, ids: Collection[int]) -> Found:
    """The records with these ids; if there is a source, only those that it has a copy of."""
    named = sorted(set(ids))
    statement = _of(owner_of(COPIES), source, entities) if source is not None else _golden(entities)
    known = set(session.scalars(statement.where(db.among(statement.selected_columns[0], named))))
    return Found([one for one in named if one in known], [one for one in named if one not in known])


def by_key(session: Session, source: int | None, entities: Entities, keys: Collection[str]) -> Found:
    """The records that the source knows by these keys; without a source, those with these codes."""
    named = list(dict.fromkeys(keys))
    theirs = select(COPIES.c.record_id, COPIES.c.external_key).where(
        COPIES.c.connection_id == (HUB if source is None else source),
        db.among(COPIES.c.entity, sorted(ENTITIES if entities is None else entities)),
        db.among(COPIES.c.external_key, named),
    )
    rows = session.execute(theirs).all()
    known = {row.external_key for row in rows}
    return Found(sorted({row.record_id for row in rows}), [one for one in named if one not in known])


def count_all(session: Session, source: int | None, entities: Entities) -> int:
    """How many records "everything" is."""
    everything = everything_of(None, entities) if source is None else _of(COPIES.c.connection_id, source, entities)
    return session.scalar(select(func.count()).select_from(everything.subquery())) or 0


def everything_of(source: int | None, entities: Entities) -> Any:
    """All record ids that a resync of everything concerns: of a source, or all that were ever said to exist."""
    if source is not None:
        return _of(owner_of(COPIES), source, entities)
    return _golden(entities).where(RECORDS.c.exists_stamp > 0)


def _of(owner: ColumnElement[int], source: int, entities: Entities) -> Any:
    theirs = select(COPIES.c.record_id).where(owner == source).distinct()
    return theirs if entities is None else theirs.where(db.among(COPIES.c.entity, sorted(entities)))


def _golden(entities: Entities) -> Any:
    chosen = select(RECORDS.c.id).where(RECORDS.c.merged_into.is_(None))
    return chosen if entities is None else chosen.where(db.among(RECORDS.c.entity, sorted(entities)))


def enter(session: Session, wish: Wish, total: int, asked_by: int, message: UUID | None, *, queued: bool) -> None:
    """Write a resync down; one of few records waits for the process that was asked, unless it is to be `queued`."""
    now = clock.now()
    row = {
        "source_id": wish.source,
        "entities": None if wish.entities is None else sorted(wish.entities),
        "chosen": None if wish.records is None else sorted(wish.records),
        "blanks": wish.blanks,
        "state": State.RUNNING if total else State.DONE,
        "cursor": 0,
        "due": now + GRACE if wish.is_small and not queued else now,
        "total": total,
        **dict.fromkeys(("records", "restated", "copies", "gone"), 0),
        "asked_by": asked_by,
        "message_id": message,
        "created_at": now,
        "ended_at": None if total else now,
    }
    session.execute(RESYNCS.insert(), row)
    db.notify(session, db.CHANNEL)
