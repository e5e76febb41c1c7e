"""A customer in the vendor's words (facts/synchroteam_endpoints.json, section Customers), and positions.

`adress…` is spelled with one d beside `address`; the later spelling with two is read too (CUS-1). A position is an
object of two texts (POS-1); its words here are `position.Latitude` and `position.Longitude`, as those of every object
within a row have its name and a point before them.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from synchub.dialects.synchroteam.words import CustomFields, Key, Latitude, Longitude, Tags, Text
from synchub.dialects.wire import Also, Wire
from synchub.master.entities.parties import Customer

POSITION = "position"


class Placed(Wire):
    """The parent of rows that have a position."""

    @classmethod
    def fold(cls, row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """As every wire model, with a position taken apart; a blank one clears both of its parts."""
        flat: dict[str, Any] = {}
        for spelt, value in row.items():
            if spelt.lower() != POSITION:
                flat[spelt] = value
            elif isinstance(value, Mapping):
                flat |= {f"{POSITION}.{name}": each for name, each in value.items()}
            else:
                given = [value] if str(value or "").strip() else None  # a number alone is no place
                flat |= {f"{POSITION}.Latitude": given, f"{POSITION}.Longitude": given}
        return super().fold(flat)

    def dump(self) -> dict[str, Any]:
        """As every wire model, with a position as an object."""
        return nested(super().dump())


class CustomerRow(Placed, entity=Customer, key=("code",)):
    """A customer; its words stand in the order in which the vendor shows them."""

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
    phone: Text = Field(None, alias="contactPhone")
    mobile: Text = Field(None, alias="contactMobile")
    contact_last_name: Text = Field(None, alias="contactName")
    code: Key = Field(None, alias="myId")
    name: Text = Field(None, alias="name")
    custom_fields: CustomFields = Field(None, alias="customFieldValues")
    latitude: Latitude = Field(None, alias="position.Latitude")
    longitude: Longitude = Field(None, alias="position.Longitude")
    tags: Tags = Field(None, alias="tags")


def nested(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its objects as such: the words that have a point are words of one."""
    made: dict[str, Any] = {}
    for word, value in row.items():
        if "." not in word:
            made[word] = value
        else:
            outer, _, inner = word.partition(".")
            made.setdefault(outer, {})[inner] = value
    return made
