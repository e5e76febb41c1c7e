"""The eight forms of SyncData: attributes, types and lengths as `facts/fast.md` section 1 has them.

Status is required on setCustomer alone, whose own page says so; everywhere else the vendor's pages took the tick
back. A row upserts by its code. Status "0" takes a record out of use, and never brings one back that its sender was
told is gone.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from synchub.dialects.wire import Also, Wire
from synchub.master.convergence import Mode
from synchub.master.entities import Entity, entity_of
from synchub.master.entities.organisation import Contract, Department, Expense, Project, Warehouse
from synchub.master.entities.parties import Customer
from synchub.master.entities.products import Item, UomConversion
from synchub.master.values import read_number
from synchub.master.writes import Write

_FLAGS: Mapping[object, bool] = {"0": False, "1": True, 0: False, 1: True}
_DAY = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII | re.IGNORECASE
)
_MOST_LONG = 2**63
_INTEGER_DIGITS, _LAST_DIGIT = 11, Decimal("1e-8")
_EXACT_IN_FLOATS = 15


def _present(value: Any) -> Any:
    """The value without surrounding blanks; a text of blanks is none."""
    return (value.strip() or None) if isinstance(value, str) else value


def _flag(value: Any) -> bool | None:
    value = _present(value)
    if value is None:
        return None
    if isinstance(value, str | int | float | Decimal) and value in _FLAGS:
        return _FLAGS[value]
    raise PydanticCustomError("flag", "must be 1 or 0")


def _number(value: Any) -> Decimal | None:
    value = _present(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal | None):
        raise PydanticCustomError("number", "must be a number")
    number = None if value is None else read_number(str(value))
    if value is not None and number is None:
        raise PydanticCustomError("number", "must be a number")
    return number


def _long(value: Any) -> int | None:
    number = _number(value)
    if number is None:
        return None
    if number.adjusted() >= len(str(_MOST_LONG)) or not -_MOST_LONG <= number < _MOST_LONG:
        raise PydanticCustomError("long", "must fit into 64 bits")
    if number != number.to_integral_value():
        raise PydanticCustomError("long", "must be a whole number")
    return int(number)


def _decimal(value: Any) -> Decimal | None:
    number = _number(value)
    if number is None:
        return None
    if number.adjusted() >= _INTEGER_DIGITS or number != number.quantize(_LAST_DIGIT):
        raise PydanticCustomError("decimal", "max 11 digits before and 8 after the point")
    return number


def _day(value: Any) -> date | None:
    value = _present(value)
    if value is None or isinstance(value, date):
        return value
    match = _DAY.fullmatch(value) if isinstance(value, str) else None
    try:
        return date.fromisoformat(match.group(1) if match else "")
    except ValueError:
        raise PydanticCustomError("date", "must be a date as YYYY-MM-DD") from None


def _number_out(value: Decimal | None) -> int | float | str | None:
    """A JSON number where that is exact, else its text."""
    if value is None or value == value.to_integral_value():
        return None if value is None else int(value)
    return float(value) if len(value.normalize().as_tuple().digits) <= _EXACT_IN_FLOATS else format(value, "f")


_text_out = PlainSerializer(lambda value: value or "", return_type=str)

Key32 = Annotated[str, Field(min_length=1, max_length=32)]
Name256 = Annotated[str, Field(min_length=1, max_length=256)]
Kind2 = Annotated[str, Field(min_length=1, max_length=2)]
Text2 = Annotated[str | None, Field(max_length=2), _text_out]
Text3 = Annotated[str | None, Field(max_length=3), _text_out]
Text30 = Annotated[str | None, Field(max_length=30), _text_out]
Text32 = Annotated[str | None, Field(max_length=32), _text_out]
Text64 = Annotated[str | None, Field(max_length=64), _text_out]
Text128 = Annotated[str | None, Field(max_length=128), _text_out]
Text256 = Annotated[str | None, Field(max_length=256), _text_out]
Text512 = Annotated[str | None, Field(max_length=512), _text_out]
Status = Annotated[
    bool | None,
    BeforeValidator(_flag),
    PlainSerializer(lambda value: "0" if value is False else "1", return_type=str),
]
RequiredStatus = Annotated[
    bool, BeforeValidator(_flag), PlainSerializer(lambda value: "1" if value else "0", return_type=str)
]
Byte = Annotated[
    bool | None,
    BeforeValidator(_flag),
    PlainSerializer(lambda value: None if value is None else int(value)),
]
Long = Annotated[int | None, BeforeValidator(_long)]
Number = Annotated[Decimal, BeforeValidator(_decimal), PlainSerializer(_number_out)]
Day = Annotated[date | None, BeforeValidator(_day)]


class Form(Wire):
    """A form of SyncData; `form` is its name as we write it, `also` are other names that clients use for it."""

    forms: ClassVar[dict[str, type["Form"]]] = {}
    """All forms by their names, lower case."""
    form: ClassVar[str]

    def __init_subclass__(
        cls,
        *,
        form: str,
        entity: type[Entity],
        key: tuple[str, ...] = ("code",),
        also: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(entity=entity, key=key, **kwargs)
        cls.form = form
        cls.forms.update({name.lower(): cls for name in (form, *also)})

    def write(self, extra: dict[str, str]) -> Write:
        """What the row asks of the store."""
        fields = self.stated()
        revives = fields.get("active") is not False
        return Write(entity_of(self.entity), self.external_key(), Mode.PARTIAL, fields, extra, revives)


class SetCustomer(Form, form="setCustomer", entity=Customer, also=("setCustomers",)):
    """A customer, a supplier, or both."""

    code: Key32 = Field(alias="CustomerCode")
    name: Name256 = Field(alias="CustomerName")
    other_name: Text256 = Field(None, alias="OtherName")
    salesperson: Text32 = Field(None, alias="SaleCode")
    address: Text256 = Field(None, alias="Address")
    contact: Text256 = Field(None, alias="Partner")
    group1: Text32 = Field(None, alias="GroupCode1")
    group2: Text32 = Field(None, alias="GroupCode2")
    group3: Text32 = Field(None, alias="GroupCode3")
    phone: Text32 = Field(None, alias="PhoneNumber")
    tax_number: Text32 = Field(None, alias="TaxCode")
    fax: Text32 = Field(None, alias="Fax")
    email: Text128 = Field(None, alias="Email")
    bank_account: Text30 = Field(None, alias="BankAccount")
    bank_name: Text256 = Field(None, alias="BankName")
    bank_branch: Text256 = Field(None, alias="BranchName")
    bank_account_holder: Text256 = Field(None, alias="AccountName")
    payment_term: Text2 = Field(None, alias="PaymentTerm")
    active: RequiredStatus = Field(alias="Status")
    is_supplier: Annotated[Byte, Also("SupplierYN")] = Field(None, alias="SuplierYN")
    is_employee: Byte = Field(None, alias="EmployeeYN")
    description: Text512 = Field(None, alias="Description")


class SetItem(Form, form="setItem", entity=Item):
    """An item or material."""

    code: Key32 = Field(alias="ItemCode")
    name: Name256 = Field(alias="ItemName")
    other_name: Text256 = Field(None, alias="OtherName")
    uom: Text32 = Field(None, alias="Uom")
    kind: Kind2 = Field(alias="ItemType")
    group1: Text32 = Field(None, alias="ItemGroup1")
    group2: Text32 = Field(None, alias="ItemGroup2")
    group3: Text32 = Field(None, alias="ItemGroup3")
    active: Status = Field(None, alias="Status")


class SetUomConversion(
    Form, form="setUomConversion", entity=UomConversion, key=("item_id", "uom"), also=("UnitConversion",)
):
    """How many base units of an item one of its other units is."""

    item_id: Key32 = Field(alias="ItemCode")
    uom: Key32 = Field(alias="Uom")
    coefficient: Number = Field(alias="Coefficient")
    active: Status = Field(None, alias="Status")


class SetSite(Form, form="setSite", entity=Warehouse):
    """A warehouse."""

    code: Key32 = Field(alias="SiteCode")
    name: Name256 = Field(alias="SiteName")
    other_name: Text256 = Field(None, alias="OtherName")
    address: Text256 = Field(None, alias="Address")
    group1: Text32 = Field(None, alias="GroupCode")
    is_agent: Byte = Field(None, alias="AgentYN")
    note: Text512 = Field(None, alias="Note")
    active: Status = Field(None, alias="Status")


class SetDepartment(Form, form="setDepartment", entity=Department):
    """A department."""

    code: Key32 = Field(alias="DeptCode")
    name: Name256 = Field(alias="DeptName")
    other_name: Text256 = Field(None, alias="OtherName")
    address: Text256 = Field(None, alias="Address")
    phone: Text32 = Field(None, alias="PhoneNumber")
    note: Text512 = Field(None, alias="Note")
    active: Status = Field(None, alias="Status")


class SetJob(Form, form="setJob", entity=Project):
    """A job or case."""

    code: Key32 = Field(alias="JobCode")
    name: Name256 = Field(alias="JobName")
    other_name: Text256 = Field(None, alias="OtherName")
    note: Text512 = Field(None, alias="Note")
    active: Status = Field(None, alias="Status")


class SetContract(Form, form="setContract", entity=Contract):
    """A contract."""

    code: Key32 = Field(alias="ContractCode")
    name: Name256 = Field(alias="ContractName")
    other_name: Text256 = Field(None, alias="OtherName")
    contract_number: Text64 = Field(None, alias="ContractNo")
    signed_on: Day = Field(None, alias="SignedDate")
    valid_from: Day = Field(None, alias="FromDate")
    valid_to: Day = Field(None, alias="ToDate")
    amount: Long = Field(None, alias="TotalAmount")
    currency: Text3 = Field(None, alias="Currency")
    note: Text512 = Field(None, alias="Note")
    active: Status = Field(None, alias="Status")


class SetExpense(Form, form="setExpense", entity=Expense):
    """A kind of expense or fee."""

    code: Key32 = Field(alias="ExpenseCode")
    name: Name256 = Field(alias="ExpenseName")
    other_name: Text256 = Field(None, alias="OtherName")
    department_id: Text32 = Field(None, alias="DeptCode")
    note: Text512 = Field(None, alias="Note")
    active: Status = Field(None, alias="Status")


FORMS: Mapping[str, type[Form]] = Form.forms
"""The forms by their names and other names, lower case."""

BY_ENTITY: Mapping[str, type[Form]] = {entity_of(form.entity): form for form in Form.forms.values()}
"""The forms by the entity that they carry."""
