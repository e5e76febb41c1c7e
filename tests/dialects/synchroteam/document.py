"""docs/synchroteam.md, made of the facts and of what is proved: `python -m tests.dialects.synchroteam.document`."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.dialects.synchroteam.inventory import ENDPOINTS, INVENTORY

from synchub.dialects.synchroteam.routes import ROOTS

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).parent
DOCUMENT = ROOT / "docs" / "synchroteam.md"
PROOFS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "proofs.toml").read_text())

HEAD = """# The Synchroteam surface

Made by `python -m tests.dialects.synchroteam.document` of `proofs.toml` and `endpoints.json` in
`tests/dialects/synchroteam`, and checked by a test: do not edit it here.

A client that speaks version 2 of the API is given this hub's address and nothing else changes. Every path is served
below `/Api/v2` and `/v2`, in any letter case, with or without a slash at its end, and with the account's name before
it. Requests and answers are JSON or XML, by `Content-Type` and `Accept`. Where the vendor's page contradicts itself
(PAGE), the last part says what was taken.
A path in italics is the hub's own, which version 2 has not.

"""


TOLD = """## What another server is told

A connection with a `url` is told of what changes here, by the calls of the same API: of each record after those that
it refers to, by the id that the server answered, else by its key, and of that only what differs. A record that is not
taken is parked with the server's own reason (`synchub delivery list`) and sent again when it changes or at
`synchub delivery retry`.

| Record | Sent by | Deleted by |
|---|---|---|
| users | `POST /User/Send` | parked: there is no call |
| customers | `POST /Customer/Send` | `DELETE /Customer/Delete` |
| sites | `POST /Site/Send` | `DELETE /Site/Delete` |
| equipment | `POST /Equipment/Send` | `DELETE /Equipment/Delete` |
| parts, with their prices | `POST /Part/Send` | `DELETE /Part/Delete` |
| what is in depots | `PUT /Inventory/Quantities`; depots by their names, which must be there | parked |
| types of activities | `POST /ActivityType/Send` | `DELETE /ActivityType/Delete` |
| jobs, with their custom fields | `POST /Jobs/Send`, `PUT /Jobs/Validate` | `PUT /Jobs/Cancel` |
| attachments | `POST /Attachments/Send`, once: there is no call that changes one | parked |
| invoices and quotations | `POST /Invoices/Send`, by the number that the server gave | parked |

Depots, stock requests, shared blocks, activities and photos are told to no server: it has no call that takes them.
A new invoice or attachment is sent with a `myId`, which version 2 has not: by it a hub finds one that came already.
"""


def files_of_tests() -> Iterator[Path]:
    """The files of all tests."""
    return (ROOT / "tests").rglob("test_*.py")


def tests_of(file: Path) -> set[str]:
    """The ids of a file's tests, without their parameters."""
    found = (each for each in ast.walk(ast.parse(file.read_text())) if isinstance(each, ast.FunctionDef))
    return {f"{file.relative_to(ROOT)}::{each.name}" for each in found if each.name.startswith("test_")}


def id_of(name: str) -> str:
    """The id of a test that is named in short: by its file in this folder, or in that of all tests."""
    return str((HERE if "/" not in name else ROOT / "tests").relative_to(ROOT) / name)


def spelled() -> str:
    """The document."""
    head = HEAD.replace("PAGE", f"{INVENTORY['seed_page']} as of {INVENTORY['extracted_on']}")
    return head + "\n".join([*_table(), "", TOLD, *_rules(), *_contradictions()])


def _table() -> Iterator[str]:
    yield from ("## Endpoints", "", "| Endpoint | Formats | What it does |", "|---|---|---|")
    for id_, facts in ENDPOINTS.items():
        formats, told = ", ".join(["JSON", "XML", *PROOFS["formats"].get(id_, [])]), PROOFS["endpoints"].get(id_)
        if told:
            yield f"| `{facts['method']} {facts['canonical_path'].removeprefix(ROOTS[0])}` | {formats} | {told} |"
    for path, told in PROOFS["beyond"].items():
        yield f"| *`{path}`* | JSON, XML | {told} |"


def _rules() -> Iterator[str]:
    yield from ("## Rules, and the tests that prove them", "")
    section = ""
    for facts in ENDPOINTS.values():
        for rule in facts["rules"]:
            if rule not in PROOFS["rules"]:
                continue
            if section != facts["section"]:
                section = facts["section"]
                yield from (f"### {section}", "")
            yield from _proof(rule, PROOFS["rules"][rule])


def _contradictions() -> Iterator[str]:
    yield from ("## Contradictions, and what was taken", "")
    for each in INVENTORY["contradictions"]:
        if each["id"] in PROOFS["taken"]:
            yield from _proof(f"{each['id']} ({each['where']})", PROOFS["taken"][each["id"]])


def _proof(name: str, proof: dict[str, Any]) -> Iterator[str]:
    yield f"- **{name}** {proof['told']}"
    yield from (f"  - `{id_of(test)}`" for test in proof["tests"])
    yield ""


if __name__ == "__main__":
    DOCUMENT.write_text(spelled())
