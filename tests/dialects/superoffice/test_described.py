"""What the OpenAPI document says holds for whatever a caller sends."""

import pytest
from tests.described import each_number, faults_of, operations, play, untyped

FAULTS = {400, 401, 403, 405, 413, 415, 429, 500, 503}


@pytest.mark.slow
@each_number
@pytest.mark.parametrize("shared_store", ["sqlite"], indirect=True)
def test_every_answer_is_one_that_the_document_describes(crm, examples):
    kinds = [{**crm.headers, "accept": f"application/{kind}"} for kind in ("json", "xml")]
    crm.say("K1", "K2")
    for operation in operations(crm.hub, "superoffice"):
        statuses = play(crm.hub, *((operation, headers) for headers in kinds), examples=examples)
        assert statuses[200] or statuses[204], operation.label


@pytest.mark.parametrize("shared_store", ["sqlite"], indirect=True)
def test_every_answer_is_typed_and_every_fault_is_named(crm):
    assert list(untyped(crm.hub, "superoffice")) == []
    for operation, faults in faults_of(crm.hub, "superoffice").items():
        assert faults == (FAULTS if operation.startswith("POST ") else {500}), operation
