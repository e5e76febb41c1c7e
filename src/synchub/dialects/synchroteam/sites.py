"""What sites are: the places of customers where work is done. Their endpoints are in `places`."""

from typing import Annotated

from pydantic import Field

from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.kinds import Kind, Reference
from synchub.dialects.synchroteam.wire import Placed
from synchub.dialects.synchroteam.words import CustomFields, Key, Latitude, Longitude, Tags, Text
from synchub.dialects.wire import Also
from synchub.master.entities.field_service import Site


class SiteRow(Placed, entity=Site, key=("code",)):
    """A site; its words stand in the order in which the vendor shows them."""

    code: Key = Field(None, alias="myId")
    address: Text = Field(None, alias="address")
    address_complement: Text = Field(None, alias="addressComplement")
    city: Annotated[Text, Also("addressCity")] = Field(None, alias="adressCity")
    country: Annotated[Text, Also("addressCountry")] = Field(None, alias="adressCountry")
    state: Annotated[Text, Also("addressProvince")] = Field(None, alias="adressProvince")
    street: Annotated[Text, Also("addressStreet")] = Field(None, alias="adressStreet")
    postal_code: Annotated[Text, Also("addressZIP")] = Field(None, alias="adressZIP")
    email: Text = Field(None, alias="contactEmail")
    contact_first_name: Text = Field(None, alias="contactFirstName")
    fax: Text = Field(None, alias="contactFax")
    mobile: Text = Field(None, alias="contactMobile")
    contact_last_name: Text = Field(None, alias="contactName")
    phone: Text = Field(None, alias="contactPhone")
    name: Text = Field(None, alias="name")
    custom_fields: CustomFields = Field(None, alias="customFieldValues")
    latitude: Latitude = Field(None, alias="position.Latitude")
    longitude: Longitude = Field(None, alias="position.Longitude")
    tags: Tags = Field(None, alias="tags")


SITE = Kind(
    Site,
    SiteRow,
    noun="site",
    plural="sites",
    root="Site",
    id_words=frozenset({"id", "siteid"}),
    filters={"name": "name", "contactEmail": "email"},
    references=(Reference("customer_id", CUSTOMER, id="customerId", key="customerMyId", name="customerName"),),
    left_out=frozenset({"contactFirstName", "customFieldValues", "position", "tags"}),
)
"""Its lists leave out what their example does."""
