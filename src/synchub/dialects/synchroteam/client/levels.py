"""What is in depots: a server is told all that there is of a part in a depot, by the depot's name and the part's key.

No server has a call that makes or names depots: they must be there. None takes a count back either.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from synchub.dialects.synchroteam.client.forms import Call, Lasting, Request, spelled
from synchub.dialects.synchroteam.parts.kind import number_sent
from synchub.dialects.synchroteam.stock import STOCK_LEVEL
from synchub.master.values import Value, as_decimal, as_list
from synchub.outbox.sender import Other, Outcome, Parcel

TOGETHER = 100
"""The most counts in one call."""
_REQUIRED = {"warehouse_id": "depot", "item_id": "reference", "quantity": "quantity"}
"""What a count cannot do without, in the server's words."""


class Levels(Lasting):
    """The form of what is in depots."""

    def required(self) -> Mapping[str, Value]:
        """Nothing beside what differs: a count is made of the whole record."""
        return {}

    def check(self, parcel: Parcel) -> str | None:
        """As every form; a count names a depot and a part, and is one."""
        missing = [word for name, word in _REQUIRED.items() if parcel.exists and parcel.state.get(name) is None]
        return f"{', '.join(missing)}: required" if missing else super().check(parcel)

    @property
    def together(self) -> int:
        """Many: a piece that goes from one depot to another is taken only by a call that tells of both."""
        return TOGETHER

    def tell(self, call: Call, parcels: Sequence[Parcel], zone: str) -> Outcome:  # noqa: ARG002 - counts have no moments
        """Tell the server what is there."""
        depots: dict[str, list[dict[str, Any]]] = {}
        for parcel in parcels:
            depot = _called(parcel, "warehouse_id")
            depots.setdefault(depot.label or depot.key, []).append(_part(parcel))
        rows = [{"depot": name, "parts": parts} for name, parts in depots.items()]
        return call(Request("PUT", f"/{self.resource}/Quantities", spelled(rows)))


def _part(parcel: Parcel) -> dict[str, Any]:
    quantity = number_sent(as_decimal(parcel.state["quantity"]))
    part: dict[str, Any] = {"reference": _called(parcel, "item_id").key, "quantity": quantity}
    if "serials" in parcel.state:
        part["serials"] = as_list(parcel.state["serials"])
    return part


def _called(parcel: Parcel, column: str) -> Other:
    return parcel.others[parcel.referred[column]]


FORM = Levels(STOCK_LEVEL, "Inventory")
