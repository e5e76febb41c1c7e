"""What the OpenAPI document says holds for whatever a caller sends, in JSON and XML."""

import json
from itertools import count
from typing import Any

import pytest
from tests.described import MANY, faults_of, operations, play, send, untyped
from tests.dialects.synchroteam.storing import ORDER, depots, part, request

from synchub.dialects import xml

BOTH = {400, 401, 403, 405, 406, 429, 500, 503}
CUSTOMER = ("Customer/Send", {"myId": "C-7", "name": "Harbour Bakery"})
TYPE = ("ActivityType/Send", {"name": "Workshop", "color": "00c0fe"})
SITE = ("Site/Send", {"myId": "S-7", "name": "Quay", "customerMyId": "C-7"})
OVEN = ("Equipment/Send", {"myId": "E-7", "name": "Oven", "customerMyId": "C-7", "siteMyId": "S-7"})
PART = ("Part/Send", {"reference": "P-7", "name": "Hinge"})
USER = ("User/Send", {"login": "kim", "lastName": "Kim", "groups": ["north"], "skilledTrades": ["ovens"]})
JOB = ("Jobs/Send", {"myId": "J-#", "customerMyId": "C-7", "login": "kim", "description": "Oven", "status": 5})
FILE = ("Attachments/Send", {"job": {"myId": "J-#"}, "fileName": "oven.txt", "fileData": "T3Zlbg=="})
FIRST: dict[str, list[tuple[str, Any]]] = {
    "ActivityType": [TYPE],
    "Attachments": [CUSTOMER, USER, JOB],
    "CustomField": [CUSTOMER, USER, JOB],
    "Customer": [CUSTOMER],
    "Equipment": [CUSTOMER, SITE, OVEN],
    "Inventory": [PART],
    "Invoices": [CUSTOMER],
    "Jobs": [CUSTOMER, USER, JOB],
    "Part": [PART],
    "Site": [CUSTOMER, SITE],
    "StockRequest": [PART],
    "User": [USER],
}
"""What is sent before the endpoints of a resource are asked; # is another number each time."""
KNOWN: dict[str, dict[str, Any]] = {
    "": {},
    "v1": {},
    "Activities/Search": {"body": {"dateFrom": "2026-02-01", "nameActivity": "Training"}},
    "ActivityType/Send": {"body": TYPE[1]},
    "ActivityType/Search": {"body": {"name": "Workshop"}},
    "ActivityType/Delete": {"body": {"name": "Workshop"}},
    "Attachments/Send": {"body": FILE[1]},
    "Customer/Send": {"body": CUSTOMER[1]},
    "Customer/Details": {"query": {"myId": "C-7"}},
    "Customer/List": {"query": {"name": "Harbour Bakery"}},
    "Customer/Delete": {"query": {"myId": "C-7"}},
    "Equipment/Send": {"body": OVEN[1]},
    "Equipment/Details": {"query": {"myId": "E-7"}},
    "Equipment/List": {"query": {"name": "Oven"}},
    "Equipment/List/Customer/{customer}/Site/{site}": {
        "path_parameters": {"customer": "Harbour Bakery", "site": "Quay"}
    },
    "Equipment/Delete": {"query": {"myId": "E-7"}},
    "Jobs/Send": {"body": JOB[1]},
    "Jobs/Detail": {"query": {"myId": "J-#"}},
    "Jobs/Search": {"body": {"myId": "J-#"}},
    "Jobs/Photos": {"query": {"myId": "J-#"}},
    "Jobs/Validate": {"query": {"myId": "J-#"}},
    "Jobs/Cancel": {"query": {"myId": "J-#"}},
    "Jobs/PDF": {"query": {"myId": "J-#"}},
    "CustomField/Send": {"body": {"CustomFieldValues": [{"name": "Oven", "Value": "gas"}], "Job": {"myId": "J-#"}}},
    "PUT Inventory/Quantities": {"body": [{"depot": "Van", "parts": [{"reference": "P-7", "quantity": 7}]}]},
    "GET Inventory/Quantities": {"query": {"depot": "Van"}},
    "Invoices/Send": {
        "body": {"type": "invoice", "num": 7, "lines": [{"description": "Call-out", "price": "40", "quantity": "1"}]}
    },
    "Invoices/List": {"body": {"customer": {"myId": "C-7"}}},
    "Part/Send": {"body": PART[1]},
    "Part/Details": {"query": {"reference": "P-7"}},
    "Part/List": {"query": {"name": "Hinge"}},
    "Part/Delete": {"query": {"reference": "P-7"}},
    "Part/Prices": {"body": [{"reference": "P-7", "price": "7,35"}]},
    "SharedBlocks/List": {"query": {"ChangedFrom": "2026-02-01"}},
    "Site/Send": {"body": SITE[1]},
    "Site/Details": {"query": {"myId": "S-7"}},
    "Site/List": {"query": {"name": "Quay"}},
    "Site/List/byCustomer/id/{id}": {"path_parameters": {"id": 7}},
    "Site/List/byCustomer/myId/{myId}": {"path_parameters": {"myId": "C-7"}},
    "Site/Delete": {"query": {"myId": "S-7"}},
    "StockRequest/Search": {"body": {"isUrgent": "", "isDeleted": False}},
    "StockRequest/Complete": {"body": {"id": ORDER, "isPartial": True, "quantity": 1, "serials": ["#"]}},
    "User/Send": {"body": USER[1]},
    "User/Details": {"query": {"login": "kim"}},
    "User/List": {"query": {"login": "kim"}},
    "User/Search": {"body": {"group": {"name": "north"}, "skilledTrades": "ovens"}},
}
"""A request of each endpoint that is done, whatever was sent before; chance hits on few of them."""
FEW = 1
"""How many requests of each kind an operation is sent by `make test`: there are many operations."""
SHOW_ONE = ("/Details", "/Detail", "/Photos", "/PDF")


def below(path):
    """What stands of a path below its root."""
    return path.removeprefix("/Api").removeprefix("/v2").removeprefix("/")


def filled(said, number):
    """What is said, with a number in place of each #; what is in a body is JSON."""
    made = json.loads(json.dumps(said).replace("#", str(number)))
    return {"media_type": "application/json", **made} if "body" in made else made


def code_of(answer):
    """The code of an answer; None if it has none."""
    document = xml.read(answer.content)[1] if "xml" in answer.headers["content-type"] else answer.json()
    return int(document["code"]) if isinstance(document, dict) and "code" in document else None


@pytest.mark.slow
@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.e2e)])
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_every_answer_is_one_that_the_document_describes(field, examples):
    """What is drawn goes below one root in JSON and below the other in XML: both lead to the same functions."""
    own = {name: value for name, value in field.headers.items() if name != "content-type"}
    kinds = [{**own, "accept": accept} for accept in ("application/json", "text/xml")]
    numbers = count(1)
    depots(field, MAIN="Main store", VAN="Van")
    part(field, "P-7")
    request(field, part={"codeProduit": "P-7"}, quantity=1000)
    described = {(each.method, each.path): each for each in operations(field.hub, "synchroteam")}
    for (method, path), operation in described.items():
        if path.startswith("/Api/"):
            twin = described.get((method, path.removeprefix("/Api")), operation)
            assert play(field.hub, *zip((operation, twin), kinds, strict=True), examples=examples), operation.label
        known = KNOWN.get(below(path), KNOWN.get(f"{method.upper()} {below(path)}"))
        assert known is not None, operation.label
        for headers in kinds:
            number = next(numbers)
            for first, row in FIRST.get(below(path).partition("/")[0], ()):
                field.call("POST", f"/v2/{first}", content=json.dumps(filled(row, number)))
            answer = send(field.hub, operation.Case(**filled(known, number)), headers)
            assert (answer.status_code, code_of(answer)) != (200, 0), operation.label
            assert answer.status_code == 200, operation.label


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_every_answer_is_typed_and_every_fault_is_named(field):
    assert list(untyped(field.hub, "synchroteam")) == []
    bodies = {each.label for each in operations(field.hub, "synchroteam") if list(each.body)}
    assert {"POST /Api/v2/Customer/Send", "PUT /v2/Part/Prices"} <= bodies
    for operation, faults in faults_of(field.hub, "synchroteam").items():
        writes = not operation.startswith("GET ")
        assert faults - {404, 415} == (BOTH | {413} if writes else BOTH), operation
        assert (415 in faults) is (operation in bodies), operation
        assert (404 in faults) is operation.endswith(SHOW_ONE), operation
