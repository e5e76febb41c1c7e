"""Serial numbers: each piece is in one place."""

from collections.abc import Mapping

from synchub.dialects.synchroteam.stock.spots import Spot

Serials = tuple[str, ...]


def clashes(held: Mapping[Spot, Serials], said: Mapping[Spot, Serials]) -> dict[Spot, tuple[str, Spot]]:
    """Those of what is said together that cannot count, as a serial number is somewhere else: which one, and where.

    What is said of a place replaces what it holds; of two that say the same serial number the first has it.
    """
    places = {serial: spot for spot, serials in held.items() if spot not in said for serial in serials}
    found: dict[Spot, tuple[str, Spot]] = {}
    for spot, serials in said.items():
        for serial in serials:
            other = places.setdefault(serial, spot)
            if other != spot:
                found.setdefault(spot, (serial, other))
    return found
