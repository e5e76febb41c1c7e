"""What the OpenAPI document says holds for whatever a caller sends: schemathesis draws the requests."""

from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 25


def call(crm, case):
    """The answer to a request that was drawn, sent with the credentials of the CRM."""
    said = case.as_transport_kwargs(base_url="http://hub")
    kept = {name: said[name] for name in ("params", "json", "data") if said.get(name) is not None}
    if isinstance(kept.get("data"), bytes):
        kept["content"] = kept.pop("data")
    headers = {name: value for name, value in said["headers"].items() if name.lower() != "authorization"}
    path = said["url"].removeprefix("http://hub")
    return crm.hub.call(case.method, path, headers={**headers, **crm.headers}, **kept)


def play(crm, operation):
    """How often which status answered an operation."""
    statuses = Counter()

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def see(case):
        answer = call(crm, case)
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    see()
    return statuses


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_every_answer_is_one_that_the_document_describes(crm):
    crm.say("K1", "K2")
    schema = schemathesis.openapi.from_dict(crm.hub.call("GET", "/openapi/superoffice.json").json())
    for found in schema.get_all_operations():
        statuses = play(crm, found.ok())
        assert statuses[200] or statuses[204], found.ok().label
