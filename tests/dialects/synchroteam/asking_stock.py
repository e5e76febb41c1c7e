"""How the endpoints of parts, stock and invoices are asked."""

from typing import Any

from hypothesis import strategies as st
from tests.dialects.synchroteam import storing
from tests.dialects.synchroteam.asking import Ask, Asking, Draw, World
from tests.dialects.synchroteam.drawing import amounts, example, like, moments, names, numbers, said, texts
from tests.dialects.synchroteam.inventory import ENDPOINTS


def part_send(world: World, draw: Draw) -> Ask:
    row = draw(said("part.send"))
    return Ask(body=row, shows={"code": world.send("part.send", row)})


def part_details(world: World, draw: Draw) -> Ask:
    row = draw(said("part.send", categoryId=st.integers(1, 10**6), taxVal=amounts.map(str)))
    number = world.send("part.send", row)
    return Ask(query={"reference": row["reference"]}, shows={**row, "id": number})


def part_delete(world: World, draw: Draw) -> Ask:
    return Ask(query={"id": world.send("part.send", draw(said("part.send")))}, shows={"code": 1})


def part_prices(world: World, draw: Draw) -> Ask:
    part, (good, bad) = draw(said("part.send")), map(draw, map(like, example("part.prices")[:2]))
    number = world.send("part.send", part)
    unknown, negative = {**bad, "id": number + 10**6}, {"id": number, "price": f"-1{good['price']}"}
    told = [{**row, "id": str(row["id"]), "reference": None} for row in (unknown, negative)]
    return Ask(body=[{**good, "reference": part["reference"]}, unknown, negative], shows={"code": 0, "errors": told})


def inventory_quantities(world: World, draw: Draw) -> Ask:
    part, rows = draw(said("part.send", serializable=True)), draw(like(example("inventory.quantities")))
    world.send("part.send", part)
    for place, row in enumerate(rows):
        row["depot"] += f" {place}"
        storing.depots(world.client, **{f"D-{place}": row["depot"]})
        for one in row["parts"]:
            one |= {"reference": part["reference"], "quantity": draw(st.integers(9, 99)), "serials": []}
    rows[0]["parts"][-1]["serials"] = draw(st.lists(names, max_size=9))
    return Ask(body=rows, shows={"code": 1, "errors": ""})


def _request(world: World, draw: Draw) -> dict[str, Any]:
    """A request that was brought in, as it is shown."""
    part, user = draw(said("part.send")), draw(said("user.send"))
    part_id, user_id = world.send("part.send", part), world.send("user.send", user)
    row: dict[str, Any] = draw(like(ENDPOINTS["stockrequest.search"]["response_example"][0]))
    row |= {"id": str(draw(st.uuids())), "quantity": draw(st.integers(1, 99)), "isDeleted": False}
    for depot in (row["source"], row["destination"]):
        storing.depots(world.client, **{depot["idStock"]: depot["nmStock"]})
    named: dict[str, Any] = {
        "codeProduit": part["reference"],
        "idPiece": part_id,
        "nmPiece": part["name"],
        "prixPiece": part["price"],
    }
    people: dict[str, Any] = {"idUser": user_id, "loginUser": user["login"]}
    people |= {"nomUser": user["lastName"], "prenomUser": user["firstName"]}
    row |= {"part": named, "user": people}
    storing.request(world.client, **row)
    return row


def stockrequest_search(world: World, draw: Draw) -> Ask:
    row = _request(world, draw)
    asked = {"isUrgent": row["isUrgent"], "isDeleted": False, "isSent": "", "modifiedAfter": "", "createdAfter": ""}
    return Ask(body=asked, shows=row)


def stockrequest_complete(world: World, draw: Draw) -> Ask:
    row, request = draw(like(example("stockrequest.complete"))), _request(world, draw)
    row |= {"id": request["id"].upper(), "quantity": request["quantity"] + len(row["serials"])}
    return Ask(body=row, shows={"code": 1})


def invoice(world: World, draw: Draw) -> dict[str, Any]:
    """An invoice of the world's customer, of which one line names a part and one does not."""
    amount = amounts.map(lambda each: str(each).replace(".", ","))
    line = {"price": amount, "tax": st.sampled_from(["0", "10", "19,6"]), "quantity": amount}
    line |= {"discount": st.sampled_from(["", "10", "50,3"]), "description": texts}
    first, second = ({word: draw(each) for word, each in line.items()} for _ in range(2))
    lines = [{"idPart": str(world.part["id"]), "reference": "", **first}, {"idPart": "", "reference": "", **second}]
    row = {"type": draw(st.sampled_from(["invoice", "quotation"])), "status": draw(st.integers(0, 1)), "lines": lines}
    row |= {"action": "replace", "num": next(numbers), "dueDate": f"{draw(moments):%Y-%m-%d}"}
    job = {"id": "", "myId": "", "num": world.job["num"]}
    return {**row, "job": job, "customer": {"name": "", "id": world.customer["customerId"], "myId": ""}}


def invoices_send(world: World, draw: Draw) -> Ask:
    row = invoice(world, draw)
    return Ask(body=row, shows={"code": 1, "message": None, "data": {"num": row["num"], "numberLines": 2}})


def invoices_list(world: World, draw: Draw) -> Ask:
    row = invoice(world, draw)
    world.send("invoices.send", row)
    year, month, day = row["dueDate"].split("-")
    due = f"{day}/{month}/{year} 00:00:00"
    wish = {"customer": row["customer"], "job": row["job"], "changedFrom": ""}
    return Ask(body=wish, shows={"num": row["num"], "type": row["type"].capitalize(), "dueDate": due})


ASKED: dict[str, Asking] = {
    "invoices.send": invoices_send,
    "invoices.list": invoices_list,
    "part.send": part_send,
    "part.details": part_details,
    "part.delete": part_delete,
    "part.prices": part_prices,
    "inventory.quantities": inventory_quantities,
    "stockrequest.search": stockrequest_search,
    "stockrequest.complete": stockrequest_complete,
}
