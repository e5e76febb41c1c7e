"""What an OpenAPI document says holds for whatever a caller sends: schemathesis draws the requests."""

from collections import Counter
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.served import Served

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
FEW, MANY = 6, 25
"""How many requests of each kind an operation is sent: by `make test`, and by `make e2e`."""
BODILESS = frozenset({"204", "304"})
KEPT = ("params", "json", "data")

each_number = pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.e2e)])

_documents: dict[str, Any] = {}
_operations: dict[str, list[Any]] = {}


def document(hub: Served, dialect: str) -> Any:
    """The document of a dialect's surface; no hub has another one than the first that was asked."""
    if dialect not in _documents:
        _documents[dialect] = hub.call("GET", f"/openapi/{dialect}.json").json()
    return _documents[dialect]


def operations(hub: Served, dialect: str) -> list[Any]:
    """The operations that the document describes."""
    if dialect not in _operations:
        found = schemathesis.openapi.from_dict(document(hub, dialect)).get_all_operations()
        _operations[dialect] = [each.ok() for each in found]
    return _operations[dialect]


def send(hub: Served, case: Any, headers: Mapping[str, str]) -> httpx.Response:
    """The answer to a request that was drawn, sent with these headers over its own; it is as the document says."""
    said = case.as_transport_kwargs(base_url="http://hub")
    kept = {name: said[name] for name in KEPT if said.get(name) is not None}
    if isinstance(kept.get("data"), bytes):
        kept["content"] = kept.pop("data")
    ours = {name.lower(): value for name, value in headers.items()}
    drawn = {name: value for name, value in said["headers"].items() if name.lower() not in ours}
    answer = hub.call(case.method, said["url"].removeprefix("http://hub"), headers={**drawn, **ours}, **kept)
    case.validate_response(answer, checks=CHECKS)
    return answer


Way = tuple[Any, Mapping[str, str]]
"""An operation, and the headers that its requests are sent with."""


def play(hub: Served, *ways: Way, examples: int) -> "Counter[int]":
    """How often which status answered requests that fit the document and, where there is one to misfit, others.

    Each is sent in every way, since to draw it takes longer than to send it; the operations of all take the same.
    """
    statuses: Counter[int] = Counter()
    (drawn, _), *_ = ways
    asks = any(True for _ in (*drawn.body, *drawn.query))
    for mode in GenerationMode if asks else [GenerationMode.POSITIVE]:
        cases = drawn.as_strategy(generation_mode=mode)

        @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=cases)
        def see(case: Any) -> None:
            for operation, headers in ways:
                case.operation, case.path = operation, operation.path
                statuses[send(hub, case, headers).status_code] += 1

        see()
    return statuses


def untyped(hub: Served, dialect: str) -> Iterator[str]:
    """The answers of a document that do not say what they look like."""
    for path, methods in document(hub, dialect)["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                if (status in BODILESS) is bool(content) or not all(each.get("schema") for each in content.values()):
                    yield f"{method.upper()} {path} {status}"


def faults_of(hub: Served, dialect: str) -> dict[str, set[int]]:
    """The statuses above 399 that the document names, by operation."""
    paths = document(hub, dialect)["paths"]
    return {
        f"{method.upper()} {path}": {int(one) for one in operation["responses"] if int(one) >= HTTPStatus.BAD_REQUEST}
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
