"""What is in the depots: levels by depot and part, read and written under locks.

Whoever writes the stock of a part holds that part's record first, so that there is one level of it in a depot, and one
depot that has a serial number. Records are locked in the order of their ids: parts are older than their levels.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy.orm import Session

from synchub.connections.tables import HUB, Connection
from synchub.dialects.synchroteam import references
from synchub.dialects.synchroteam.ids import Book
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.stock.kinds import DEPOT, STOCK_LEVEL
from synchub.dialects.synchroteam.stock.spots import NOTHING, Level, Spot, levels_of
from synchub.dialects.wire import compose_key
from synchub.master import naming
from synchub.master.convergence import Mode
from synchub.master.copies import Row as Fields
from synchub.master.locating import Key, find
from synchub.master.values import spell_decimal, spell_list
from synchub.master.writes import Write


@dataclass(slots=True)
class Stock:
    """All levels of some parts, locked."""

    session: Session
    connection: Connection
    levels: dict[Spot, Level]
    _keys: dict[tuple[Kind, int], str] = field(default_factory=dict)

    @classmethod
    def hold(cls, session: Session, connection: Connection, items: Collection[int]) -> "Stock":
        """Lock the levels of parts, whose own records are locked already."""
        before = levels_of(session, items)
        naming.lock_records(session, {each.record for each in before.values() if each.record})
        return cls(session, connection, levels_of(session, items))

    def at(self, spot: Spot) -> Level:
        """What is at a spot."""
        return self.levels.get(spot, NOTHING)

    def serials(self, item: int) -> Mapping[Spot, tuple[str, ...]]:
        """The serial numbers of a part, by where they are."""
        return {spot: level.serials for spot, level in self.levels.items() if spot.item == item and level.serials}

    def put(self, spot: Spot, quantity: Decimal, serials: Sequence[str]) -> Write:
        """Say what is at a spot; it counts also where this connection has said it before and others did since."""
        level = self.at(spot)
        self.levels[spot] = Level(level.record, quantity, tuple(serials), exists=True)
        fields: Fields = {
            "warehouse_id": self._key(DEPOT, spot.depot),
            "item_id": self._key(PART, spot.item),
            "quantity": spell_decimal(quantity),
            "serials": spell_list(list(serials)),
        }
        insists = self.levels[spot] != level
        return Write(STOCK_LEVEL.entity, self._copy(spot, level), Mode.PARTIAL, fields, insists=insists)

    def _key(self, kind: Kind, record: int) -> str:
        """What the connection calls a depot or a part."""
        if (kind, record) not in self._keys:
            self._keys[kind, record] = references.key_of(self.session, self.connection, kind, record)
        return self._keys[kind, record]

    def _copy(self, spot: Spot, level: Level) -> str:
        """The key of the connection's copy of a level; the level is made if there is none."""
        book = Book(self.session, self.connection, STOCK_LEVEL.entity, STOCK_LEVEL.noun)
        if level.record is not None:
            book.codes = naming.codes_of(self.session, STOCK_LEVEL.entity, {level.record})
            return str(book.copies_of(level.record)[0].external_key)
        key = compose_key([self._key(DEPOT, spot.depot), self._key(PART, spot.item)])
        if len(key) > naming.LONGEST_KEY or self._is_taken(key):
            return str(book.found(1)[0].external_key)
        book.make([key])
        return key

    def _is_taken(self, key: str) -> bool:
        """Whether the key is that of another level, of a depot or a part that was called so before."""
        owners = (HUB, self.connection.id) if self.connection.matches_code else (self.connection.id,)
        return bool(find(self.session, {Key(owner, STOCK_LEVEL.entity, key) for owner in owners}))


def uncalled(session: Session, connection: Connection, kind: Kind, records: Collection[int]) -> set[int]:
    """Those of the records that the connection has no copy of: they must be locked before it is given one."""
    copies = naming.copies_by(session, connection.id, kind.entity, "record_id", records)
    return set(records) - {copy.record_id for copy in copies}
