"""What tests do with one of the resources that are sent, shown and deleted alike."""

import json
from typing import Any

import httpx
from tests.dialects.synchroteam.conftest import Field


class Resource:
    """A client's calls of one resource ("Site"), as JSON; `usual` is what every record that is made has."""

    def __init__(self, field: Field, root: str, **usual: Any) -> None:
        self.field, self.root, self.usual = field, root, usual

    def call(self, method: str, path: str, **said: Any) -> httpx.Response:
        return self.field.call(method, f"/Api/v2/{self.root}/{path}", **said)

    def send(self, row: Any = None, /, **fields: Any) -> Any:
        """The answer to a row."""
        return told(self.call("POST", "Send", content=json.dumps(fields if row is None else row)))

    def make(self, **fields: Any) -> int:
        """The id of a record that is sent."""
        answer = self.send(**self.usual | fields)
        assert answer["message"] == "", answer
        return int(answer["code"])

    def refusal(self, **fields: Any) -> str:
        """Why a row is not taken."""
        answer = self.send(**self.usual | fields)
        assert answer["code"] == 0
        return str(answer["message"])

    def details(self, **selector: Any) -> Any:
        return told(self.call("GET", "Details", params=selector))

    def rows(self, path: str = "", **filters: Any) -> Any:
        return told(self.call("GET", f"List{path}", params=filters))

    def delete(self, **selector: Any) -> Any:
        return told(self.call("DELETE", "Delete", params=selector))


def told(answer: httpx.Response) -> Any:
    """The document of an answer that is one."""
    assert answer.status_code == 200, answer.text
    return answer.json()
