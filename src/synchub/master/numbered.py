"""The key by which others are told of a record that nobody gave one: our number of it, marked with the store's own id.

Hubs number alike, so the number alone would be that of another record elsewhere. Other hubs hand the marked one on as
it is: when it comes back, by however many of them, it says which of our records is meant.
"""

import re
from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.master.tables import LARGEST_ID, MasterRecord

RECORDS = db.table_of(MasterRecord)

_MARKED = re.compile(r"([1-9][0-9]{0,9})-([0-9a-f]{8})", re.ASCII)


def marked(session: Session, records: Collection[int]) -> dict[int, str]:
    """The keys of records that have none but their numbers, by record."""
    mark = _mark(session) if records else ""
    return {record: f"{record}-{mark}" for record in records}


def records_marked(session: Session, entity: str, keys: Iterable[str]) -> dict[str, int]:
    """The records of this store that such keys name, by key."""
    found = {key: match for key in keys if (match := _MARKED.fullmatch(key))}
    mark = _mark(session) if found else ""
    ours = {key: int(match[1]) for key, match in found.items() if match[2] == mark and int(match[1]) <= LARGEST_ID}
    if not ours:
        return {}
    there = select(RECORDS.c.id).where(RECORDS.c.entity == entity, db.among(RECORDS.c.id, set(ours.values())))
    present = set(session.scalars(there))
    return {key: record for key, record in ours.items() if record in present}


def _mark(session: Session) -> str:
    return session.scalars(select(Connection.guid).where(Connection.id == HUB)).one().hex[:8]
