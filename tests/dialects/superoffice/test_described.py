"""What the OpenAPI document says holds for whatever a caller sends."""

import json

import pytest
from tests.described import EXAMPLES, faults_of, operations, play, untyped

FAULTS = {400, 401, 403, 405, 413, 415, 429, 500, 503}


FEW = 3


@pytest.mark.slow
@pytest.mark.parametrize("few", [FEW, pytest.param(EXAMPLES, marks=pytest.mark.e2e)])
@pytest.mark.parametrize("shared_store", ["sqlite"], indirect=True)
def test_every_answer_is_one_that_the_document_describes(crm, few):
    """Operations that read and answer the same as one before are sent only a few requests, unless there is time."""
    seen = set()
    crm.say("K1", "K2")
    for operation in operations(crm.hub, "superoffice"):
        accepts = ({**crm.headers, "accept": f"application/{kind}"} for kind in ("json", "xml"))
        shape = json.dumps([operation.definition.raw.get("requestBody"), sorted(operation.definition.raw["responses"])])
        statuses = play(crm.hub, operation, *accepts, examples=few if shape in seen else EXAMPLES)
        seen.add(shape)
        assert statuses[200] or statuses[204], operation.label


@pytest.mark.parametrize("shared_store", ["sqlite"], indirect=True)
def test_every_answer_is_typed_and_every_fault_is_named(crm):
    assert list(untyped(crm.hub, "superoffice")) == []
    for operation, faults in faults_of(crm.hub, "superoffice").items():
        assert faults == (FAULTS if operation.startswith("POST ") else {500}), operation
