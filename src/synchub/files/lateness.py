"""A full file that is read after a later one of its table.

What both have is settled by their times. What the later one lacks is gone since, so the earlier one makes no record: it
tells only of those that were heard of.
"""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.files.reader import Table
from synchub.files.tables import FileRun, State
from synchub.master.tables import CrossReference

COPIES = db.table_of(CrossReference)


def later_than(session: Session, run: FileRun) -> FileRun | None:
    """The last file of the table that speaks for a later time than a file, if it is read or being read."""
    later = select(FileRun).where(
        FileRun.connection_id == run.connection_id,
        FileRun.table_name == run.table_name,
        FileRun.as_of > run.as_of,
        FileRun.state.in_((State.READING, State.DONE)),
    )
    return session.scalars(later.order_by(FileRun.as_of.desc(), FileRun.id.desc()).limit(1)).first()


def gone_since(session: Session, run: FileRun, table: Table, keys: Collection[str]) -> set[str]:
    """Those of the keys in a file that it may not make records of."""
    if table.window_days is not None or not keys or later_than(session, run) is None:
        return set()
    heard = select(COPIES.c.external_key).where(
        COPIES.c.connection_id == run.connection_id,
        COPIES.c.entity == table.entity,
        COPIES.c.known.is_not(None),
        db.among(COPIES.c.external_key, keys),
    )
    return set(keys) - set(session.scalars(heard))
