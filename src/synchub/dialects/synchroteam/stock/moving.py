"""Pieces of a part that go from one depot to another, with their serial numbers."""

from collections.abc import Sequence
from decimal import Decimal

from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.stock.depots import names_of
from synchub.dialects.synchroteam.stock.levels import Stock
from synchub.dialects.synchroteam.stock.spots import Level, Spot
from synchub.master.values import spell_decimal
from synchub.master.writes import Write


def moved(
    stock: Stock, source: Spot | None, destination: Spot | None, quantity: Decimal, serials: Sequence[str]
) -> list[Write]:
    """What a move asks of the store; what is not counted at its source is not known to be too little, and stays so.

    Raises:
        Declined: there is less at the source, or a serial number is somewhere else.
    """
    writes = []
    for serial, where in _places(stock, source, destination, serials).items():
        if where != source:
            raise Declined(f"the serial number {serial} is in depot {_name(stock, where)}")
    if source and (before := stock.at(source)).quantity is not None:
        _check(stock, source, before, quantity, serials)
        left = [serial for serial in before.serials if serial not in serials]
        writes.append(stock.put(source, before.quantity - quantity, left))
    if destination:
        there = stock.at(destination)
        both = tuple(dict.fromkeys((*there.serials, *serials)))
        writes.append(stock.put(destination, (there.quantity or Decimal()) + quantity, both))
    return writes


def _places(stock: Stock, source: Spot | None, destination: Spot | None, serials: Sequence[str]) -> dict[str, Spot]:
    """Where those of the serial numbers are that are anywhere."""
    spot = source or destination
    held = stock.serials(spot.item) if spot else {}
    return {serial: where for where, there in held.items() for serial in there if serial in serials}


def _check(stock: Stock, source: Spot, before: Level, quantity: Decimal, serials: Sequence[str]) -> None:
    """See that there is enough at the source, also of pieces whose serial numbers are not known."""
    has = before.quantity or Decimal()
    if has < quantity:
        raise Declined(f"depot {_name(stock, source)} has only {spell_decimal(has)} of this part")
    unknown = [serial for serial in serials if serial not in before.serials]
    if len(unknown) > has - len(before.serials):
        raise Declined(f"the serial number {unknown[0]} is not in depot {_name(stock, source)}")


def _name(stock: Stock, spot: Spot) -> str:
    return names_of(stock.session, {spot.depot})[spot.depot]
