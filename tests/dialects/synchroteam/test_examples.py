"""The vendor's own examples: none of their values is written down in the program."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.dialects.synchroteam.inventory import ENDPOINTS, INVENTORY

SOURCES = Path(__file__).parents[3] / "src"
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
NUMBER = re.compile(r"\d{4,}")
DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}")
EXAMPLES = ("response_example", "request_example_doc", "request_example_sample_code")
ORDINARY = {
    *("true", "True", "False"),  # truth values
    *("quotation", "Invoice", "add", "technician"),  # words of the protocol itself
    *("synchroteam", "city", "details", "hour", "signatures", "stock", "valid"),  # words that mean just themselves
    "group1",  # a column of the master, and of Fast
    *("2.5", "8.5", "4000"),  # sizes
}
"""Values that stand in the program by right."""


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
