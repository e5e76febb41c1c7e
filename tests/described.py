"""What an OpenAPI document says holds for whatever a caller sends: schemathesis draws the requests."""

from collections import Counter
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import httpx
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
EXAMPLES = 25
BODILESS = frozenset({"204", "304"})
KEPT = ("params", "json", "data")


def document(hub: Served, dialect: str) -> Any:
    """The document of a dialect's surface."""
    return hub.call("GET", f"/openapi/{dialect}.json").json()


def operations(hub: Served, dialect: str) -> list[Any]:
    """The operations that the document describes."""
    found = schemathesis.openapi.from_dict(document(hub, dialect)).get_all_operations()
    return [each.ok() for each in found]


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


def play(hub: Served, operation: Any, *headers: Mapping[str, str], examples: int = EXAMPLES) -> "Counter[int]":
    """How often which status answered requests that fit the document and, where there is one to misfit, others.

    Each is sent with each of the headers: to draw it takes longer than to send it.
    """
    statuses: Counter[int] = Counter()
    asks = any(True for _ in (*operation.body, *operation.query))
    for mode in GenerationMode if asks else [GenerationMode.POSITIVE]:
        cases = operation.as_strategy(generation_mode=mode)

        @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=cases)
        def see(case: Any) -> None:
            for each in headers:
                statuses[send(hub, case, each).status_code] += 1

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
