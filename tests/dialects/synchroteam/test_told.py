"""What a hub tells another one through a Synchroteam connection is what the other one holds then, of every kind."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.dialects.synchroteam.alike import alike
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.held import HELD
from tests.dialects.synchroteam.storing import stock
from tests.dialects.synchroteam.test_carried import lines_of
from tests.served import Served, fresh, listening, serving
from tests.waiting import until

from synchub import db
from synchub.connections import registry
from synchub.dialects.synchroteam.client.resources import FORMS
from synchub.master.tables import MasterRecord
from synchub.outbox.tables import Delivery, State


class Told:
    """A hub `a` that tells another one, `b`, and how both see the same records."""

    def __init__(self, a: Served, there: Field, base: str) -> None:
        self.a, self.there = a, there
        self.app = Field(a, "app")
        target = {"target_domain": there.name, "target_api_key": there.credentials["api_key"]}
        self.here = Field(a, "b", url=base, **target)
        until(lambda: a.call("GET", "/Api/v2", headers=self.app.headers).status_code == 200)

    def wait(self) -> None:
        """Until all is told, and is there what it is here."""
        until(self.is_told)
        assert [held(self.there), self.parked()] == [held(self.here), []]

    def is_told(self) -> bool:
        """Whether every change was looked at, and nothing waits since."""
        with db.reading(self.a.engine) as session:
            newest = session.scalar(select(func.max(MasterRecord.changed)))
            is_seen = registry.get(session, self.here.name).cursor == newest
            return is_seen and not session.scalar(select(func.count()).where(Delivery.state == State.WAITING))

    def parked(self) -> list[str | None]:
        """Why deliveries are not taken."""
        with db.reading(self.a.engine) as session:
            return [one.last_error for one in session.scalars(select(Delivery))]


def held(field: Field) -> dict[str, list[dict[str, Any]]]:
    """What a connection sees."""
    return alike({entity: map(json.loads, lines_of(field.carry_out(entity))) for entity in set(HELD) - {"photo"}})


def copied(template: Path, folder: Path) -> Path:
    """A new store like the template itself."""
    path = folder / "first.db"
    path.write_bytes(template.read_bytes())
    return path


def lines(entity: str) -> list[str]:
    """The lines of an entity, without what no server takes: parts and users that are gone, and a word for no part."""
    held = json.loads(json.dumps(HELD[entity]))
    for row in held if entity == "job" else ():
        row |= {"parts": row.get("parts", [])[:1], "Activities": row.get("Activities", [])[:1], "OtherTechnicians": []}
    for line in held[0]["lines"] if entity == "invoice" else ():
        line |= {"reference": "" if not line["idPart"] else line["reference"]}
    return list(map(json.dumps, held))


@pytest.fixture
def told(store_url: str, sqlite_template: Path, tmp_path: Path) -> Iterator[Told]:
    with serving(fresh(sqlite_template, tmp_path), tmp_path / "b") as b, listening(b) as base:
        there = Field(b, "a")
        with serving(store_url, tmp_path / "a", roles="web,work") as a:
            yield Told(a, there, base)


LINES = [
    {"reference": "p11", "quantity": "8,5", "discount": "50,3", "tax": "7"},
    {"description": "Call-out", "price": "40", "quantity": "1"},
    {"description": "Gift", "price": "0", "quantity": "2"},
]


def bill(field: Field, **said: Any) -> int:
    """The number of a document that is sent."""
    answer = field.call("POST", "/Api/v2/Invoices/Send", content=json.dumps({"type": "invoice", **said})).json()
    assert answer["code"] == 1, answer
    return int(answer["data"]["num"])


def attach(field: Field, **owner: Any) -> None:
    row = {"fileName": "report.pdf", "fileData": base64.b64encode(b"%PDF-1.7").decode(), **owner}
    answer = field.call("POST", "/Api/v2/Attachments/Send", content=json.dumps(row)).json()
    assert answer["result"] == "1", answer


def test_another_hub_is_told_of_every_kind_that_has_a_send_in_order(told):
    told.there.carry_in(*lines("warehouse"), entity="warehouse")
    for entity in [entity for entity in HELD if entity not in {"attachment", "photo"}]:
        told.app.carry_in(*lines(entity), entity=entity)
    attach(told.app, job={"num": 13473})
    attach(told.app, customer={"myId": "C/1"}, job={"id": "0c0ae477-fc89"})
    quotation = bill(told.app, type="quotation", job={"num": 13473}, customer={"id": 412}, lines=LINES)
    for _ in range(2):
        bill(told.app, customer={"id": 7}, dueDate="2026-08-01", lines=LINES[1:], comment=str(_))
    told.wait()
    counts = {entity: len(HELD.get(entity, ())) for entity in FORMS} | {"invoice": len(HELD["invoice"]) + 3}
    assert {entity: len(rows) for entity, rows in held(told.there).items()} == counts
    told.app.carry_in(
        '{"idJob":"265_160719144323649","tags":[],"parts":[],"description":"","idSite":null,"siteMyId":""}',
        entity="job",
    )
    told.app.carry_in('{"id":31,"name":"North Quay","position":{"Latitude":"2"}}', entity="site")
    told.app.carry_in('{"id":91,"price":"11,5","taxVal":""}', entity="item")
    told.app.carry_in('{"id":266,"startLocation":"","groups":[]}', entity="employee")
    told.app.carry_in('{"id":95,"quantity":1,"serials":["772"]}', entity="stock_level")
    bill(told.app, type="quotation", num=quotation, status=1, customer=None, action="add", lines=LINES[1:])
    told.wait()
    assert told.app.delete(id=7) == {"code": 1}
    until(lambda: len(told.there.rows()) == len(HELD["customer"]) - 1)


def test_records_that_nobody_gave_a_key_are_not_those_that_the_other_hub_numbered_alike(told):
    own = Field(told.there.hub, "own")
    numbers = {field.make(name=f"Of {field.name}") for field in (own, told.app)}
    assert len(numbers) == 1
    told.app.carry_in(json.dumps({"id": 5, "name": "Quay", "customerName": "Of app"}), entity="site")
    until(told.is_told)
    assert told.parked() == []
    assert [row["name"] for row in own.rows()] == ["Of own", "Of app"]
    assert own.details(id=numbers.pop())["name"] == "Of own"
    (site,) = map(json.loads, lines_of(told.there.carry_out("site")))
    assert told.there.details(id=site["customerId"])["name"] == "Of app"


def count(field: Field, *rows: tuple[str, int, list[str]]) -> None:
    """Say what is in depots of the part S-1."""
    said = [
        {"depot": depot, "parts": [{"reference": "S-1", "quantity": quantity, "serials": serials}]}
        for depot, quantity, serials in rows
    ]
    assert field.call("PUT", "/Api/v2/Inventory/Quantities", content=json.dumps(said)).json()["code"] == 1


def test_pieces_that_go_from_depot_to_depot_do_so_there_too_and_a_depot_that_is_not_there_is_told(told):
    depots = {"M": "Main store", "V": "Van", "X": "Only here"}
    for field in (told.app, told.there):
        for key, name in list(depots.items())[: 3 if field is told.app else 2]:
            field.carry_in(json.dumps({"idStock": key, "nmStock": name}), entity="warehouse")
    told.app.carry_in('{"reference":"S-1","name":"Pump"}', entity="item")
    for moved in (["771"], ["772", "773"], []):
        left = [each for each in ("771", "772", "773") if each not in moved]
        count(told.app, ("Van", len(moved), moved), ("Main store", len(left), left), ("Only here", 1, []))
        until(told.is_told)
        assert stock(told.there) == {
            ("Main store", "S-1"): (len(left), *left),
            ("Van", "S-1"): (len(moved), *moved) if moved else 0,
        }
    (why,) = told.parked()
    assert "there is no such depot" in (why or "")


def test_what_comes_back_by_way_of_other_hubs_is_no_other_record(sqlite_template, tmp_path):
    with (
        serving(fresh(sqlite_template, tmp_path), tmp_path / "b", roles="web,work") as b,
        listening(b) as base,
        serving(f"sqlite:///{copied(sqlite_template, tmp_path)}", tmp_path / "a", roles="web,work") as a,
        listening(a) as back,
    ):
        first, second = Told(a, Field(b, "from-a"), base), Told(b, Field(a, "from-b"), back)
        customer = first.app.make(name="Nobody gave it a key")
        bill(first.app, customer={"id": customer}, lines=LINES[1:])
        attach(first.app, customer={"id": customer})
        second.app.make(name="Nor this one")
        until(lambda: len(first.app.rows()) == len(second.app.rows()) == 2)
        for hub in (first, second, first, second):
            until(hub.is_told)
        assert [first.parked(), second.parked()] == [[], []]
        for hub in (first, second):
            assert {entity: len(rows) for entity, rows in held(hub.app).items() if rows} == {
                "customer": 2,
                "invoice": 1,
                "attachment": 1,
            }
