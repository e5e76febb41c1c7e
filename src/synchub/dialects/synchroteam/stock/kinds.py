"""Depots, what is in them, and requests for more, in the vendor's words (facts/synchroteam_endpoints.json).

The vendor shows requests with French words, in objects; those of an object are here joined to its name by a point. It
has no reading of stock, so that the words of a level are those that set it, with the ids beside them.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, PlainSerializer
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import references
from synchub.dialects.synchroteam.description import TEXTS
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import Named
from synchub.dialects.synchroteam.kinds import Kind, Reference, Row
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.parts.kind import Amount, number_sent
from synchub.dialects.synchroteam.sending import Said
from synchub.dialects.synchroteam.stock import guids
from synchub.dialects.synchroteam.stock.spots import NOTHING, Spot, levels_of
from synchub.dialects.synchroteam.users import USER
from synchub.dialects.synchroteam.views import Seen
from synchub.dialects.synchroteam.words import Exact, Flag, Key, Moment, Shown, Text, texts_of
from synchub.dialects.wire import Wire
from synchub.master.entities.field_service import StockLevel, StockRequest
from synchub.master.entities.organisation import Warehouse
from synchub.master.values import as_list

Serials = Annotated[str | None, texts_of("serial numbers", "a serial number"), PlainSerializer(as_list), Shown(as_list)]
"""Serial numbers, each once."""
_SHOWN = Shown(number_sent)
_NUMBER_OR_NONE = {"type": ["number", "string", "null"]}


class DepotRow(Wire, entity=Warehouse, key=("code",)):
    """A depot."""

    code: guids.DepotKey = Field(None, alias="idStock")
    name: Text = Field(None, alias="nmStock")


DEPOT = Kind(
    Warehouse,
    DepotRow,
    noun="depot",
    plural="depots",
    root="Depot",
    key="idStock",
    filters={"nmStock": "name"},
)
"""A depot: other partners' warehouse. Requests name it by its name."""


class LevelRow(Wire, entity=StockLevel, key=("code",)):
    """How much of a part is in a depot; its key is made of theirs."""

    code: Key = Field(None, alias="key")
    quantity: Annotated[Amount, _SHOWN] = Field(None, alias="quantity")
    serials: Serials = Field(None, alias="serials")


def _located(session: Session, connection: Connection, said: Said) -> Named:
    """A level is the one of its depot and its part, however it is called."""
    found = references.resolve(session, connection, said.namings)
    depot, item = found.get("warehouse_id"), found.get("item_id")
    if depot is None or item is None:
        return said.named
    level = levels_of(session, {item}).get(Spot(depot, item), NOTHING)
    return Named(said.named.id, said.named.my_id, record=level.record)


STOCK_LEVEL = Kind(
    StockLevel,
    LevelRow,
    noun="stock level",
    plural="stock levels",
    root="Depot",
    key="key",
    named="quantity",
    filters={},
    references=(
        Reference("warehouse_id", DEPOT, id="depotId", key="idStock", name="depot"),
        Reference("item_id", PART, id="partId", key="reference"),
    ),
    required=(),
    described={"quantity": _NUMBER_OR_NONE, "serials": TEXTS},
    locate=_located,
)


class RequestRow(Wire, entity=StockRequest, key=("code",)):
    """A request: `quantity` is what is still wanted, `completed` what has gone, with these serial numbers."""

    code: guids.Guid = Field(None, alias="id")
    quantity: Annotated[Exact, PlainSerializer(number_sent), _SHOWN] = Field(None, alias="quantity")
    completed: Annotated[Exact, PlainSerializer(number_sent), _SHOWN] = Field(None, alias="completed")
    serials: Serials = Field(None, alias="serials")
    is_deleted: Flag = Field(None, alias="isDeleted")
    is_sent: Flag = Field(None, alias="isSent")
    is_urgent: Flag = Field(None, alias="isUrgent")
    requested_at: Moment = Field(None, alias="dateCreated")


OBJECTS: Mapping[str, tuple[str, ...]] = {
    "source": ("idStock", "nmStock"),
    "destination": ("idStock", "nmStock"),
    "part": ("idPiece", "codeProduit", "nmPiece"),
    "user": ("idUser", "loginUser"),
}
"""The objects of a request, and those of their words that name a record."""
_FOREIGN = frozenset({"prixpiece", "nomuser", "prenomuser"})
"""What a request shows of the records that it names."""


def _unfolded(row: Row) -> Row:
    """A request with its objects taken apart."""
    flat: Row = {}
    for word, value in row.items():
        name = word.lower()
        flat |= _members(name, value) if name in OBJECTS else {word: value}
    return flat


def _members(name: str, value: Any) -> Row:
    """The members of an object; a blank one names no record."""
    if value is None or value == "":
        return dict.fromkeys((f"{name}.{each}" for each in OBJECTS[name]), None)
    if not isinstance(value, Mapping):
        raise Declined(f"{name} must be an object with {', '.join(OBJECTS[name])}")
    members = {str(each).lower(): said for each, said in value.items()}
    return {f"{name}.{each}": _plain(each, said) for each, said in members.items() if each not in _FOREIGN}


def _plain(word: str, said: Any) -> Any:
    return guids.plain(said.strip()) if word == "idstock" and isinstance(said, str) else said


def _finished(row: Row, _seen: Seen) -> Row:
    """A request with its objects."""
    made: Row = {}
    for word, value in row.items():
        name, _, each = word.partition(".")
        if each:
            made.setdefault(name, {})[each] = value
        else:
            made[word] = value
    return made


STOCK_REQUEST = Kind(
    StockRequest,
    RequestRow,
    noun="stock request",
    plural="stock requests",
    root="StockRequest",
    key="id",
    id_words=frozenset(),
    named="quantity",
    filters={"isDeleted": "is_deleted", "isSent": "is_sent", "isUrgent": "is_urgent"},
    references=(
        Reference("source_id", DEPOT, key="source.idStock", name="source.nmStock"),
        Reference("destination_id", DEPOT, key="destination.idStock", name="destination.nmStock"),
        Reference("item_id", PART, id="part.idPiece", key="part.codeProduit", name="part.nmPiece"),
        Reference("employee_id", USER, id="user.idUser", key="user.loginUser"),
    ),
    required=(),
    described={"quantity": _NUMBER_OR_NONE, "completed": _NUMBER_OR_NONE, "serials": TEXTS},
    unfold=_unfolded,
    finish=_finished,
)
