"""Where stock is: a level is known by its depot and its part, whatever its key is."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.dialects.synchroteam.views import RECORDS
from synchub.master.entities.field_service import StockLevel
from synchub.master.values import as_list

LEVELS = db.table_of(StockLevel)


class Spot(NamedTuple):
    """A depot and a part, by their records."""

    depot: int
    item: int


@dataclass(frozen=True, slots=True)
class Level:
    """What is at a spot; the quantity is None where nobody has counted."""

    record: int | None = None
    quantity: Decimal | None = None
    serials: tuple[str, ...] = ()
    exists: bool = False


NOTHING = Level()


def levels_of(session: Session, items: Collection[int]) -> dict[Spot, Level]:
    """The levels of parts; of two at one spot, as a merge of depots leaves them, the one that is known longest."""
    if not items:
        return {}
    statement = (
        select(LEVELS, RECORDS.c.exists)
        .join(RECORDS, RECORDS.c.id == LEVELS.c.id)
        .where(db.among(LEVELS.c.item_id, sorted(items)), LEVELS.c.warehouse_id.is_not(None))
        .order_by(RECORDS.c.exists.desc(), RECORDS.c.id)
    )
    found: dict[Spot, Level] = {}
    for row in session.execute(statement):
        found.setdefault(Spot(row.warehouse_id, row.item_id), _level(row))
    return found


def _level(row: Any) -> Level:
    """A row's level; of one that was taken back only the record counts. Serial numbers without a quantity are one."""
    if not row.exists:
        return Level(row.id)
    serials = tuple(map(str, as_list(row.serials)))
    counted = row.quantity is not None or not serials
    return Level(row.id, row.quantity if counted else Decimal(len(serials)), serials, exists=True)
