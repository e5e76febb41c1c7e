"""What asks an endpoint about values of our own, once they are brought in; how, each resource's module says."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx
from lxml import etree
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.inventory import ENDPOINTS, XML_LISTS

Draw = Callable[[Any], Any]
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@dataclass(frozen=True)
class Ask:
    """A request: what stands in the path, the query, and the body; and what its answer must show."""

    places: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    shows: Mapping[str, Any] = field(default_factory=dict)


def in_xml(body: Any, root: str = "Anything") -> bytes:
    """A body in XML."""
    return bytes(etree.tostring(_filled(etree.Element(root), root, body)))


def _filled(element: Any, name: str, value: Any) -> Any:
    if value is None:
        element.set(NIL, "true")
    elif isinstance(value, dict):
        for word, each in value.items():
            _filled(etree.SubElement(element, word), word, each)
    elif isinstance(value, list):
        for each in value:
            _filled(etree.SubElement(element, XML_LISTS.get(name, "item")), "", each)
    else:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
    return element


class World:
    """A hub's client, and the records that those which are drawn refer to, in words that name them."""

    def __init__(self, client: Field) -> None:
        self.client = client

    @cached_property
    def customer(self) -> dict[str, Any]:
        """A customer."""
        row = {"myId": "C-1", "name": "Harbour Bakery"}
        return {"customerId": self.send("customer.send", row), "customerName": row["name"]}

    @cached_property
    def site(self) -> dict[str, Any]:
        """A site of that customer."""
        row = {"myId": "S-1", "name": "Quay / 1", **self.customer}
        return {"siteId": self.send("site.send", row), "siteName": row["name"]}

    @cached_property
    def equipment(self) -> dict[str, Any]:
        """Equipment at that site."""
        row = {"myId": "E-1", "name": "Oven", **self.customer, **self.site}
        return {"id": self.send("equipment.send", row)}

    @cached_property
    def user(self) -> dict[str, Any]:
        """A technician."""
        row = {"login": "kim", "firstName": "Kim", "lastName": "Lee"}
        return {"idUser": self.send("user.send", row), "login": row["login"]}

    @cached_property
    def part(self) -> dict[str, Any]:
        """A part."""
        row = {"reference": "P-1", "name": "Hinge", "price": "12,50"}
        return {"id": self.send("part.send", row), "reference": row["reference"]}

    @cached_property
    def job(self) -> dict[str, Any]:
        """A job at that site."""
        row = {"myId": "J-1", "idCustomer": self.customer["customerId"], "idSite": self.site["siteId"]}
        return {"num": self.send("jobs.send", row), "myId": row["myId"]}

    def ask(self, endpoint: str, ask: Ask, accept: str = "application/json") -> httpx.Response:
        """The answer to a request, whose body is in the format that it asks for."""
        facts = ENDPOINTS[endpoint]
        content = None
        if ask.body is not None:
            content = in_xml(ask.body) if "xml" in accept else json.dumps(ask.body).encode()
        return self.client.call(
            facts["method"],
            facts["canonical_path"].format(**ask.places),
            params=ask.query,
            content=content,
            headers={"accept": accept, "content-type": accept},
        )

    def send(self, endpoint: str, row: Any) -> Any:
        """The code of the answer to a row that is taken."""
        answer = self.ask(endpoint, Ask(body=row))
        assert answer.status_code == 200, answer.text
        assert answer.json()["code"], answer.text
        return answer.json()["code"]


Asking = Callable[[World, Draw], Ask]
"""Brings values in, and says how to ask for them."""
