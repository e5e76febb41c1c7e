"""A hub with one Synchroteam connection, and a client of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, select, text
from tests.dialects.synchroteam.contract import headers
from tests.served import Served, serving

from synchub import db
from synchub.connections import registry
from synchub.connections.tables import Connection
from synchub.dialects import named
from synchub.dialects.dialect import Line, Transfer
from synchub.intake.submission import Arrival
from synchub.intake.write import write
from synchub.master.tables import CrossReference


def transfer_of(entity: str) -> Transfer:
    """How the records of an entity are carried."""
    return next(each for each in named("synchroteam").transfers if each.entity == entity)


class Field:
    """A client of the API; what is not said otherwise goes as JSON, with the connection's own key."""

    def __init__(self, hub: Served, name: str = "acme", **said: Any) -> None:
        self.hub, self.name = hub, name
        self.credentials = hub.connect(name, "synchroteam", **said)
        self.headers = headers(self.credentials)

    def call(self, method: str, path: str, **said: Any) -> httpx.Response:
        own = said.pop("headers", {})
        kept = {name: value for name, value in (self.headers | own).items() if value is not None}
        return self.hub.call(method, path, headers=kept, **said)

    def send(self, row: Any = None, /, **fields: Any) -> Any:
        """The answer to a row."""
        answer = self.call("POST", "/Api/v2/Customer/Send", content=json.dumps(fields if row is None else row))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def make(self, **fields: Any) -> int:
        """The id of a customer that is sent."""
        answer = self.send(**{"name": "Harbour Bakery"} | fields)
        assert answer["message"] == ""
        return int(answer["code"])

    def details(self, **selector: Any) -> Any:
        answer = self.call("GET", "/Api/v2/Customer/Details", params=selector)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sees(self, **selector: Any) -> bool:
        return self.call("GET", "/Api/v2/Customer/Details", params=selector).status_code == 200

    def rows(self, **filters: Any) -> Any:
        answer = self.call("GET", "/Api/v2/Customer/List", params=filters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def delete(self, **selector: Any) -> Any:
        answer = self.call("DELETE", "/Api/v2/Customer/Delete", params=selector)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def connection(self) -> Connection:
        with db.reading(self.hub.engine) as session:
            return registry.get(session, self.name)

    def carry_in(self, *lines: str, entity: str = "customer") -> list[dict[str, Any]]:
        """What became of the lines of a file."""
        arrival = Arrival("synchroteam", self.connection().id, "IMPORT", f"{entity}.jsonl", b"", b"")
        said = [Line(number, line.encode(), f"{line}\n".encode()) for number, line in enumerate(lines, 1)]
        with db.writing(self.hub.engine) as session:
            submission = transfer_of(entity).take(session, self.connection(), arrival, said, None)
            (receipt,) = write(session, [submission], self.hub.settings)
        rows: list[dict[str, Any]] = receipt.answer["rows"]
        return rows

    def carry_out(self, entity: str = "customer") -> str:
        """The file of all records of an entity."""
        with db.reading(self.hub.engine) as session:
            return "".join(line + "\n" for line in transfer_of(entity).give(session, self.connection()))

    def copies(self) -> list[CrossReference]:
        with db.reading(self.hub.engine) as session:
            mine = CrossReference.connection_id == self.connection().id
            return list(session.scalars(select(CrossReference).where(mine).order_by(CrossReference.id)))


class Erp:
    """Another partner, which speaks Fast."""

    def __init__(self, hub: Served, **said: Any) -> None:
        self.hub = hub
        self.token = hub.connect("erp", "fast", **said)["token"]

    def set(self, code: str, **more: Any) -> None:
        row = {"CustomerCode": code, "CustomerName": "Mill Street Garage", "Status": "1", **more}
        body = json.dumps({"form": "setCustomer", "data": [row]})
        answer = self.hub.call("POST", "/api/SyncData", content=body, headers={"authorization": self.token})
        assert answer.json()["success"] is True


@pytest.fixture
def hub(store_url: str, tmp_path: Path) -> Iterator[Served]:
    with serving(store_url, tmp_path) as served:
        yield served


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lasting_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a migrated store that a module's tests share, once on each database."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("lasting") / "synchub.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres")
    administered = create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with administered.connect() as session:
        session.execute(text("CREATE DATABASE lasting TEMPLATE template_synchub STRATEGY file_copy"))
        yield server.format(name="lasting")
        session.execute(text("DROP DATABASE lasting WITH (FORCE)"))
    administered.dispose()


@pytest.fixture(scope="module")
def lasting(lasting_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """A client of a hub that a module's tests share: for those that disturb no other and see nothing of it."""
    with serving(lasting_url, tmp_path_factory.mktemp("lasting")) as served:
        yield Field(served)


@pytest.fixture
def field(hub: Served) -> Field:
    return Field(hub)


@pytest.fixture
def erp(hub: Served) -> Erp:
    return Erp(hub)
