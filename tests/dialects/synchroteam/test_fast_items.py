"""The parts of a field are the items of an ERP that speaks Fast: the same records, told both ways."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from sqlalchemy import select
from tests.dialects.synchroteam.conftest import Erp, Field
from tests.dialects.synchroteam.spoken import Spoken
from tests.dialects.synchroteam.storing import part
from tests.served import serving
from tests.waiting import until

from synchub import db
from synchub.master.entities.products import Item
from synchub.outbox.tables import Delivery

URL = "http://127.0.0.1:9/api/SyncData"
SUCCESS = {"success": True, "messages": "SUCCESS", "records": 1, "fkey": "key_123", "code": 200}
ITEM = {"ItemCode": "I-1", "ItemName": "Hinge", "Uom": "piece", "ItemType": "21", "Status": "1"}


def say(erp: Erp, **more: Any) -> None:
    """Let the ERP post an item."""
    body = json.dumps({"form": "setItem", "data": [ITEM | more]})
    answer = erp.hub.call("POST", "/api/SyncData", content=body, headers={"authorization": erp.token})
    assert answer.json()["success"] is True


def test_an_item_of_another_partner_is_a_part(field, erp: Erp):
    say(erp)
    parts = Spoken(field, "json")
    told = parts.ask("GET", "Part/Details", reference="I-1")
    assert (told["id"], told["name"], told["price"]) == (field.hub.record("item", "I-1").id, "Hinge", "")
    assert parts.ask("PUT", "Part/Prices", [{"reference": "I-1", "price": "7,35"}]) == {"code": 1, "errors": []}
    assert part(field, "I-1", name="Brass hinge", serializable=True) == told["id"]
    item = field.hub.record("item", "I-1")
    assert (item.name, item.uom, str(item.price), item.serializable) == ("Brass hinge", "piece", "7.35", True)
    say(erp, ItemName="Steel hinge")
    assert parts.ask("GET", "Part/Details", id=told["id"])["name"] == "Steel hinge"
    assert field.hub.count(Item) == 1


@pytest.fixture
def joined(store_url: str, tmp_path: Path):
    """A field, and an ERP that is told what the field says; with the calls that it is told by."""
    with respx.mock, serving(store_url, tmp_path, roles="web,work") as hub:
        route = respx.post(URL).mock(httpx.Response(200, json=SUCCESS))
        erp = Erp(hub, url=URL, target_token="their-token")
        yield Field(hub), erp, lambda: [json.loads(call.request.content) for call in route.calls]


def test_what_a_field_says_of_an_item_is_told_to_its_erp(joined):
    field, erp, told = joined
    until(lambda: field.call("GET", "/Api/v2").status_code == 200)
    say(erp)
    part(field, "I-1", name="Brass hinge", price="7.35")
    until(told)
    (call,) = told()
    row = {"ItemCode": "I-1", "ItemName": "Brass hinge", "ItemType": "21", "Status": "1"}
    assert (call["form"], call["data"]) == ("setItem", [row])


def test_a_part_that_an_erp_has_no_type_for_waits_until_somebody_says_it(joined):
    field, erp, told = joined
    until(lambda: field.call("GET", "/Api/v2").status_code == 200)
    part(field, "I-1", name="Hinge")

    def trouble() -> list[str | None]:
        with db.reading(field.hub.engine) as session:
            return list(session.scalars(select(Delivery.last_error).where(Delivery.last_error.is_not(None))))

    until(trouble)
    assert (trouble(), told()) == (["ItemType is required"], [])
    say(erp, ItemName="Steel hinge")
    assert Spoken(field, "json").ask("GET", "Part/Details", reference="I-1")["name"] == "Steel hinge"


def test_an_item_that_a_field_deletes_is_out_of_use_at_its_erp(joined):
    field, erp, told = joined
    until(lambda: field.call("GET", "/Api/v2").status_code == 200)
    say(erp)
    Spoken(field, "json").ask("DELETE", "Part/Delete", reference="I-1")
    until(told)
    (call,) = told()
    assert (call["form"], call["data"][0]["ItemCode"], call["data"][0]["Status"]) == ("setItem", "I-1", "0")
