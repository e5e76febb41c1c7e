"""How the endpoints of users, activities and blocks are asked."""

import json
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from tests.dialects.synchroteam.asking import Ask, Asking, Draw, World
from tests.dialects.synchroteam.bringing import bring
from tests.dialects.synchroteam.drawing import WORDS, like, moments, names, numbers, said, texts
from tests.dialects.synchroteam.inventory import ENDPOINTS

from synchub.dialects.synchroteam.activities import ACTIVITY


def user_send(world: World, draw: Draw) -> Ask:
    row = draw(said("user.send"))
    return Ask(body=row, shows={"code": world.send("user.send", row), "message": ""})


def user_details(world: World, draw: Draw) -> Ask:
    row = draw(said("user.send", CustomFieldValues=WORDS["customFieldValues"]))
    number = world.send("user.send", row)
    return Ask(query={"login": row["login"]}, shows={**row, "id": number})


def user_search(world: World, draw: Draw) -> Ask:
    row = draw(said("user.send"))
    number = world.send("user.send", row)
    wish = {"group": {"id": "", "name": row["groups"][0]}, "skilledTrades": row["skilledTrades"][0]}
    return Ask(body=wish, shows={"id": number, "login": row["login"]})


def activity_type(world: World, draw: Draw) -> dict[str, Any]:
    """A type of activities."""
    row = draw(said("activitytype.send", name=names.map(lambda name: f"{name} {next(numbers)}")))
    answer = world.ask("activitytype.send", Ask(body=row)).json()
    assert answer["code"] == 1
    return {**row, "id": answer["data"]["id"]}


def activitytype_send(world: World, draw: Draw) -> Ask:
    row = activity_type(world, draw)
    return Ask(body={**row, "id": str(row["id"])}, shows={"code": 1, "data": row, "msg": ""})


def activitytype_search(world: World, draw: Draw) -> Ask:
    row = activity_type(world, draw)
    return Ask(body={"color": "", "name": row["name"], "hasConflit": "", "id": ""}, shows=row)


def activitytype_delete(world: World, draw: Draw) -> Ask:
    row = activity_type(world, draw)
    return Ask(body={"name": "", "id": str(row["id"])}, shows={"code": 1})


def sharedblocks_list(world: World, draw: Draw) -> Ask:
    (shape,) = ENDPOINTS["sharedblocks.list"]["response_example"]
    row = draw(like(shape)) | {"flShared": True}
    for place, item in enumerate(row["items"]):
        item |= {"idCategory": row["id"], "positionNumber": place, "idTypeItem": draw(st.sampled_from([0, 2, 3, 4, 5]))}
    (told,) = world.client.carry_in(json.dumps(row), entity="block")
    assert told["verdict"] != "rejected", told
    return Ask(shows=row)


def activities_search(world: World, draw: Draw) -> Ask:
    begin, user = draw(moments), {"id": world.user["idUser"], "login": world.user["login"]}
    told = {"nmActivity": draw(names), "noteActivity": draw(texts), "idActivity": draw(WORDS["id"])}
    told |= {"dtStart": f"{begin:%Y-%m-%d %H:%M}", "dtEnd": f"{begin + timedelta(days=1):%Y-%m-%d %H:%M}"}
    bring(world.client, ACTIVITY, {**told, "user": user})
    day = f"{begin:%Y-%m-%d}"
    wish = {"dateFrom": day, "dateTo": day, "loginUser": user["login"], "nameActivity": told["nmActivity"]}
    return Ask(body=wish, shows={**told, "user": user})


ASKED: dict[str, Asking] = {
    "activities.search": activities_search,
    "user.send": user_send,
    "user.details": user_details,
    "user.search": user_search,
    "activitytype.send": activitytype_send,
    "activitytype.search": activitytype_search,
    "activitytype.delete": activitytype_delete,
    "sharedblocks.list": sharedblocks_list,
}
