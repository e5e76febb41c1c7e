"""How the endpoints of jobs, their custom fields, files and photos are asked."""

from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from tests.dialects.synchroteam.asking import Ask, Asking, Draw, World
from tests.dialects.synchroteam.brought import photo
from tests.dialects.synchroteam.drawing import (
    KEYED,
    WORDS,
    amounts,
    like,
    moments,
    names,
    said,
    texts,
)
from tests.dialects.synchroteam.inventory import ENDPOINTS
from tests.printing.sheets import image


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


def jobs_send(world: World, draw: Draw) -> Ask:
    row = job(world, draw)
    return Ask(body=row, shows={"code": world.send("jobs.send", row), "message": None})


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


def jobs_search(world: World, draw: Draw) -> Ask:
    row = job(world, draw)
    number = world.send("jobs.send", row)
    wish = {"dateFrom": row["scheduledBeginDate"], "dateTo": row["scheduledEndDate"], "status": row["status"]}
    customer = {"name": "", "id": row["idCustomer"], "myId": ""}
    return Ask(body={**wish, "userName": "", "customer": customer}, shows={"num": str(number), "myId": row["myId"]})


def jobs_validate(world: World, draw: Draw) -> Ask:
    return Ask(query={"num": world.send("jobs.send", job(world, draw, status="5"))}, shows={"code": 1})


def jobs_cancel(world: World, draw: Draw) -> Ask:
    row = job(world, draw)
    world.send("jobs.send", row)
    return Ask(query={"myId": row["myId"]}, shows={"code": 1})


def customfield_send(world: World, draw: Draw) -> Ask:
    row = job(world, draw)
    number = world.send("jobs.send", row)
    values = [
        {"id": str(draw(st.integers(1, 10**8))), "Value": draw(texts)},
        {"name": draw(names), "Value": draw(texts)},
    ]
    which = {"id": "", "myId": draw(st.sampled_from(["", row["myId"]])), "num": number}
    return Ask(body={"CustomFieldValues": values, "Job": which}, shows={"code": 1, "message": ""})


def attachments_send(world: World, draw: Draw) -> Ask:
    number = world.send("jobs.send", job(world, draw))
    data = b64encode(draw(st.binary(min_size=1))).decode()
    body = {"job": {"id": "", "myId": "", "num": number}, "customer": {"id": "", "myId": ""}}
    return Ask(body={**body, "fileName": f"{draw(names)}.csv", "fileData": data}, shows={"msg": [], "result": "1"})


def jobs_pdf(world: World, draw: Draw) -> Ask:
    """A drawn text may be in a script of which there is no font."""
    row = {"idCustomer": world.customer["customerId"], "myId": draw(KEYED), "description": draw(names)}
    return Ask(query={"num": world.send("jobs.send", row)})


def jobs_photos(world: World, draw: Draw) -> Ask:
    row, content = job(world, draw), image("PNG", size=(2, 2))
    number = world.send("jobs.send", row)
    told = {"comment": draw(texts), "iteration": draw(st.integers(0, 9)), "fileName": f"{draw(names)}.png"}
    how = {"job_id": row["myId"], "comment": told["comment"], "iteration": told["iteration"]}
    photo(world.client, draw(KEYED), content, file_name=told["fileName"], **how)
    shows = {**told, "job": {"num": number, "myId": row["myId"]}, "imageData": b64encode(content).decode()}
    return Ask(query={"myId": row["myId"]}, shows=shows)


ASKED: dict[str, Asking] = {
    "jobs.send": jobs_send,
    "jobs.detail": jobs_detail,
    "jobs.search": jobs_search,
    "jobs.validate": jobs_validate,
    "jobs.cancel": jobs_cancel,
    "customfield.send": customfield_send,
    "attachments.send": attachments_send,
    "jobs.pdf": jobs_pdf,
    "jobs.photos": jobs_photos,
}
