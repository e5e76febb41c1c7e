"""A client that says and hears the same in JSON and in XML."""

import json
from typing import Any

import httpx
from tests.dialects.synchroteam.conftest import Field

from synchub.dialects import xml
from synchub.dialects.synchroteam.formats import LISTS

FORMS = ("json", "xml")
ITEM = "Row"


class Spoken:
    """A client in one of the formats; what it hears is as JSON says it, but that all of XML's values are texts."""

    def __init__(self, field: Field, form: str) -> None:
        self.field, self.form = field, form
        self.type = {"json": "application/json", "xml": "text/xml"}[form]

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        content = None if body is None else self._written(body)
        headers = {"accept": self.type, "content-type": self.type}
        answer = self.field.call(method, f"/Api/v2/{path}", content=content, headers=headers, params=query)
        assert answer.headers["content-type"] == f"{self.type}; charset=utf-8"
        return answer

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The document of an answer that is 200."""
        answer = self.call(method, path, body, **query)
        assert answer.status_code == 200, answer.text
        return self.heard(answer)

    def heard(self, answer: httpx.Response) -> Any:
        if self.form == "json":
            return answer.json()
        name, tree = xml.read(answer.content)
        return [_plain(each) for each in xml.items(tree)] if name.startswith("ArrayOf") else _plain(tree)

    def like(self, value: Any) -> Any:
        """A document of JSON as this client hears it."""
        return value if self.form == "json" else _texted(value)

    def _written(self, body: Any) -> bytes:
        if self.form == "json":
            return json.dumps(body).encode()
        return xml.write("Body", _listed(body) if isinstance(body, dict) else {ITEM: [_listed(row) for row in body]})


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: {LISTS[name]: [_listed(one) for one in each]} if isinstance(each, list) else _listed(each)
            for name, each in value.items()
        }
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: [_plain(one) for one in xml.items(each)]
            if name in LISTS and (isinstance(each, dict) or each == "")
            else _plain(each)
            for name, each in value.items()
        }
    return value


def _texted(value: Any) -> Any:
    """A document with texts for values; an empty text and an empty list are the same empty element."""
    if isinstance(value, dict):
        return {name: [] if name in LISTS and each == "" else _texted(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_texted(each) for each in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)
