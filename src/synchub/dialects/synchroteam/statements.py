"""What the store is asked of records that are known already, made once for each kind."""

from functools import cache
from typing import Any

from sqlalchemy import Select, Text, bindparam, null, select, type_coerce

from synchub import db
from synchub.connections.tables import HUB
from synchub.dialects.synchroteam.kinds import Kind
from synchub.master import naming
from synchub.master.tables import CrossReference, MasterRecord

RECORDS = db.table_of(MasterRecord)
COPIES = db.table_of(CrossReference)
MINE, OURS = COPIES.alias("mine"), COPIES.alias("ours")
GONE = '%"exists":false%'
"""What stands in the image of a copy whose partner said that the record is gone."""


@cache
def calling(kind: Kind, more: tuple[str, ...] = ()) -> Select[Any]:
    """What the connection and we call records, as `loading`, with more of their columns."""
    typed = db.table_of(kind.made)
    own = (typed.c[kind.id_column] if kind.id_column else null()).label("own")
    columns = (typed.c[kind.named].label("label"), own, *(typed.c[name] for name in more))
    return _called(select(RECORDS.c.id, RECORDS.c.exists, *columns), kind)


@cache
def loading(kind: Kind) -> Select[Any]:
    """Records with what the connection and we call them: a row for each copy, the oldest first."""
    columns = [column for column in db.table_of(kind.made).c if column.name != "id"]
    return _called(select(RECORDS.c.id, RECORDS.c.exists, *columns), kind)


def _called(statement: Select[Any], kind: Kind) -> Select[Any]:
    typed, entity = db.table_of(kind.made), kind.entity
    gone = type_coerce(MINE.c.image, Text).like(GONE).label("mine_gone")
    names = (MINE.c.external_key.label("mine_key"), MINE.c.their_id.label("mine_id"), gone)
    owner = bindparam("connection", type_=COPIES.c.connection_id.type)
    mine = (MINE.c.record_id == RECORDS.c.id) & (naming.owner_of(MINE) == owner) & (MINE.c.entity == entity)
    ours = (OURS.c.record_id == RECORDS.c.id) & (naming.owner_of(OURS) == HUB) & (OURS.c.entity == entity)
    return (
        statement.add_columns(*names, OURS.c.external_key.label("ours_key"))
        .join(typed, typed.c.id == RECORDS.c.id)
        .outerjoin(MINE, mine)
        .outerjoin(OURS, ours)
        .where(db.many(RECORDS.c.id, "chunk"))
        .order_by(RECORDS.c.id, MINE.c.id, OURS.c.id.desc())
    )
