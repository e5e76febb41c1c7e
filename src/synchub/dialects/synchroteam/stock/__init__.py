"""Stock in depots, and requests for more: Inventory/Quantities, StockRequest/Search and Complete."""

from synchub.dialects.synchroteam import description
from synchub.dialects.synchroteam.description import FLAG, NUMBER, TEXT, TEXTS
from synchub.dialects.synchroteam.endpoints import Endpoint
from synchub.dialects.synchroteam.stock import asking, completing, counting, showing
from synchub.dialects.synchroteam.stock.kinds import DEPOT, STOCK_LEVEL, STOCK_REQUEST

__all__ = ["DEPOT", "ENDPOINTS", "STOCK_LEVEL", "STOCK_REQUEST"]

_AMOUNT = {"type": ["number", "string"], "description": "0 or more"}
_NUMBER_OR_NONE = {"type": ["number", "string", "null"]}
_ID = {"type": ["integer", "null"]}
_FLAG_OR_BLANK = {"type": ["boolean", "string"]}
_GUID = {"type": ["string", "null"]}


def _object(**words: object) -> dict[str, object]:
    return {"type": "object", "properties": words}


def _list(of: object) -> dict[str, object]:
    return {"type": "array", "items": of}


def _depots(quantity: object) -> dict[str, object]:
    part = _object(reference=TEXT, quantity=quantity, serials=TEXTS)
    return _list(_object(depot=TEXT, parts=_list(part)) | {"title": STOCK_LEVEL.root})


_ERRORS = {"anyOf": [TEXT, _list(_object(depot=TEXT, reference=TEXT, message=TEXT))]}
_COUNTED = {
    "responses": {
        200: description.answer(
            "1, or 0 if a row was bad: those are in `errors`, with the reason of each.",
            _object(code=NUMBER, errors=_ERRORS) | {"title": "Result", "required": ["code"]},
        ),
        **description.WRITE,
        **description.TYPED,
    },
    "openapi_extra": description.body(
        "Depots by name or code, with all that is in them of some parts, and the serial numbers of these.",
        _depots(_AMOUNT),
    ),
}
_SHOWN = {
    "responses": {200: description.answer("The depots.", _depots(_NUMBER_OR_NONE)), **description.READ},
    "openapi_extra": {
        "parameters": description.query(ChangedFrom=TEXT, depot=TEXT, reference=TEXT, page=NUMBER, pageSize=NUMBER)
    },
}
_DEPOT = _object(idStock=_GUID, nmStock=TEXT)
_ASKED = description.searched(
    STOCK_REQUEST,
    {
        "destination": _DEPOT,
        "id": TEXT,
        "isDeleted": FLAG,
        "isSent": FLAG,
        "isUrgent": FLAG,
        "part": _object(codeProduit=TEXT, idPiece=_ID, nmPiece=TEXT, prixPiece=_NUMBER_OR_NONE),
        "quantity": _NUMBER_OR_NONE,
        "source": _DEPOT,
        "user": _object(idUser=_ID, loginUser=TEXT, nomUser=TEXT, prenomUser=TEXT),
    },
    **dict.fromkeys(asking.FLAGS, _FLAG_OR_BLANK),
    modifiedAfter=TEXT,
    createdAfter=TEXT,
)
_COMPLETED = {
    "responses": {
        200: description.answer("1; or 0, and in `message` why nothing has gone."),
        **description.WRITE,
        **description.TYPED,
    },
    "openapi_extra": description.body(
        "A request, how much of it has gone, and whether the rest stays open.",
        _object(id=TEXT, isPartial=FLAG, quantity=_AMOUNT, serials=TEXTS) | {"required": ["id"]},
    ),
}

ENDPOINTS = (
    Endpoint("PUT", "/Inventory/Quantities", counting.put, "Set what is in depots", _COUNTED, writes=True),
    Endpoint("GET", "/Inventory/Quantities", showing.get, "What is in depots (beyond v2)", _SHOWN),
    Endpoint("POST", "/StockRequest/Search", asking.post, "The stock requests that fulfil filters", _ASKED, asks=True),
    Endpoint("PUT", "/StockRequest/Complete", completing.put, "Complete a stock request", _COMPLETED, writes=True),
)
