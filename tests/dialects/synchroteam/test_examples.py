"""The vendor's own examples: its requests are taken as they stand, and answered as it shows; none of their values is
written down in the program.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.inventory import (
    ENDPOINTS,
    INVENTORY,
    SERVED,
    expected,
    form,
    in_xml,
    misfits,
    plain,
    read_xml,
)
from tests.dialects.synchroteam.vendors import WORLD

SOURCES = Path(__file__).parents[3] / "src"
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
NUMBER = re.compile(r"\d{4,}")
DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}")
EXAMPLES = ("response_example", "request_example_doc", "request_example_sample_code")
CHANGED = {
    "activitytype": "activity_type",
    "customer": "customer",
    "equipment": "equipment",
    "jobs": "job",
    "part": "item",
    "site": "site",
    "stockrequest": "stock_request",
    "user": "employee",
}
"""What the endpoints of a resource may have changed before, and is brought in again."""
BACK = [
    {"depot": "stock", "parts": [{"reference": "ref005f", "quantity": 0, "serials": []}]},
    {"depot": "stock4", "parts": [{"reference": "ref005f", "quantity": 6, "serials": ["bb11", "bb22"]}]},
]
"""What StockRequest/Complete moved, back where it was."""
UNANSWERED = {
    question
    for endpoint in ("stockrequest.search", "invoices.list")
    for question in (json.dumps(ENDPOINTS[endpoint]["request_example_sample_code"]), ENDPOINTS[endpoint]["pasted"])
}
"""Questions whose answer no example shows: they ask for what is deleted (STK-2), and for invoices of another job."""
ANSWERED = {"invoices.list": {"job": {"id": "_150604144935321"}}}
"""Questions of our own, whose answer an example shows."""
NOTHING_THERE = "activitytype.delete"
"""The one whose example shows what is answered where there was nothing."""
OTHERWISE = {
    **dict.fromkeys(
        ["activities.search", "activitytype.search", "customer.delete", "customer.details", "customfield.send",
         "equipment.delete", "equipment.details", "inventory.quantities",
         "equipment.list", "invoices.list", "jobs.cancel", "jobs.validate", "part.delete",
         "part.details", "part.prices", "sharedblocks.list", "site.delete",
         "stockrequest.complete", "user.details", "user.search"],
        frozenset[str](),
    ),
    "activitytype.delete": frozenset({"msg"}),
    "activitytype.send": frozenset({"id"}),
    "invoices.send": frozenset({"code", "numberLines"}),  # INV-1; each body adds its lines
    "jobs.detail": frozenset({"publicLink"}),
    "site.details": frozenset({"id"}),
    "stockrequest.search": frozenset({"codeProduit", "quantity"}),  # of one part there are two references
}  # fmt: skip
"""Endpoints that answer what their example shows, with the words that cannot be the same."""
ORDINARY = {
    *("true", "True", "False"),  # truth values
    *("quotation", "Invoice", "add", "technician"),  # words of the protocol itself
    *("synchroteam", "city", "details", "hour", "signatures", "stock", "valid"),  # words that mean just themselves
    "group1",  # a column of the master, and of Fast
    *("2.5", "8.5", "4000"),  # sizes
}
"""Values that stand in the program by right."""


@pytest.fixture(scope="module")
def vendor(lasting):
    """A client of a hub that has the records of which the examples speak."""
    for entity in WORLD:
        bring(lasting, entity)
    return lasting


def bring(field: Field, entity: str) -> None:
    """Carry in the vendor's records of an entity, as they are in the examples."""
    told = field.carry_in(*map(json.dumps, WORLD[entity]), entity=entity)
    assert [row.get("reason") for row in told if row["verdict"] == "rejected"] == []
    assert len(told) == len(WORLD[entity])


@pytest.mark.parametrize("accept", ["text/json", "text/xml"])
@pytest.mark.parametrize("endpoint", SERVED)
def test_the_vendors_own_request_is_taken_as_it_stands_and_answered_as_it_shows(vendor, endpoint, accept):
    facts = ENDPOINTS[endpoint]
    wanted = form(facts["response_example"]) if endpoint == NOTHING_THERE else expected(endpoint)
    for content in bodies(endpoint):
        if entity := CHANGED.get(endpoint.partition(".")[0]):
            bring(vendor, entity)
        if endpoint == "stockrequest.complete":
            vendor.call("PUT", "/v2/Inventory/Quantities", content=json.dumps(BACK))
        answer = vendor.call(facts["method"], facts["sample_url"], content=content, headers={"accept": accept})
        assert answer.status_code == 200, answer.text
        if accept == "text/xml":
            assert list(misfits(in_xml(wanted), read_xml(endpoint, answer.content))) == []
            continue
        assert list(misfits(wanted, answer.json())) == [], answer.text
        if endpoint in OTHERWISE and content not in UNANSWERED:
            assert holds(facts["response_example"], answer.json(), OTHERWISE[endpoint]), answer.text


def bodies(endpoint: str) -> list[str | None]:
    """The bodies that the documentation shows: two as JSON, and one as a sample has it between a shell's quotes.

    Beside them what is to be asked where none of them is answered by what it shows.
    """
    facts = ENDPOINTS[endpoint]
    plain = [facts[name] for name in EXAMPLES[1:] if name in facts]
    asked = [ANSWERED[endpoint]] if endpoint in ANSWERED else []
    return [*map(json.dumps, plain), facts["pasted"], *map(json.dumps, asked)] if plain else [None]


def holds(example: Any, shown: Any, otherwise: frozenset[str]) -> bool:
    """Whether a document says all that an example says, but for these words; rows may come in another order."""
    if isinstance(example, dict):
        return all(holds(each, shown[word], otherwise) for word, each in example.items() if word not in otherwise)
    if isinstance(example, list):
        return all(any(holds(each, one, otherwise) for one in shown) for each in example)
    return plain(example) == plain(shown)


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """The keys and values of a document's innermost members."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, key)
    else:
        yield key, str(value)


@cache
def vendors_values() -> frozenset[str]:
    """Names, ids, GUIDs, dates and numbers of four digits and more in the vendor's examples."""
    examples = [each.get(name) for each in ENDPOINTS.values() for name in EXAMPLES]
    said = [(key, value) for key, value in leaves([examples, INVENTORY["auth_examples"]]) if value not in {"", "None"}]
    said += [("", each["sample_url"].rpartition("=")[2]) for each in ENDPOINTS.values() if "=" in each["sample_url"]]
    plain = {value for key, value in said if key not in {"code", "message", "tags", "id"}}
    digits = {found for _, value in said for pattern in (GUID, NUMBER, DATE) for found in pattern.findall(value)}
    return frozenset({value.strip() for value in plain if len(value.strip()) > 2} | digits | {"mycompany", "keepon"})


def test_no_value_of_the_vendors_examples_stands_in_the_program():
    assert {"35604", "939721", "2018-02-25", *ORDINARY} <= vendors_values()
    texts = {
        str(file.relative_to(SOURCES)): file.read_text()
        for file in sorted(SOURCES.rglob("*"))
        if file.suffix in {".py", ".html", ".json", ".po"}
    }
    found = [
        (name, value)
        for name, text in texts.items()
        for value in vendors_values() - ORDINARY
        if value in text and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text)
    ]
    assert found == []
