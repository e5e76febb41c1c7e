"""How the endpoints of parts and stock are asked."""

from hypothesis import strategies as st
from tests.dialects.synchroteam.asking import Ask, Asking, Draw, World
from tests.dialects.synchroteam.drawing import (
    amounts,
    example,
    like,
    said,
)


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


ASKED: dict[str, Asking] = {
    "part.send": part_send,
    "part.details": part_details,
    "part.delete": part_delete,
    "part.prices": part_prices,
}
