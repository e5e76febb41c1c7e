"""The vendor's endpoints as its documentation has them (`endpoints.json`), and the forms of documents.

A form is a document with the kinds of its values in their place: a set of names, as a value may be of several. A list
has one form, which all of its members have.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from synchub.dialects import xml
from synchub.dialects.synchroteam.endpoints import Endpoint
from synchub.dialects.synchroteam.routes import ENDPOINTS as OURS
from synchub.dialects.synchroteam.routes import ROOTS

INVENTORY = json.loads((Path(__file__).parent / "endpoints.json").read_text())
ENDPOINTS: dict[str, dict[str, Any]] = {each["id"]: each for each in INVENTORY["endpoints"]}
CONTRADICTIONS: dict[str, str] = {each["id"]: each["where"] for each in INVENTORY["contradictions"]}
TEXT, NUMBER, TRUTH, NULL = ({kind} for kind in ("text", "number", "truth", "null"))
ABSENT: set[str] = set()

TABLE = "the table of its fields"

_FIELD_IDS = {"customFieldValues[].id": ("CFV-1", NUMBER)}
_TABLE_OF_JOBS = [
    "siteMyId",
    "equipmentMyId",
    "validationDate",
    "complementAddress",
    "contactName",
    "contactFirstName",
    "contactEmail",
]
_SITE_IN_LIST = {"[].customerId": (TABLE, NUMBER), "[].customerMyId": (TABLE, TEXT)}
AMENDED: dict[str, dict[str, tuple[str, Any]]] = {
    "activitytype.delete": {"msg": ("ERR-1", ABSENT)},
    "customer.details": {"contactMobile": (TABLE, TEXT), **_FIELD_IDS},
    "jobs.detail": {
        **dict.fromkeys(_TABLE_OF_JOBS, (TABLE, TEXT)),
        "validationUser": (TABLE, NUMBER | NULL),
        "tags": (TABLE, [TEXT]),
    },
    "equipment.details": _FIELD_IDS,
    "site.details": {
        **_FIELD_IDS,
        **dict.fromkeys(("contactFirstName", "customerMyId", "customerName"), (TABLE, TEXT)),
        "customerId": (TABLE, NUMBER),
        "equipments": (TABLE, [{"id": NUMBER, "myId": TEXT, "name": TEXT}]),
    },
    "site.listByCustomerId": _SITE_IN_LIST,
    "site.listByCustomerMyId": _SITE_IN_LIST,
    "invoices.list": {"[].id": ("INV-4", NUMBER), "[].idClient": ("INV-4", NUMBER | NULL)},
    "part.details": {"minQuantity": (TABLE, NUMBER), "tracked": (TABLE, TRUTH), "serializable": (TABLE, TRUTH)},
    "user.details": {"CustomFieldValues[].id": ("CFV-1", NUMBER)},
}
"""Where an answer has another form than its example: by endpoint and place, the contradiction that is resolved so.

What an example lacks but the table of its fields names is no contradiction.
"""
XML_LISTS: dict[str, str] = INVENTORY["xml_inferred"]["output"]["inner_lists"] | {
    "CustomFieldValues": "customFieldValue",  # USR-1
    "msg": "msg",  # ERR-1
}


def _blanked(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


_PATHS = {(each.method, _blanked(ROOTS[0] + each.path)): each for each in OURS}
SERVED = [each["id"] for each in ENDPOINTS.values() if (each["method"], _blanked(each["canonical_path"])) in _PATHS]


def is_in_inventory(endpoint: Endpoint) -> bool:
    """Whether the documentation has an endpoint that the hub serves."""
    asked = endpoint.method, _blanked(ROOTS[0] + endpoint.path)
    return any(asked == (each["method"], _blanked(each["canonical_path"])) for each in ENDPOINTS.values())


def form(value: Any) -> Any:
    """The form of a document."""
    if isinstance(value, dict):
        return {key: form(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_joined([form(each) for each in value])] if value else []
    kind = {bool: TRUTH, int: NUMBER, float: NUMBER, str: TEXT, type(None): NULL}
    return kind[type(value)]


def _joined(forms: list[Any]) -> Any:
    """One form for all members of a list: those of them that are of two kinds may be of either."""
    first, *others = forms
    if isinstance(first, dict):
        assert all(first.keys() == each.keys() for each in others)
        return {key: _joined([each[key] for each in forms]) for key in first}
    return first.union(*others) if isinstance(first, set) else max(forms, key=len)


def expected(endpoint: str) -> Any:
    """The form of an endpoint's example, as it is amended."""
    made = form(ENDPOINTS[endpoint]["response_example"])
    for place, (_, wanted) in AMENDED.get(endpoint, {}).items():
        _amend(made, place.replace("[]", ".0").strip(".").split("."), wanted)
    return made


def _amend(inner: Any, places: list[str], wanted: Any) -> None:
    for place in places[:-1]:
        inner = inner[0] if place == "0" else inner[place]
    if wanted == ABSENT:
        del inner[places[-1]]
    elif places[-1] == "0":
        inner[:] = [wanted]
    else:
        inner[places[-1]] = wanted


def misfits(wanted: Any, shown: Any, place: str = "") -> Iterator[str]:
    """Where a document has other keys or values of other kinds than a form."""
    if isinstance(wanted, set):
        if not isinstance(form(shown), set) or not form(shown) <= wanted:
            yield f"{place} is {shown!r}, not {' or '.join(wanted)}"
    elif type(shown) is not type(wanted):
        yield f"{place} is {shown!r}"
    elif isinstance(wanted, list):
        for number, each in enumerate(shown):
            yield from misfits(wanted[0], each, f"{place}[{number}]") if wanted else [f"{place} is not empty"]
    else:
        yield from (f"{place}.{key} is missing or too much" for key in wanted.keys() ^ shown.keys())
        for key in wanted.keys() & shown.keys():
            yield from misfits(wanted[key], shown[key], f"{place}.{key}")


def in_xml(wanted: Any) -> Any:
    """A form as XML has it: every value is text or nil."""
    if isinstance(wanted, dict):
        return {key: in_xml(each) for key, each in wanted.items()}
    if isinstance(wanted, list):
        return [in_xml(each) for each in wanted]
    return (TEXT if wanted - NULL else ABSENT) | (wanted & NULL)


def root_of(endpoint: str) -> str:
    """What the root of an endpoint's answer is called in XML."""
    output = INVENTORY["xml_inferred"]["output"]
    named = {**output["single"], **{path: name.partition("/")[0] for path, name in output["lists"].items()}}
    path = ENDPOINTS[endpoint]["canonical_path"].removeprefix(f"{ROOTS[0]}/")
    return next((name for pattern, name in named.items() if fnmatchcase(path, pattern)), "Result")


def read_xml(endpoint: str, content: bytes) -> Any:
    """The document of an answer in XML, whose names are as they are inferred; lists are lists."""
    root, tree = xml.read(content)
    assert root == root_of(endpoint)
    return _listed(expected(endpoint), tree, root)


def _listed(wanted: Any, tree: Any, name: str) -> Any:
    if isinstance(wanted, list):
        item = XML_LISTS.get(name) or name.removeprefix("ArrayOf")
        assert not tree or tree.keys() == {item}, name
        return [_listed(wanted[0], each, item) for each in xml.items(tree)]
    if isinstance(wanted, dict) and isinstance(tree, dict):
        return {key: _listed(wanted[key], each, key) if key in wanted else each for key, each in tree.items()}
    return tree


def plain(value: Any) -> Any:
    """A value as it may be compared."""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    text = unicodedata.normalize("NFC", text).strip()
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return text
    return number if number.is_finite() else text
