"""How the endpoints of parts, stock and invoices are asked."""

from typing import Any

from hypothesis import strategies as st
from tests.dialects.synchroteam.asking import Ask, Asking, Draw, World
from tests.dialects.synchroteam.drawing import amounts, example, like, moments, numbers, said, texts


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
}
