"""Stock in depots, and requests for more."""

from pydantic import Field

from synchub.dialects.synchroteam.endpoints import Endpoint
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.words import Key, Text
from synchub.dialects.wire import Wire
from synchub.master.entities.organisation import Warehouse


class DepotRow(Wire, entity=Warehouse, key=("code",)):
    """A depot, in the words of StockRequest/Search."""

    code: Key = Field(None, alias="idStock")
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

ENDPOINTS: tuple[Endpoint, ...] = ()
