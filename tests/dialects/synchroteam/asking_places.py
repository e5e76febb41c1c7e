"""How the endpoints of customers, sites and equipment are asked."""

from typing import Any
from urllib.parse import quote

from tests.dialects.synchroteam.asking import Ask, Asking, Draw, World
from tests.dialects.synchroteam.drawing import (
    WORDS,
    said,
)


def customer_send(world: World, draw: Draw) -> Ask:
    row = draw(said("customer.send"))
    return Ask(body=row, shows={"code": world.send("customer.send", row), "message": ""})


def customer_details(world: World, draw: Draw) -> Ask:
    row = draw(said("customer.send"))
    number = world.send("customer.send", row)
    return Ask(query={"id": number}, shows={**row, "id": number})


def customer_list(world: World, draw: Draw) -> Ask:
    row = draw(said("customer.send"))
    number = world.send("customer.send", row)
    return Ask(query={"name": row["name"]}, shows={"id": number, "myId": row["myId"]})


def customer_delete(world: World, draw: Draw) -> Ask:
    row = draw(said("customer.send"))
    world.send("customer.send", row)
    return Ask(query={"myId": row["myId"]}, shows={"code": 1})


def site_send(world: World, draw: Draw) -> Ask:
    row = draw(said("site.send", **world.customer))
    return Ask(body=row, shows={"code": world.send("site.send", row), "message": ""})


def a_site(world: World, draw: Draw) -> dict[str, Any]:
    """A site of the world's customer, with all that an answer shows."""
    row = draw(
        said("site.send", **world.customer, position=WORDS["position"], customFieldValues=WORDS["customFieldValues"])
    )
    return {**row, "id": world.send("site.send", row)}


def site_details(world: World, draw: Draw) -> Ask:
    row = a_site(world, draw)
    return Ask(query={"id": row["id"]}, shows=row)


def site_delete(world: World, draw: Draw) -> Ask:
    return Ask(query={"myId": a_site(world, draw)["myId"]}, shows={"code": 1})


def sites_by_id(world: World, draw: Draw) -> Ask:
    return Ask(places={"id": world.customer["customerId"]}, shows=a_site(world, draw))


def sites_by_key(world: World, draw: Draw) -> Ask:
    return Ask(places={"myId": "C-1"}, shows=a_site(world, draw))


def equipment(world: World, draw: Draw) -> dict[str, Any]:
    """Equipment at the world's site, with all that an answer shows."""
    names = {**world.customer, **world.site}
    row = draw(said("equipment.send", **names))
    return {**row, "id": world.send("equipment.send", row)}


def equipment_send(world: World, draw: Draw) -> Ask:
    row = equipment(world, draw)
    return Ask(body=row, shows={"code": row["id"], "message": ""})


def equipment_details(world: World, draw: Draw) -> Ask:
    row = equipment(world, draw)
    return Ask(query={"myId": row["myId"]}, shows=row)


def equipment_delete(world: World, draw: Draw) -> Ask:
    return Ask(query={"id": equipment(world, draw)["id"]}, shows={"code": 1})


def equipment_list(world: World, draw: Draw) -> Ask:
    row = equipment(world, draw)
    places = {"customer": world.customer["customerId"], "site": quote(world.site["siteName"], safe="")}
    return Ask(places=places, shows=row)


ASKED: dict[str, Asking] = {
    "customer.send": customer_send,
    "customer.details": customer_details,
    "customer.list": customer_list,
    "customer.delete": customer_delete,
    "site.send": site_send,
    "site.details": site_details,
    "site.delete": site_delete,
    "site.listByCustomerId": sites_by_id,
    "site.listByCustomerMyId": sites_by_key,
    "equipment.send": equipment_send,
    "equipment.details": equipment_details,
    "equipment.delete": equipment_delete,
    "equipment.list": equipment_list,
}
