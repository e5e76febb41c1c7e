"""What the OpenAPI document says holds for whatever a caller sends, in JSON and XML."""

import json

import pytest
from tests.described import each_number, faults_of, operations, play, send, untyped

from synchub.dialects import xml

BOTH = {400, 401, 403, 405, 406, 429, 500, 503}
KNOWN = {
    "Customer/Send": {"body": {"myId": "C-7", "name": "Harbour Bakery"}, "media_type": "application/json"},
    "Customer/Details": {"query": {"myId": "C-7"}},
    "Customer/List": {"query": {"name": "Harbour Bakery"}},
    "Customer/Delete": {"query": {"myId": "C-7"}},
    "Site/Send": {"body": {"myId": "S-7", "name": "North Quay"}, "media_type": "application/json"},
    "Site/Details": {"query": {"myId": "S-7"}},
    "Site/List": {"query": {"customerName": "Harbour Bakery"}},
    "Site/Delete": {"query": {"myId": "S-7"}},
    "id/{id}": {"path_parameters": {"id": 7}},
    "myId/{myId}": {"path_parameters": {"myId": "C-7"}},
    "Equipment/Send": {"body": {"myId": "E-7", "name": "Oven"}, "media_type": "application/json"},
    "Equipment/Details": {"query": {"myId": "E-7"}},
    "Equipment/List": {"query": {"siteName": "North Quay"}},
    "Equipment/Delete": {"query": {"myId": "E-7"}},
    "Site/{site}": {"path_parameters": {"customer": "Harbour Bakery", "site": "North Quay"}},
    "Invoices/Send": {
        "body": {"type": "invoice", "num": 7, "lines": [{"description": "Call-out", "price": "40", "quantity": "1"}]},
        "media_type": "application/json",
    },
    "Invoices/List": {"body": {"customer": {"myId": "C-7"}}, "media_type": "application/json"},
    "Part/Send": {"body": {"reference": "P-7", "name": "Hinge"}, "media_type": "application/json"},
    "Part/Details": {"query": {"reference": "P-7"}},
    "Part/List": {"query": {"name": "Hinge"}},
    "Part/Delete": {"query": {"reference": "P-7"}},
    "Part/Prices": {"body": [{"reference": "P-7", "price": "7,35"}], "media_type": "application/json"},
    "User/Send": {"body": {"login": "kim", "password": "s3cret"}, "media_type": "application/json"},
    "User/Details": {"query": {"login": "kim"}},
    "User/List": {"query": {"login": "kim"}},
    "User/Search": {"body": {"group": {"name": "north"}}, "media_type": "application/json"},
    "ActivityType/Send": {"body": {"name": "Workshop", "color": "00c0fe"}, "media_type": "application/json"},
    "ActivityType/Search": {"body": {"name": "Workshop"}, "media_type": "application/json"},
    "ActivityType/Delete": {"body": {"name": "Workshop"}, "media_type": "application/json"},
}
"""A request of each endpoint that is done, whatever was sent before; chance hits on few of them."""


def code_of(answer):
    """The code of an answer; None if it has none."""
    document = xml.read(answer.content)[1] if "xml" in answer.headers["content-type"] else answer.json()
    return int(document["code"]) if isinstance(document, dict) and "code" in document else None


@pytest.mark.slow
@each_number
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_every_answer_is_one_that_the_document_describes(field, examples):
    """What is drawn goes below one root in JSON and below the other in XML: both lead to the same functions."""
    own = {name: value for name, value in field.headers.items() if name != "content-type"}
    kinds = [{**own, "accept": accept} for accept in ("application/json", "text/xml")]
    described = {(each.method, each.path): each for each in operations(field.hub, "synchroteam")}
    for (method, path), operation in described.items():
        if path.startswith("/Api/"):
            twin = described.get((method, path.removeprefix("/Api")), operation)
            assert play(field.hub, *zip((operation, twin), kinds, strict=True), examples=examples), operation.label
        for headers in kinds:
            for sent, known in KNOWN.items():
                if sent.endswith("/Send"):
                    field.call("POST", f"/Api/v2/{sent}", content=json.dumps(known["body"]))
            name = "/".join(path.split("/")[-2:])
            answer = send(field.hub, operation.Case(**KNOWN.get(name, {})), headers)
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
        assert (404 in faults) is operation.endswith("/Details"), operation
