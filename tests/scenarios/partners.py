"""Partners of a hub, each of which calls it in its own dialect; the fields of a customer have our names."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

import httpx
from tests import calling
from tests.contracts import contract_of
from tests.waiting import PATIENCE

AGENT = "/api/v1/Agents/ErpSync/"

Row = dict[str, Any]


class Partner:
    """Somebody who has a connection of the hub at `base`."""

    dialect: ClassVar[str]

    def __init__(self, base: str, credentials: Mapping[str, str]) -> None:
        self.base, self.headers = base, contract_of(self.dialect).headers(dict(credentials))

    def call(self, method: str, path: str, **said: Any) -> httpx.Response:
        return calling.request(method, self.base + path, headers=self.headers, timeout=PATIENCE, **said)

    def ask(self, method: str, path: str, **said: Any) -> Any:
        """The answer to a request that must succeed."""
        answer = self.call(method, path, **said)
        assert answer.status_code == 200, answer.text
        return answer.json()


class Server(Partner):
    """A partner that can be told too.

    It can `say` customers, all with the same fields; `log_in` is how a hub logs in at a server that gave it these
    credentials, and `rows` are the customers of a request to such a server.
    """

    words: ClassVar[Mapping[str, str]]
    key: ClassVar[str]

    @classmethod
    def row(cls, key: str, fields: Mapping[str, Any]) -> Row:
        """A customer in the vendor's words; its name says its key unless said otherwise."""
        return {cls.key: key} | {cls.words[name]: value for name, value in {"name": f"Mill {key}", **fields}.items()}


class Erp(Server):
    """Speaks Fast."""

    dialect = "fast"
    key = "CustomerCode"
    words: ClassVar = {
        "name": "CustomerName",
        "phone": "PhoneNumber",
        "email": "Email",
        "bank_account": "BankAccount",
    }

    def say(self, *keys: str, **fields: Any) -> None:
        rows = [{"Status": "1", **self.row(key, fields)} for key in keys]
        answer = self.ask("POST", "/api/SyncData", json={"form": "setCustomer", "data": rows})
        assert answer["success"], answer

    @classmethod
    def log_in(cls, credentials: Mapping[str, str]) -> dict[str, str]:
        return {"target_token": credentials["token"]}

    @classmethod
    def rows(cls, body: bytes) -> list[Row]:
        return list(json.loads(body)["data"])


class App(Server):
    """Speaks Synchroteam."""

    dialect = "synchroteam"
    key = "myId"
    words: ClassVar = {
        "name": "name",
        "phone": "contactPhone",
        "email": "contactEmail",
        "mobile": "contactMobile",
    }

    def say(self, *keys: str, **fields: Any) -> None:
        for key in keys:
            answer = self.ask("POST", "/Api/v2/Customer/Send", json=self.row(key, fields))
            assert answer["code"], answer

    def delete(self, key: str) -> None:
        assert self.ask("DELETE", "/Api/v2/Customer/Delete", params={self.key: key})["code"] == 1

    def details(self, key: str) -> httpx.Response:
        return self.call("GET", "/Api/v2/Customer/Details", params={self.key: key})

    @classmethod
    def log_in(cls, credentials: Mapping[str, str]) -> dict[str, str]:
        return {"target_domain": credentials["domain"], "target_api_key": credentials["api_key"]}

    @classmethod
    def rows(cls, body: bytes) -> list[Row]:
        return [json.loads(body)] if body else []


class Tms(Partner):
    """Speaks Aljex's live sync."""

    dialect = "aljex"

    def say(self, key: str, **fields: str) -> None:
        said = {"web_sync_table_name": "customers", "web_sync_action": "update", "id": key, "name": f"Mill {key}"}
        assert self.ask("POST", "/aljex/sync", content=urlencode(said | fields))["result"] in {"created", "updated"}


class Crm(Partner):
    """Speaks SuperOffice."""

    dialect = "superoffice"

    def resync(self, *records: int, source: int = 0) -> Any:
        """Have these records told again, or all; from the hub or from a connection."""
        return self.ask("POST", f"{AGENT}ForceResync", json={"ErpConnectionId": source, "InternalKeyIds": records})

    def resync_later(self) -> None:
        """Have everything told again, without waiting for it."""
        answer = self.call("POST", f"{AGENT}ForceResyncBatchTask", json={"ErpConnectionId": 0, "InternalKeyIds": []})
        assert answer.status_code == 204, answer.text
