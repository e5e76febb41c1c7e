"""What travels: the requests that are read and the carriers that are answered.

Attributes are ours, aliases the vendor's words (PascalCase, as its client needs them in answers). Names of a request
are matched in any letter case. From facts/superoffice.md, sections 1 and 3.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, FailFast, Field, ValidationError
from pydantic.alias_generators import to_pascal
from pydantic_core import PydanticCustomError

from synchub.dialects import xml
from synchub.errors import TooLarge, Unreadable
from synchub.master.values import clean, storable

MOST_NAMED = 100_000
"""The longest list that is read."""


class Form(StrEnum):
    """What a body is, which decides how a list is told in it."""

    JSON = "JSON"
    XML = "XML"
    FIELDS = "form"


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


def _key(text: str) -> str:
    """A key as the store has it, so that it is found."""
    return clean(storable(text)) or ""


Int32 = Annotated[int, Field(ge=-(2**31), lt=2**31), BeforeValidator(_number)]


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
    if len(text) == 1 and text in "01234567":
        return list(ActorType)[int(text)]
    return next((each for each in ActorType if each.lower() == text.lower()), text)


Ints = Annotated[list[Int32], FailFast()]
Texts = Annotated[list[Annotated[str, AfterValidator(_key)]], FailFast()]


class Request(BaseModel):
    """What a method is asked with; everything may be left out."""

    model_config = ConfigDict(
        alias_generator=to_pascal, populate_by_name=True, extra="ignore", coerce_numbers_to_str=True
    )

    @classmethod
    def of(cls, values: Mapping[str, Any], form: Form = Form.JSON) -> Self:
        """The request of a body's values, by names in any letter case; null and an empty text stand for nothing.

        In a form every value is a list, and a list may also be one value with commas; elsewhere it may be a single
        value. A name that means nothing is passed over, unless the request would then be about everything.

        Raises:
            Unreadable: a value is not of its kind; the text names the parameter.
            TooLarge: a list is too long.
        """
        fields = {info.alias.lower(): (info.alias, _is_list(info)) for info in cls.model_fields.values() if info.alias}
        given: dict[str, Any] = {}
        for name, value in values.items():
            alias, is_list = fields.get(name.lower(), ("", False))
            plain = _listed(alias, value, form) if is_list else _single(value, form)
            if plain is not None and alias:
                given[alias] = plain
        asked = cls._of(given)
        strays = [name for name, value in values.items() if value is not None and name.lower() not in fields]
        if strays and asked.is_of_everything:
            known = ", ".join(alias for alias, _ in fields.values())
            raise Unreadable(f"there is no parameter {strays[0][:80]}, and without it this means everything: {known}")
        return asked

    @classmethod
    def _of(cls, given: Mapping[str, Any]) -> Self:
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise Unreadable(_told(error)) from None

    @property
    def is_of_everything(self) -> bool:
        """Whether all records are meant, none being named."""
        return False


def _is_list(info: Any) -> bool:
    return get_origin(info.annotation) is list


def _single(value: Any, form: Form) -> Any:
    said = value[-1] if form is Form.FIELDS else value
    return None if isinstance(said, str) and not said.strip() else said


def _listed(alias: str, value: Any, form: Form) -> Any:
    """A list, also of one; None for nothing."""
    if form is Form.FIELDS:
        made = [part.strip() for text in value for part in text.split(",") if part.strip()]
    elif form is Form.XML and isinstance(value, dict):
        made = xml.items(value)
    elif isinstance(value, list):
        made = value
    elif (one := _single(value, form)) is None:
        return None
    else:
        made = [one]
    if len(made) > MOST_NAMED:
        raise TooLarge(f"{alias}: name no more than {MOST_NAMED}, or none at all for everything")
    return made


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

    @property
    def is_of_everything(self) -> bool:
        """Whether there are no ids."""
        return not self.internal_key_ids


class OfKeys(Request):
    """Records by a connection's keys, or all of a kind."""

    erp_connection_id: Int32 = 0
    erp_actor_type: Annotated[ActorType, BeforeValidator(_actor_type)] = ActorType.UNKNOWN
    external_keys: Texts = Field(default_factory=list)

    @property
    def is_of_everything(self) -> bool:
        """Whether there are no keys."""
        return not self.external_keys


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
