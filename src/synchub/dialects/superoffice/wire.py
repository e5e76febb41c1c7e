"""What travels: the requests that are read and the carriers that are answered.

Attributes are ours, aliases the vendor's words (PascalCase, as its client needs them in answers). Names of a request
are matched in any letter case. From facts/superoffice.md, sections 1 and 3.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Self, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal

from synchub.dialects import xml
from synchub.errors import Unreadable

Int32 = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class ActorType(StrEnum):
    """What kind of thing a record is, in the vendor's words and in the order of its numbers."""

    UNKNOWN = "Unknown"
    CUSTOMER = "Customer"
    SUPPLIER = "Supplier"
    PARTNER = "Partner"
    PERSON = "Person"
    PROJECT = "Project"
    EMPLOYEE = "Employee"
    SALE = "Sale"


ENTITIES: Mapping[ActorType, str] = {
    ActorType.CUSTOMER: "customer",
    ActorType.SUPPLIER: "customer",
    ActorType.PARTNER: "customer",
    ActorType.PROJECT: "project",
    ActorType.EMPLOYEE: "employee",
}
"""The entity of the actors that we keep; of the others we have none."""
TABLES: Mapping[str, str] = {"customer": "contact"}
"""The vendor's table of an entity, where its name is another."""


def _actor_type(value: Any) -> Any:
    """By its name in any letter case, or by its number."""
    text = str(value).strip()
    if text.isascii() and text.isdecimal() and int(text) < len(ActorType):
        return list(ActorType)[int(text)]
    return next((each for each in ActorType if each.lower() == text.lower()), text)


def _listed(value: Any) -> Any:
    """A list, also of one; in XML whatever stands in the element."""
    if isinstance(value, dict):
        return xml.items(value)
    return value if isinstance(value, list) else [value]


Ints = Annotated[list[Int32], BeforeValidator(_listed)]
Texts = Annotated[list[str], BeforeValidator(_listed)]


class Request(BaseModel):
    """What a method is asked with; everything may be left out."""

    model_config = ConfigDict(
        alias_generator=to_pascal, populate_by_name=True, extra="ignore", coerce_numbers_to_str=True
    )

    @classmethod
    def of(cls, values: Mapping[str, Any], *, form: bool = False) -> Self:
        """The request of a body's values, by names in any letter case; null and an empty text stand for nothing.

        In a form every value is a list, and a list may also be one value with commas.

        Raises:
            Unreadable: a value is not of its kind; the text names the parameter.
        """
        fields = {info.alias.lower(): (info.alias, _is_list(info)) for info in cls.model_fields.values() if info.alias}
        given: dict[str, Any] = {}
        for name, value in values.items():
            if name.lower() not in fields:
                continue
            alias, is_list = fields[name.lower()]
            plain = _of_form(value, is_list=is_list) if form else value
            if plain is not None and plain != "":
                given[alias] = plain
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise Unreadable(_told(error)) from None


def _is_list(info: Any) -> bool:
    return get_origin(info.annotation) is list


def _of_form(values: Sequence[str], *, is_list: bool) -> Any:
    if not is_list:
        return values[-1].strip()
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _told(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    place = ".".join(map(str, fault["loc"]))
    return f"{place}: {fault['msg']}"[:300]


class OfConnection(Request):
    """One connection."""

    erp_connection_id: Int32 = 0


class OfConnections(Request):
    """All connections."""

    include_deleted: bool = False


class OfRecords(Request):
    """Records by their ids, or all; from a connection, or with 0 and less as the hub has them."""

    erp_connection_id: Int32 = 0
    internal_key_ids: Ints = Field(default_factory=list)


class OfKeys(Request):
    """Records by a connection's keys, or all of a kind."""

    erp_connection_id: Int32 = 0
    erp_actor_type: Annotated[ActorType, BeforeValidator(_actor_type)] = ActorType.UNKNOWN
    external_keys: Texts = Field(default_factory=list)


class Rights(BaseModel):
    """What a caller may do; the mask is text, a number breaks the vendor's client."""

    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True)

    mask: str
    reason: str = ""


class Carrier(BaseModel):
    """What all answers are made of."""

    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True)

    def dump(self) -> dict[str, Any]:
        """The carrier in the vendor's words."""
        return self.model_dump(mode="json", by_alias=True)


class Status(StrEnum):
    """How it went; the vendor's prose says Warn, its client knows only Warning."""

    OK = "Ok"
    OK_WITH_INFO = "OkWithInfo"
    WARNING = "Warning"
    ERROR = "Error"


class ChangedDataItem(Carrier):
    """One record."""

    tablename: str
    record_id: int
    table_right: Rights | None = None
    field_properties: dict[str, Any] | None = None


class ChangedData(Carrier):
    """Records that the caller may have to read again."""

    added_records: list[ChangedDataItem] = Field(default_factory=list)
    updated_records: list[ChangedDataItem] = Field(default_factory=list)
    deleted_records: list[ChangedDataItem] = Field(default_factory=list)
    table_right: Rights | None = None
    field_properties: dict[str, Any] | None = None


class PluginResponse(Carrier):
    """How a resync went."""

    is_ok: bool
    user_explanation: str
    tech_explanation: str
    error_code: str = ""
    changes: ChangedData | None = None
    status: Status
    table_right: Rights | None = None
    field_properties: dict[str, Any] | None = None


class ErpConnection(Carrier):
    """A connection of the hub. What it is set to stays with the hub."""

    erp_connection_id: int
    erp_connector_id: int = 0
    display_name: str
    display_description: str
    active: bool
    connection_id: str
    most_recent_timestamp: str = ""
    config_fields: dict[str, str] | None = None
    deleted: bool = False
    all_access: bool = True
    user_group_access_ids: list[int] = Field(default_factory=list)
    associate_access_ids: list[int] = Field(default_factory=list)
    table_right: Rights | None = Field(default_factory=lambda: Rights(mask="Select"))
    field_properties: dict[str, Any] | None = None


class ErpSyncEngineStatus(Carrier):
    """Whether the hub tells its partners."""

    is_running: bool
    status_message: str
    interval: str
    table_right: Rights | None = None
    field_properties: dict[str, Any] | None = None


ITEMS: Mapping[str, str] = {
    "AddedRecords": "ChangedDataItem",
    "UpdatedRecords": "ChangedDataItem",
    "DeletedRecords": "ChangedDataItem",
    "UserGroupAccessIds": "int",
    "AssociateAccessIds": "int",
}
"""How the elements of an array are called in XML."""
