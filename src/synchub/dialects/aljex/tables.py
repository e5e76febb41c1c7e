"""The tables of Aljex as wire models: attributes are columns of ours, aliases are Aljex's field names.

Names and kinds are those of facts/aljex_tables.json. Every value is form text and may be anything (facts/aljex.md,
section 2: a lone ":" in rates and dates, free text in weights), so no field is ever refused: what cannot be read as
its kind stays the text that arrived, which the typed column reads as nothing.
"""

import re
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from synchub.dialects.wire import Wire
from synchub.master.entities import entity_of
from synchub.master.entities.freight import Carrier, FreightInvoice, Load, Spot
from synchub.master.entities.other import Other
from synchub.master.entities.parties import Customer, Employee, Salesrep
from synchub.master.values import as_decimal, as_flag, clean, spell_decimal

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_MONTH_FIRST = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
CENTURY_TURNS = 69
"""Years of two digits from here on are of the last century, as POSIX reads them."""


def plain_number(text: str) -> str | None:
    """A number without dollar sign and thousands' commas, in its canonical spelling; other text as it is."""
    bare = text.replace("$", "").replace(",", "").strip()
    number = as_decimal(bare) if _NUMBER.fullmatch(bare) else None
    return clean(text) if number is None else spell_decimal(number)


def iso_date(text: str) -> str | None:
    """A calendar date in ISO form, also from MM/DD/YY, MM/DD/YYYY and MM-DD-YYYY; other text as it is."""
    match = _MONTH_FIRST.fullmatch(text.strip())
    if match is None:
        return clean(text)
    month, _, day, year = match.groups()
    try:
        return date(_full_year(year), int(month), int(day)).isoformat()
    except ValueError:
        return clean(text)


def _full_year(year: str) -> int:
    number = int(year)
    if len(year) > len("YY"):
        return number
    return number + (1900 if number >= CENTURY_TURNS else 2000)


def yes_or_no(text: str) -> bool | str | None:
    """A flag from Y, N and their like; other text as it is."""
    bare = clean(text)
    flag = as_flag(bare)
    return bare if flag is None else flag


Text = Annotated[str | None, BeforeValidator(clean)]
Number = Annotated[str | None, BeforeValidator(plain_number)]
Day = Annotated[str | None, BeforeValidator(iso_date)]
Flag = Annotated[bool | str | None, BeforeValidator(yes_or_no)]
Reference = Annotated[str | None, BeforeValidator(clean)]


class Employees(Wire, entity=Employee):
    name: Text = None
    email: Text = None
    phone: Text = None
    team: Text = None
    kind: Text = Field(None, alias="type")
    status: Text = None


class Customers(Wire, entity=Customer):
    name: Text = None
    kind: Text = Field(None, alias="type")
    status: Text = None
    salesperson: Text = Field(None, alias="sales_rep")
    contact: Text = Field(None, alias="contact1")
    contact2: Text = None
    contact3: Text = None
    contact4: Text = None
    address: Text = Field(None, alias="address1")
    address2: Text = None
    city: Text = None
    state: Text = None
    postal_code: Text = Field(None, alias="zip")
    phone: Text = Field(None, alias="phone1")
    phone2: Text = None
    phone3: Text = None
    fax: Text = None
    email: Text = Field(None, alias="email1")
    email2: Text = None
    email3: Text = None
    email4: Text = None
    revenue_type: Text = None
    credit_limit: Number = None
    exposure: Number = Field(None, alias="total_exposure")


class Carriers(Wire, entity=Carrier):
    name: Text = None
    legal_name: Text = None
    status: Text = None
    kind: Text = Field(None, alias="carrier_type")
    scac: Text = None
    mc_number: Text = Field(None, alias="mc_num")
    dot_number: Text = Field(None, alias="dot_num")
    address: Text = Field(None, alias="address1")
    address2: Text = None
    city: Text = None
    state: Text = None
    postal_code: Text = Field(None, alias="zip")
    phone: Text = None
    fax: Text = None
    email: Text = Field(None, alias="email1")
    email2: Text = None
    dispatcher: Text = Field(None, alias="assigned_dispatcher")
    smartway: Flag = None
    power_units: Number = None
    liability_expires: Day = Field(None, alias="liab_ins_exp")
    liability_amount: Number = Field(None, alias="liab_ins_amount")
    cargo_expires: Day = Field(None, alias="cargo_ins_exp")
    cargo_amount: Number = Field(None, alias="cargo_ins_amount")
    general_liability_expires: Day = Field(None, alias="gen_liab_exp")
    general_liability_amount: Number = Field(None, alias="gen_liab_amount")
    workers_compensation_expires: Day = Field(None, alias="work_comp_exp")
    workers_compensation_amount: Number = Field(None, alias="work_comp_amount")
    created_on: Day = Field(None, alias="created_date")


class Loads(Wire, entity=Load):
    status: Text = None
    kind: Text = Field(None, alias="mode")
    equipment: Text = None
    office: Text = None
    customer_id: Reference = None
    shipper: Text = None
    carrier_id: Reference = None
    origin_city: Text = None
    origin_state: Text = None
    destination_city: Text = Field(None, alias="dest_city")
    destination_state: Text = Field(None, alias="dest_state")
    pickup_name: Text = None
    pickup_address: Text = None
    pickup_date: Day = None
    pickup_time: Text = None
    pickup_hours: Text = None
    pickup_appointment_date: Day = Field(None, alias="pickup_appt_date")
    consignee: Text = None
    consignee_address: Text = None
    consignee_address2: Text = Field(None, alias="consignee_address_line2")
    consignee_contact: Text = None
    consignee_phone: Text = None
    consignee_hours: Text = None
    delivery_date: Day = None
    delivery_time: Text = None
    must_ship_date: Day = None
    must_deliver_date: Day = Field(None, alias="must_del_date")
    covered_date: Day = None
    arrived_date: Day = Field(None, alias="arrive_consignee_date")
    created_on: Day = Field(None, alias="tag_creation_date")
    load_reference: Text = Field(None, alias="load_ref")
    weight: Number = None
    pieces: Number = None
    miles: Number = None
    goods_value: Number = Field(None, alias="value")
    line_haul: Number = Field(None, alias="carrier_line_haul")
    carrier_total: Number = Field(None, alias="carrier_total_rate")
    invoice_total: Number = None


class Invoicing(Wire, entity=FreightInvoice):
    """An invoice has no key but the number of its load."""

    load_id: Reference = Field(None, alias="pro_num")
    customer_name: Text = None
    bill_to: Text = Field(None, alias="billto_name")
    salesperson: Text = Field(None, alias="salesrep")
    office: Text = None
    kind: Text = Field(None, alias="type")
    hold: Text = None
    customer_reference: Text = Field(None, alias="ref_num")
    shipped_on: Day = Field(None, alias="ship_date")
    delivered_on: Day = Field(None, alias="del_date")
    invoiced_on: Day = Field(None, alias="inv_date")
    posted_on: Day = Field(None, alias="posted_date")
    weight: Number = None
    total: Number = None
    debits: Number = Field(None, alias="debits_amount")
    credits: Number = Field(None, alias="credits_amount")
    advances: Number = Field(None, alias="advances_amount")
    revenue: Number = Field(None, alias="act_rev")
    expense: Number = Field(None, alias="act_expense")
    profit: Number = Field(None, alias="act_profit")
    revenue_due: Number = Field(None, alias="bal_due_rev")
    expense_due: Number = Field(None, alias="bal_due_exp")


class Salesreps(Wire, entity=Salesrep):
    name: Text = Field(None, alias="salesrep_name")


class Spots(Wire, entity=Spot):
    kind: Text = Field(None, alias="type")
    entered_on: Day = Field(None, alias="date_entered")
    expires_on: Day = Field(None, alias="expiration_date")
    pickup_city: Text = None
    pickup_state: Text = None
    destination_city: Text = Field(None, alias="consignee_city")
    destination_state: Text = Field(None, alias="consignee_state")
    weight: Number = None
    carrier_rate: Number = None


class Others(Wire, entity=Other):
    """A record of any other table; the set of tables is open."""

    table_name: Text = Field(None, alias="web_sync_table_name")
    name: Text = None


TABLES: dict[str, type[Wire]] = {
    "employees": Employees,
    "customers": Customers,
    "carriers": Carriers,
    "loads": Loads,
    "invoicing": Invoicing,
    "salesreps": Salesreps,
    "spots": Spots,
}


def model_of(table: str) -> type[Wire]:
    """The wire model of a table by its name in lower case."""
    return TABLES.get(table, Others)


ENTITIES = frozenset({entity_of(model.entity) for model in TABLES.values()} | {entity_of(Other)})
"""What these tables are about, in our words."""
