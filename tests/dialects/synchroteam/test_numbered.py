"""Records that nobody gave a key, as other hubs hand on what they were told of them."""

from tests.dialects.synchroteam.conftest import Field

from synchub import db
from synchub.master import numbered


def test_our_number_with_our_mark_names_our_record_and_nothing_else_does(field):
    back = Field(field.hub, "back")
    number, other = field.make(name="Quay"), field.make(name="Pier")
    with db.reading(field.hub.engine) as session:
        key = numbered.marked(session, [number])[number]
    mark = key.removeprefix(f"{number}-")
    assert back.send(myId=key, contactFax="1")["code"] == number
    assert field.details(id=number)["contactFax"] == "1"
    for strange in (f"{number}-{mark[::-1]}0", f"0{key}", f"{key} x", f"99{other}-{mark}", str(other)):
        back.make(myId=strange, name=strange)
    item = back.call("POST", "/Api/v2/Part/Send", json={"reference": key, "name": "Pump"}).json()
    assert item["code"] != number
    assert sorted(row["name"] for row in field.rows())[-2:] == ["Pier", "Quay"]
    assert len(field.rows()) == 7
    assert back.delete(myId=key) == {"code": 1}
    assert not back.sees(id=number)
