"""Equipment: the things at customers' that are worked on."""

from pydantic import Field

from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.endpoints import Endpoint
from synchub.dialects.synchroteam.kinds import Kind, Reference
from synchub.dialects.synchroteam.sites import SITE
from synchub.dialects.synchroteam.words import CustomFields, Key, Tags, Text
from synchub.dialects.wire import Wire
from synchub.master.entities.field_service import Equipment


class EquipmentRow(Wire, entity=Equipment, key=("code",)):
    """A piece of equipment; its words stand in the order in which the vendor shows them."""

    code: Key = Field(None, alias="myId")
    name: Text = Field(None, alias="name")
    custom_fields: CustomFields = Field(None, alias="customFieldValues")
    tags: Tags = Field(None, alias="tags")


EQUIPMENT = Kind(
    Equipment,
    EquipmentRow,
    noun="equipment",
    plural="pieces of equipment",
    root="Equipment",
    id_words=frozenset({"id", "equipmentid"}),
    references=(
        Reference("customer_id", CUSTOMER, id="customerId", key="customerMyId", name="customerName"),
        Reference("site_id", SITE, id="siteId", key="siteMyId", name="siteName"),
    ),
)

ENDPOINTS: tuple[Endpoint, ...] = ()
