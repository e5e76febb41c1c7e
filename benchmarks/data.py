"""Generated records: forms of a freight system, rows of an ERP system."""

import json
from collections.abc import Iterable, Mapping, Sequence
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


def request(rows: Sequence[Mapping[str, str]]) -> bytes:
    """A SyncData call with these rows."""
    return json.dumps({"form": "setCustomer", "data": rows}).encode()


def csv(rows: Iterable[Mapping[str, str]]) -> str:
    """The rows as a file for COPY; no value needs quotes but an address."""
    return "".join(",".join(f'"{value}"' for value in row.values()) + "\n" for row in rows)
