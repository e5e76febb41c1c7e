"""Generated records: forms of a freight system, rows of an ERP system."""

import json
from collections.abc import Iterable, Mapping, Sequence
from csv import writer
from pathlib import Path
from random import Random
from urllib.parse import urlencode

FORM = {
    "web_sync_table_name": "customers",
    "web_sync_action": "update",
    "id": "{key}",
    "name": "Customer {key}",
    "type": "SHIPPER",
    "status": "ACTIVE",
    "sales_rep": "REP7",
    "contact1": "Desk {word}",
    "contact2": "Night desk",
    "address1": "1 Generated Street",
    "address2": "Building B",
    "city": "Springfield",
    "state": "IL",
    "zip": "62701",
    "phone1": "555-{word}",
    "phone2": "555-0100",
    "fax": "555-0101",
    "email1": "desk-{key}@customer.example",
    "email2": "night-{key}@customer.example",
    "revenue_type": "BROKERAGE",
    "credit_limit": "25000.00",
    "total_exposure": "{word}.50",
    **{f"user_field_{number}": f"value {number}" for number in range(1, 9)},
}
"""A whole customer: 18 fields with a column, 8 without; three of them differ each time."""


def form_template() -> str:
    """The body of a form, with {key} for the record and {word} for what differs."""
    return urlencode(FORM, safe="{}")


def customer(number: int, edition: int) -> dict[str, str]:
    """A customer with all that the ERP system knows of one; each edition says four things anew."""
    return {
        "CustomerCode": f"C{number:07}",
        "CustomerName": f"Customer {number}",
        "OtherName": f"Customer {number} Limited",
        "SaleCode": f"REP{number % 50}",
        "Address": f"{number} Generated Street, Springfield",
        "Partner": f"Desk {edition}",
        "GroupCode1": f"G{number % 7}",
        "GroupCode2": f"H{number % 11}",
        "GroupCode3": f"K{number % 13}",
        "PhoneNumber": f"555-{number + edition:07}",
        "TaxCode": f"T{number:09}",
        "Fax": f"555-{number:07}",
        "Email": f"desk-{number}@customer.example",
        "BankAccount": f"{number:012}",
        "BankName": "First Generated Bank",
        "BranchName": f"Branch {number % 40}",
        "AccountName": f"Customer {number}",
        "PaymentTerm": f"{10 + (number + edition) % 50}",
        "Status": "1",
        "SuplierYN": "0",
        "EmployeeYN": "0",
        "Description": f"Edition {edition} of customer {number}",
    }


FIELD_CUSTOMER = {
    "name": "Customer {key}",
    "address": "1 Generated Street, Springfield, IL 62701",
    "addressComplement": "Building B",
    "adressCity": "Springfield",
    "adressCountry": "United States",
    "adressProvince": "Illinois",
    "adressStreet": "1 Generated Street",
    "adressZIP": "62701",
    "contactEmail": "desk-{key}@customer.example",
    "contactFirstName": "Desk",
    "contactFax": "555-0101",
    "contactPhone": "555-{word}",
    "contactMobile": "555-0102",
    "contactName": "Night",
    "myId": "{key}",
    "position": {"Latitude": "38.8998214", "Longitude": "-77.1791373"},
    "tags": ["north", "weekly"],
}
"""A customer as a field's clients send it; one of its texts differs each time."""
FIELD_JOB = {
    "myId": "{key}",
    "customerMyId": "{key}",
    "description": "Yearly maintenance of {key}",
    "scheduledBeginDate": "2026-07-19 08:00",
    "scheduledEndDate": "2026-07-19 10:00",
    "status": 1,
    "priority": 1,
    "globalAddress": "1 Generated Street, Springfield, IL 62701",
    "tags": ["weekly"],
}


FREIGHT_COLUMNS = (
    "id",
    "name",
    "type",
    "status",
    "sales_rep",
    "contact1",
    "contact2",
    "contact3",
    "address1",
    "address2",
    "city",
    "state",
    "zip",
    "phone1",
    "phone2",
    "phone3",
    "fax",
    "email1",
    "email2",
    "revenue_type",
    "credit_limit",
    "total_exposure",
)
SEED = 20261122
CHANGED_SHARE = 0.01


def write_freight_file(path: Path, count: int, edition: int) -> None:
    """A freight system's customers as CSV; from one edition to the next one row in a hundred says two things anew.

    The same rows come of the same arguments on every machine.
    """
    chance = Random(SEED)
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = writer(file, lineterminator="\n")
        lines.writerow(FREIGHT_COLUMNS)
        for number in range(count):
            differs = chance.random() < CHANGED_SHARE
            lines.writerow(_freight_row(100_000 + number, edition if differs else 1, chance.randrange(10**7)))


def _freight_row(number: int, edition: int, word: int) -> tuple[object, ...]:
    city, state, code = CITIES[word % len(CITIES)]
    return (
        *(number, f"Customer {number}, Ltd", "SHIPPER", "ACTIVE", f"REP{word % 50}"),
        *(f"Desk {edition}", "Night desk", f"Yard {word % 90}"),
        *(f"{word % 999} Generated Street", "", city, state, code),
        *(f"555-{word:07}", f"555-{number:07}", "555-0100", f"555-{word % 10_000:04}"),
        *(f"desk-{number}@customer.example", f"night-{number}@customer.example", "BROKERAGE"),
        *(f"{word % 90}000.00", f"{word % 9000 + edition}.50"),
    )


CITIES = (("SPRINGFIELD", "IL", "62701"), ("DAYTON", "OH", "45402"), ("WINDSOR", "ON", "N9A 1A1"))


def request(rows: Sequence[Mapping[str, str]]) -> bytes:
    """A SyncData call with these rows."""
    return json.dumps({"form": "setCustomer", "data": rows}).encode()


def csv(rows: Iterable[Mapping[str, str]]) -> str:
    """The rows as a file for COPY; no value needs quotes but an address."""
    return "".join(",".join(f'"{value}"' for value in row.values()) + "\n" for row in rows)
