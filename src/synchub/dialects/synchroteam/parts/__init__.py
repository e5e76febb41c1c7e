"""Parts and their prices: Send, Details, Delete, Prices, and beyond v2 a List."""

from synchub.dialects.synchroteam import description
from synchub.dialects.synchroteam.description import NUMBER, TEXT
from synchub.dialects.synchroteam.endpoints import Endpoint
from synchub.dialects.synchroteam.parts import prices
from synchub.dialects.synchroteam.parts.kind import PART, Amount, PartRow, not_negative
from synchub.dialects.synchroteam.sending import Place
from synchub.dialects.synchroteam.verbs import deleter, detailer, lister, sender
from synchub.dialects.synchroteam.views import CHANGED_FROM
from synchub.intake.submission import Answer

__all__ = ["ENDPOINTS", "PART", "Amount", "PartRow", "not_negative"]


def _sent(place: Place) -> Answer:
    """The answer of Part/Send, which has no text where all is well (ERR-1)."""
    return {"code": place.id}


ENDPOINTS = (
    Endpoint(
        "POST",
        "/Part/Send",
        sender(PART, answer=_sent),
        "Create or update a part",
        description.sent(PART),
        writes=True,
    ),
    Endpoint(
        "GET",
        "/Part/Details",
        detailer(PART, ("reference", "id")),
        "One part",
        description.details(PART, reference=TEXT, id=NUMBER),
    ),
    Endpoint(
        "GET",
        "/Part/List",
        lister(PART, (CHANGED_FROM, "id", "reference", "name", "categoryName")),
        "All parts (beyond v2)",
        description.listed(PART, ChangedFrom=TEXT, id=NUMBER, reference=TEXT, name=TEXT, categoryName=TEXT),
    ),
    Endpoint(
        "DELETE",
        "/Part/Delete",
        deleter(PART, ("reference", "id")),
        "Delete parts",
        description.deleted(PART, reference=TEXT, id=NUMBER),
        writes=True,
    ),
    Endpoint("PUT", "/Part/Prices", prices.put, "Set prices of parts", prices.DESCRIBED, writes=True),
)
