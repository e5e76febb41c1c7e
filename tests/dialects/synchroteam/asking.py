"""How each endpoint is asked about values of our own, once they are brought in."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import strategies as st
from lxml import etree
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.drawing import (
    KEYED,
    WORDS,
    amounts,
    example,
    like,
    moments,
    names,
    numbers,
    said,
    texts,
)
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
ASKED: dict[str, Asking] = {}


def asks(endpoint: str) -> Callable[[Asking], Asking]:
    """Say how an endpoint is asked."""

    def keep(asking: Asking) -> Asking:
        ASKED[endpoint] = asking
        return asking

    return keep


@asks("customer.send")
def customer_send(world: World, draw: Draw) -> Ask:
    row = draw(said("customer.send"))
    return Ask(body=row, shows={"code": world.send("customer.send", row), "message": ""})


@asks("customer.details")
def customer_details(world: World, draw: Draw) -> Ask:
    row = draw(said("customer.send"))
    number = world.send("customer.send", row)
    return Ask(query={"id": number}, shows={**row, "id": number})


@asks("customer.list")
def customer_list(world: World, draw: Draw) -> Ask:
    row = draw(said("customer.send"))
    number = world.send("customer.send", row)
    return Ask(query={"name": row["name"]}, shows={"id": number, "myId": row["myId"]})


@asks("customer.delete")
def customer_delete(world: World, draw: Draw) -> Ask:
    row = draw(said("customer.send"))
    world.send("customer.send", row)
    return Ask(query={"myId": row["myId"]}, shows={"code": 1})


@asks("part.send")
def part_send(world: World, draw: Draw) -> Ask:
    row = draw(said("part.send"))
    return Ask(body=row, shows={"code": world.send("part.send", row)})


@asks("part.details")
def part_details(world: World, draw: Draw) -> Ask:
    row = draw(said("part.send", categoryId=st.integers(1, 10**6), taxVal=amounts.map(str)))
    number = world.send("part.send", row)
    return Ask(query={"reference": row["reference"]}, shows={**row, "id": number})


@asks("part.delete")
def part_delete(world: World, draw: Draw) -> Ask:
    return Ask(query={"id": world.send("part.send", draw(said("part.send")))}, shows={"code": 1})


@asks("part.prices")
def part_prices(world: World, draw: Draw) -> Ask:
    part, (good, bad) = draw(said("part.send")), map(draw, map(like, example("part.prices")[:2]))
    number = world.send("part.send", part)
    unknown, negative = {**bad, "id": number + 10**6}, {"id": number, "price": f"-1{good['price']}"}
    told = [{**row, "id": str(row["id"]), "reference": None} for row in (unknown, negative)]
    return Ask(body=[{**good, "reference": part["reference"]}, unknown, negative], shows={"code": 0, "errors": told})


@asks("user.send")
def user_send(world: World, draw: Draw) -> Ask:
    row = draw(said("user.send"))
    return Ask(body=row, shows={"code": world.send("user.send", row), "message": ""})


@asks("user.details")
def user_details(world: World, draw: Draw) -> Ask:
    row = draw(said("user.send", CustomFieldValues=WORDS["customFieldValues"]))
    number = world.send("user.send", row)
    return Ask(query={"login": row["login"]}, shows={**row, "id": number})


@asks("user.search")
def user_search(world: World, draw: Draw) -> Ask:
    row = draw(said("user.send"))
    number = world.send("user.send", row)
    wish = {"group": {"id": "", "name": row["groups"][0]}, "skilledTrades": row["skilledTrades"][0]}
    return Ask(body=wish, shows={"id": number, "login": row["login"]})


def job(world: World, draw: Draw, **more: Any) -> dict[str, Any]:
    """A job of the world's technician at its customer's, with a part."""
    begin = draw(moments)
    row = draw(
        said(
            "jobs.send",
            idCustomer=str(world.customer["customerId"]),
            idUser=str(world.user["idUser"]),
            scheduledBeginDate=f"{begin:%Y-%m-%d %H:%M}",
            scheduledEndDate=f"{begin + timedelta(hours=2):%Y-%m-%d %H:%M}",
            parts=[{"id": str(world.part["id"]), "reference": None, "quantity": draw(amounts.map(float))}],
            priority=st.sampled_from(["0", "1", "2"]),
            status=st.sampled_from([*"012345"]),
            OtherTechnicians=[world.user["login"]],
            tags=WORDS["tags"],
        )
    )
    return {**row, **more}


def _out(text: str) -> str:
    """A moment as jobs show it."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").strftime("%d/%m/%Y %H:%M:%S")  # noqa: DTZ007 - it has no zone


@asks("jobs.send")
def jobs_send(world: World, draw: Draw) -> Ask:
    row = job(world, draw)
    return Ask(body=row, shows={"code": world.send("jobs.send", row), "message": None})


@asks("jobs.detail")
def jobs_detail(world: World, draw: Draw) -> Ask:
    shape = ENDPOINTS["jobs.detail"]["response_example"]
    named = ("description", "idJobType", "idReport", "idCreator", "globalAddress", "position", "report")
    row = job(world, draw) | {word: draw(like(shape[word], word)) for word in named}
    del row["nmJobType"]
    begin, end = row["scheduledBeginDate"], row["scheduledEndDate"]
    worked = {"RealBeginDate": _out(begin), "RealEndDate": _out(end)}
    row |= worked | {"Activities": [{"login": row["OtherTechnicians"][0], "start": _out(begin), "stop": _out(end)}]}
    row |= {
        "idSite": world.site["siteId"],
        "idEquipment": world.equipment["id"],
        "validationUser": draw(st.integers(1, 10**6)),
        "validationDate": _out(end),
    }
    number = world.send("jobs.send", row)
    told = {"scheduledBeginDate": _out(begin), "scheduledEndDate": _out(end), "duration": 120, "num": number}
    unsaid = {"parts", "report", "customFieldValues"}
    return Ask(query={"num": number}, shows={**{word: row[word] for word in row.keys() - unsaid}, **told})


@asks("jobs.search")
def jobs_search(world: World, draw: Draw) -> Ask:
    row = job(world, draw)
    number = world.send("jobs.send", row)
    wish = {"dateFrom": row["scheduledBeginDate"], "dateTo": row["scheduledEndDate"], "status": row["status"]}
    customer = {"name": "", "id": row["idCustomer"], "myId": ""}
    return Ask(body={**wish, "userName": "", "customer": customer}, shows={"num": str(number), "myId": row["myId"]})


@asks("jobs.validate")
def jobs_validate(world: World, draw: Draw) -> Ask:
    return Ask(query={"num": world.send("jobs.send", job(world, draw, status="5"))}, shows={"code": 1})


@asks("jobs.cancel")
def jobs_cancel(world: World, draw: Draw) -> Ask:
    row = job(world, draw)
    world.send("jobs.send", row)
    return Ask(query={"myId": row["myId"]}, shows={"code": 1})


@asks("customfield.send")
def customfield_send(world: World, draw: Draw) -> Ask:
    row = job(world, draw)
    number = world.send("jobs.send", row)
    values = [
        {"id": str(draw(st.integers(1, 10**8))), "Value": draw(texts)},
        {"name": draw(names), "Value": draw(texts)},
    ]
    which = {"id": "", "myId": draw(st.sampled_from(["", row["myId"]])), "num": number}
    return Ask(body={"CustomFieldValues": values, "Job": which}, shows={"code": 1, "message": ""})


@asks("site.send")
def site_send(world: World, draw: Draw) -> Ask:
    row = draw(said("site.send", **world.customer))
    return Ask(body=row, shows={"code": world.send("site.send", row), "message": ""})


def a_site(world: World, draw: Draw) -> dict[str, Any]:
    """A site of the world's customer, with all that an answer shows."""
    row = draw(
        said("site.send", **world.customer, position=WORDS["position"], customFieldValues=WORDS["customFieldValues"])
    )
    return {**row, "id": world.send("site.send", row)}


@asks("site.details")
def site_details(world: World, draw: Draw) -> Ask:
    row = a_site(world, draw)
    return Ask(query={"id": row["id"]}, shows=row)


@asks("site.delete")
def site_delete(world: World, draw: Draw) -> Ask:
    return Ask(query={"myId": a_site(world, draw)["myId"]}, shows={"code": 1})


@asks("site.listByCustomerId")
def sites_by_id(world: World, draw: Draw) -> Ask:
    return Ask(places={"id": world.customer["customerId"]}, shows=a_site(world, draw))


@asks("site.listByCustomerMyId")
def sites_by_key(world: World, draw: Draw) -> Ask:
    return Ask(places={"myId": "C-1"}, shows=a_site(world, draw))


def equipment(world: World, draw: Draw) -> dict[str, Any]:
    """Equipment at the world's site, with all that an answer shows."""
    names = {**world.customer, **world.site}
    row = draw(said("equipment.send", **names))
    return {**row, "id": world.send("equipment.send", row)}


@asks("equipment.send")
def equipment_send(world: World, draw: Draw) -> Ask:
    row = equipment(world, draw)
    return Ask(body=row, shows={"code": row["id"], "message": ""})


@asks("equipment.details")
def equipment_details(world: World, draw: Draw) -> Ask:
    row = equipment(world, draw)
    return Ask(query={"myId": row["myId"]}, shows=row)


@asks("equipment.delete")
def equipment_delete(world: World, draw: Draw) -> Ask:
    return Ask(query={"id": equipment(world, draw)["id"]}, shows={"code": 1})


@asks("equipment.list")
def equipment_list(world: World, draw: Draw) -> Ask:
    row = equipment(world, draw)
    places = {"customer": world.customer["customerId"], "site": quote(world.site["siteName"], safe="")}
    return Ask(places=places, shows=row)


def activity_type(world: World, draw: Draw) -> dict[str, Any]:
    """A type of activities."""
    row = draw(said("activitytype.send", name=names.map(lambda name: f"{name} {next(numbers)}")))
    answer = world.ask("activitytype.send", Ask(body=row)).json()
    assert answer["code"] == 1
    return {**row, "id": answer["data"]["id"]}


@asks("activitytype.send")
def activitytype_send(world: World, draw: Draw) -> Ask:
    row = activity_type(world, draw)
    return Ask(body={**row, "id": str(row["id"])}, shows={"code": 1, "data": row, "msg": ""})


@asks("activitytype.search")
def activitytype_search(world: World, draw: Draw) -> Ask:
    row = activity_type(world, draw)
    return Ask(body={"color": "", "name": row["name"], "hasConflit": "", "id": ""}, shows=row)


@asks("activitytype.delete")
def activitytype_delete(world: World, draw: Draw) -> Ask:
    row = activity_type(world, draw)
    return Ask(body={"name": "", "id": str(row["id"])}, shows={"code": 1})


@asks("attachments.send")
def attachments_send(world: World, draw: Draw) -> Ask:
    number = world.send("jobs.send", job(world, draw))
    data = b64encode(draw(st.binary(min_size=1))).decode()
    body = {"job": {"id": "", "myId": "", "num": number}, "customer": {"id": "", "myId": ""}}
    return Ask(body={**body, "fileName": f"{draw(names)}.csv", "fileData": data}, shows={"msg": [], "result": "1"})


@asks("jobs.pdf")
def jobs_pdf(world: World, draw: Draw) -> Ask:
    """A drawn text may be in a script of which there is no font."""
    row = {"idCustomer": world.customer["customerId"], "myId": draw(KEYED), "description": draw(names)}
    return Ask(query={"num": world.send("jobs.send", row)})
