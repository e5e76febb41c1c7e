"""Types of activities: upserts by id or name, a search that any filter fits, and deletes in a body."""

import json
from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.spoken import FORMS, Spoken
from tests.served import Served

from synchub.intake.tables import Message
from synchub.master.tables import MasterRecord

WORKSHOP: dict[str, Any] = {"name": "Workshop", "color": "00c0fe", "hasConflit": True}


def send(field: Field, row: Any = None, /, **fields: Any) -> Any:
    answer = field.call("POST", "/Api/V2/ActivityType/Send", content=json.dumps(fields if row is None else row))
    assert answer.status_code == 200, answer.text
    return answer.json()


def make(field: Field, name: str, **fields: Any) -> int:
    """The id of a type that is sent."""
    answer = send(field, name=name, **fields)
    assert (answer["code"], answer["msg"]) == (1, "")
    return int(answer["data"]["id"])


def ask(field: Field, what: str, row: Any, query: str = "") -> Any:
    method = "DELETE" if what == "Delete" else "POST"
    return field.call(method, f"/Api/v2/ActivityType/{what}{query}", content=json.dumps(row))


def found(field: Field, **filters: Any) -> list[int]:
    answer = ask(field, "Search", filters)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()]


@pytest.mark.parametrize("form", FORMS)
def test_a_type_is_sent_found_and_deleted(lasting, form):
    client, name = Spoken(lasting, form), f"Workshop in {form}"
    said = {"id": "", **WORKSHOP, "name": name, "hasConflit": "true"}
    told = client.ask("POST", "ActivityType/Send", said)
    number = int(told["data"]["id"])
    stored = {"id": number, **WORKSHOP, "name": name}
    assert not told.pop("msg")
    assert told == client.like({"code": 1, "data": stored})
    asked = {"name": name, "color": "", "hasConflit": "", "id": ""}
    assert client.ask("POST", "ActivityType/Search", asked) == [client.like(stored)]
    assert client.ask("DELETE", "ActivityType/Delete", {"name": "", "id": str(number)}) == client.like({"code": 1})
    assert client.ask("POST", "ActivityType/Search", asked) == []
    gone = client.ask("DELETE", "ActivityType/Delete", {"id": number})
    assert gone == client.like({"code": 0, "msg": "no activity type has this id"})


def test_a_type_is_found_by_id_or_by_name_and_keeps_what_is_left_out(field):
    number = make(field, **WORKSHOP)
    assert send(field, id=str(number), color="112233")["data"] == {**WORKSHOP, "color": "112233", "id": number}
    assert send(field, name="Workshop", hasConflit="false")["data"]["id"] == number
    renamed = send(field, id=number, name="Garage", color="")
    assert renamed["data"] == {"id": number, "name": "Garage", "color": "", "hasConflit": False}
    assert make(field, "Workshop") != number
    assert make(field, "Garage", color="#AbCdEf") == number
    assert [row["color"] for row in ask(field, "Search", {"id": number}).json()] == ["AbCdEf"]


def test_an_unknown_id_makes_a_type_with_an_id_of_the_server(field):
    number = make(field, "Workshop", id="2222")
    assert number >= 1_000_000_000
    assert make(field, "Workshop", id=3333) == number
    assert field.hub.count(MasterRecord) == 1


def test_the_same_type_twice_is_stored_once(field):
    answers = [send(field, WORKSHOP) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert field.hub.count(MasterRecord) == 1
    assert [message.state for message in field.hub.messages()] == ["accepted", "repeat", "repeat"]


def test_the_same_type_again_after_the_first_was_renamed_is_another(field):
    first = make(field, "Workshop")
    send(field, id=first, name="Garage")
    second = make(field, "Workshop")
    assert second != first
    assert [row["name"] for row in ask(field, "Search", {}).json()] == ["Garage", "Workshop"]


def test_types_of_one_name_that_arrive_together_are_one(field):
    bodies = [json.dumps({"name": "Workshop", "color": f"00000{digit}"}) for digit in range(4)]
    url = "/Api/v2/ActivityType/Send"
    answers = field.hub.together(*(("POST", url, {"content": body, "headers": field.headers}) for body in bodies))
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1
    assert field.hub.count(MasterRecord) == 1


def test_a_type_of_another_partner_is_the_one_of_that_name(hub: Served):
    field, other = Field(hub), Field(hub, "other")
    number = make(other, **WORKSHOP)
    assert send(field, name="Workshop", color="112233")["data"] == {**WORKSHOP, "color": "112233", "id": number}
    assert found(field, name="workshop") == found(other, color="112233") == [number]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({}, "name is required"),
        ({"id": 5, "color": "112233"}, "name is required"),
        ({"name": " "}, "name is required"),
        ({"name": "x", "color": "red"}, "color must be six hexadecimal digits"),
        ({"name": "x", "color": "1122334"}, "color must be six hexadecimal digits"),
        ({"name": "x", "color": "\u0661\u0661\u0661\u0661\u0661\u0661"}, "color must be six hexadecimal digits"),
        ({"name": "x", "hasConflit": "maybe"}, "hasConflit must be true or false"),
        ({"id": "x", "name": "x"}, "id must be a whole number"),
    ],
)
def test_a_row_that_cannot_be_stored_is_code_0_and_msg_names_the_word(lasting, row, why):
    before = lasting.hub.count(MasterRecord)
    assert send(lasting, row) == {"code": 0, "data": None, "msg": why}
    assert lasting.hub.count(MasterRecord) == before


@pytest.fixture(scope="module")
def palette(lasting: Field) -> dict[str, int]:
    """Types that have nothing to do with those of other tests."""
    return {
        "red": make(lasting, "Été", color="fe0001", hasConflit=True),
        "scarlet": make(lasting, "Scarlet", color="FE0001"),
        "blue": make(lasting, "Blue", color="0001fe", hasConflit=False),
    }


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"color": "FE0001", "name": "no such type", "hasConflit": "", "id": ""}, ["red", "scarlet"]),
        ({"color": "#fe0001", "name": "BLUE"}, ["red", "scarlet", "blue"]),
        ({"name": "éTÉ"}, ["red"]),
        ({"name": "ete"}, []),
        ({"id": "blue"}, ["blue"]),
        ({"id": "blue", "color": "fe0001"}, ["red", "scarlet", "blue"]),
        ({"id": 0, "name": "Blue"}, ["blue"]),
        ({"name": "Bl"}, []),
    ],
)
def test_a_search_finds_what_any_of_its_filters_fits(lasting, palette, filters, wanted):
    asked = {**filters, "id": palette.get(filters.get("id"), filters.get("id"))}
    assert found(lasting, **asked) == [palette[each] for each in wanted]


def test_a_search_by_conflict_has_no_third_answer(lasting, palette):
    with_conflict, without = found(lasting, hasConflit="true"), found(lasting, HasConflit=False)
    assert palette["red"] in with_conflict
    assert {palette["scarlet"], palette["blue"]} <= set(without)
    assert set(with_conflict).isdisjoint(without)
    assert sorted([*with_conflict, *without]) == found(lasting, id="", name=None)


def test_a_search_has_pages_and_tells_what_changed_since(lasting, palette):
    everything = found(lasting)
    page = ask(lasting, "Search", {}, "?page=1&pageSize=2")
    assert ([row["id"] for row in page.json()], page.headers["x-total-count"]) == (
        everything[:2],
        str(len(everything)),
    )
    assert found(lasting, changedFrom="2000-01-01") == everything
    assert found(lasting, changedFrom="2999-01-01", name="Blue") == []


@pytest.mark.parametrize(
    ("filters", "why"),
    [
        ({"color": "red"}, "color must be six hexadecimal digits"),
        ({"hasConflit": "maybe"}, "hasConflit must be true or false"),
        ({"id": "x"}, "id must be a whole number"),
        ({"name": {"a": 1}}, "name must be text"),
        ({"label": "x"}, "there is no filter 'label' here: known are id, color, name, hasConflit, changedFrom"),
    ],
)
def test_what_a_search_may_not_ask_is_400_and_named(lasting, filters, why):
    answer = ask(lasting, "Search", filters)
    assert (answer.status_code, answer.json()) == (400, {"code": 0, "message": why})


def test_a_name_deletes_all_that_are_called_so(field):
    first, second, other = (make(field, name) for name in ("Workshop", "Garage", "Yard"))
    send(field, id=second, name="Workshop")
    assert ask(field, "Delete", {"name": "Workshop", "id": ""}).json() == {"code": 2}
    assert found(field) == [other]
    assert ask(field, "Delete", {"name": "Workshop"}).json() == {"code": 0, "msg": "no activity type has this name"}
    assert make(field, "Workshop", color="112233") not in {first, second}


@pytest.mark.parametrize(
    ("body", "query", "why"),
    [
        ({"name": "", "id": ""}, "", "exactly one of name, id"),
        ({"name": "Kept", "id": "1"}, "", "exactly one of name, id"),
        ({"color": "112233"}, "", "there is no selector 'color' here"),
        ({"name": "Kept", "NAME": "Kept"}, "", "name is given twice"),
        ({"id": "x"}, "", "id must be a whole number"),
        ({"name": ["Kept"]}, "", "name must be text"),
        ({"name": "Kept"}, "?id=1", "there is no parameter 'id' here"),
        ([{"name": "Kept"}], "", "the body must be a JSON object"),
    ],
)
def test_what_a_delete_may_not_ask_is_400_and_deletes_nothing(lasting, body, query, why):
    make(lasting, "Kept")
    answer = ask(lasting, "Delete", body, query)
    assert (answer.status_code, answer.json()["code"], why in answer.json()["msg"]) == (400, 0, True), answer.text
    assert len(found(lasting, name="kept")) == 1


def test_a_delete_without_a_body_is_400(lasting):
    answer = lasting.call("DELETE", "/Api/v2/ActivityType/Delete")
    assert (answer.status_code, "the body is empty" in answer.json()["msg"]) == (400, True)


def test_what_is_refused_is_kept_for_the_operator(field):
    before = field.hub.count(Message)
    send(field, color="red")
    ask(field, "Delete", {})
    assert [message.state for message in field.hub.messages()[before:]] == ["refused", "refused"]


def test_a_connection_sees_and_writes_only_what_it_may(hub: Served):
    narrow = Field(hub, "narrow", told="activity_type:name")
    silent = Field(hub, "silent", told="item", writes="customer")
    make(Field(hub, "other"), **WORKSHOP)
    (row,) = ask(narrow, "Search", {"name": "workshop"}).json()
    assert {word for word, value in row.items() if value} == {"id", "name"}
    assert found(narrow, color=WORKSHOP["color"], hasConflit=True) == []
    assert send(narrow, name="Workshop", hasConflit=False)["data"] == {**row, "hasConflit": False}
    for what, body in (("Send", WORKSHOP), ("Search", {}), ("Delete", {"name": "Workshop"})):
        answer = (
            ask(silent, what, body)
            if what != "Send"
            else silent.call("POST", "/Api/v2/ActivityType/Send", content=json.dumps(body))
        )
        assert answer.status_code == 403
