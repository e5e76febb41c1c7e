"""A key that a connection gave up names nothing of its any more, and is free for another record."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, event
from tests.dialects.synchroteam.conftest import Erp, Field
from tests.dialects.synchroteam.resource import Resource

from synchub import db
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.sending import read, send
from synchub.intake.submission import Arrival
from synchub.intake.write import write
from synchub.master.tables import Change

KINDS = {"Customer": "myId", "Site": "myId", "Equipment": "myId", "Part": "reference", "User": "login"}
FULL: dict[str, Any] = {"myId": "A", "name": "Mill"}


def _of(field: Field, root: str) -> Resource:
    return Resource(field, root) if root == "User" else Resource(field, root, name="Mill")


@pytest.fixture
def sites(field: Field) -> Resource:
    return Resource(field, "Site", name="Quay")


def post(field: Field, root: str = "Customer", **row: Any) -> tuple[str, str, dict[str, Any]]:
    """A Send that is still to be made."""
    return "POST", f"/Api/v2/{root}/Send", {"content": json.dumps(row), "headers": field.headers}


@pytest.mark.parametrize("root", KINDS)
def test_a_key_that_was_given_up_names_nothing_and_makes_another_record(lasting, root):
    kind, key = _of(lasting, root), KINDS[root]
    first = kind.send(**kind.usual, **{key: "A"})["code"]
    assert kind.send(id=first, **{key: "B"})["code"] == first
    assert kind.call("GET", "Details", params={key: "A"}).status_code == 404
    second = kind.send(**kind.usual, **{key: "A"})["code"]
    assert second not in {0, first}
    assert (kind.details(**{key: "A"})["id"], kind.details(**{key: "B"})["id"]) == (second, first)


@pytest.mark.parametrize("shared", [False, True])
def test_nothing_finds_a_record_by_its_former_key(field, erp, sites, shared):
    if shared:
        erp.set("A")
    first = field.make(myId="A")
    field.send(id=first, myId="B")
    assert field.call("GET", "/Api/v2/Customer/Details", params={"myId": "A"}).status_code == 404
    assert field.rows(myId="A") == []
    assert field.delete(myId="A") == {"code": 0, "message": "no customer has this myId"}
    assert sites.refusal(myId="S", customerMyId="A") == "there is no customer with customerMyId A"
    assert field.details(id=first)["myId"] == "B"
    assert [row["id"] for row in field.rows()] == [first]


@pytest.mark.parametrize("more", [{}, {"tags": []}, {"customFieldValues": [{"id": 1, "value": "x"}]}])
@pytest.mark.parametrize("shared", [False, True])
def test_the_very_first_row_again_makes_another_record(field, erp, shared, more):
    if shared:
        erp.set("A")
    first = field.make(**FULL, **more)
    field.send(id=first, myId="B")
    second = field.make(**FULL, **more)
    assert second != first
    assert field.make(**FULL, **more) == second
    assert [(row["id"], row["myId"]) for row in field.rows()] == [(first, "B"), (second, "A")]


def test_a_code_stays_with_the_record_that_another_partner_calls_so(field, erp):
    other = Field(field.hub, "other")
    erp.set("A", Phone="555-0100")
    first = field.make(myId="A")
    field.send(id=first, myId="B")
    second = field.make(myId="A", name="Another")
    assert field.hub.record("customer", "A").id == first
    assert field.hub.record("customer", str(second)).name == "Another"
    erp.set("A", CustomerName="Mill Street")
    assert field.details(myId="B")["name"] == "Mill Street"
    assert other.details(myId="A")["id"] == first
    assert other.make(myId="A", name="Third") == first


def test_a_code_follows_the_key_of_the_only_partner_that_had_it(field, erp):
    first = field.make(myId="A")
    field.send(id=first, myId="B")
    assert field.hub.record("customer", "B").id == first
    second = field.make(myId="A")
    erp.set("A", CustomerName="Mill Street")
    erp.set("B", CustomerName="Harbour")
    assert (field.details(id=first)["name"], field.details(id=second)["name"]) == ("Harbour", "Mill Street")


def test_a_code_whose_record_was_called_otherwise_from_the_first_is_no_key_of_it(field, erp):
    erp.set("A")
    first = field.hub.record("customer", "A").id
    assert field.details(myId="A")["id"] == first
    field.send(id=first, myId="B")
    assert not field.sees(myId="A")
    assert field.make(myId="A") != first


@pytest.mark.parametrize("shared", [False, True])
def test_a_record_may_have_its_former_key_again(field, erp, shared):
    if shared:
        erp.set("A")
    first = field.make(myId="A")
    for key in ("B", "A", "C", "A"):
        assert field.send(id=first, myId=key) == {"code": first, "message": ""}
    assert (field.details(myId="A")["id"], field.sees(myId="B"), field.sees(myId="C")) == (first, False, False)
    assert field.make(myId="A", name="Mill") == first
    assert field.hub.record("customer", "A").id == first
    assert len(field.rows()) == 1


@pytest.mark.parametrize("shared", [False, True])
def test_a_repeat_after_its_key_was_given_to_another_is_about_that_one(field, erp, shared):
    if shared:
        erp.set("A")
    second = field.make(myId="Z", name="Mill")
    first = field.make(**FULL)
    field.send(id=first, myId="B")
    assert field.send(id=second, myId="A") == {"code": second, "message": ""}
    assert field.send(FULL) == {"code": second, "message": ""}
    assert {row["id"]: row["myId"] for row in field.rows()} == {first: "B", second: "A"}


def test_a_repeat_whose_reference_means_another_by_now_is_about_that_one(field, sites):
    first, second = field.make(myId="A"), field.make(myId="Z")
    number = sites.make(myId="S", customerMyId="A")
    assert sites.details(id=number)["customerId"] == first
    field.send(id=first, myId="B")
    assert sites.refusal(myId="S", customerMyId="A") == "there is no customer with customerMyId A"
    field.send(id=second, myId="A")
    assert sites.make(myId="S", customerMyId="A") == number
    assert sites.details(id=number)["customerId"] == second


def test_a_repeat_whose_list_means_another_by_now_is_about_that_one(field):
    parts, jobs = Resource(field, "Part", name="Door"), Resource(field, "Jobs")
    first, second = (parts.send(name="Door", reference=key)["code"] for key in ("A", "Z"))
    row = {"myId": "J", "parts": [{"reference": "A", "quantity": 1}]}
    number = jobs.send(row)["code"]
    for number_of, key in ((first, "B"), (second, "A")):
        assert parts.send(id=number_of, reference=key)["code"] == number_of
    assert jobs.send(row)["code"] == number
    shown = field.call("GET", "/Api/v2/Jobs/Detail", params={"num": number}).json()
    assert [part["id"] for part in shown["parts"]] == [second]


def test_a_job_whose_key_was_given_up_is_not_that_of_its_former_key(field):
    jobs = Resource(field, "Jobs")
    row = {"myId": "A", "description": "Doors"}
    first = jobs.send(row)["code"]
    assert jobs.send(num=first, myId="B")["code"] == first
    assert field.call("GET", "/Api/v2/Jobs/Detail", params={"myId": "A"}).status_code == 404
    assert field.call("PUT", "/Api/v2/Jobs/Cancel", params={"myId": "A"}).json()["code"] == 0
    second = jobs.send(row)["code"]
    assert second != first
    assert jobs.send(row)["code"] == second


def test_what_is_deleted_by_a_key_that_has_another_record_is_that_one(field):
    first = field.make(myId="A")
    field.send(id=first, myId="B")
    field.make(myId="A")
    assert field.delete(myId="A") == {"code": 1}
    assert [row["id"] for row in field.rows()] == [first]


def test_history_says_that_a_key_changed(field):
    first = field.make(myId="A")
    field.send(id=first, myId="B")
    with field.hub.engine.connect() as store:
        said = store.execute(Change.__table__.select().order_by(Change.number)).all()[-1].said
    assert said == {"key": ["A", "B", None]}


@pytest.mark.parametrize("shared", [False, True])
def test_requests_at_once_for_a_key_that_was_given_up_make_one_record(field, erp, shared):
    if shared:
        erp.set("A")
    first = field.make(myId="A")
    field.send(id=first, myId="B")
    rows = [{**FULL, "contactPhone": str(number)} for number in range(3)]
    answers = field.hub.together(*(post(field, **row, **more) for row in rows for more in ({}, {"tags": ["x"]})))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["message"] for answer in answers} == {""}
    assert len({answer.json()["code"] for answer in answers}) == 1
    assert len(field.rows()) == 2


@pytest.mark.parametrize("shared", [False, True])
def test_rows_that_cross_a_new_key_are_about_the_former_record_or_one_other(field, erp, shared):
    if shared:
        erp.set("A")
    first = field.make(myId="A")
    fields = [{"customFieldValues": [{"id": 1, "value": "x"}]}, {}, {"contactFax": "1"}, {"contactFax": "2"}]
    crossing = [post(field, myId="A", name="Mill", **more) for more in fields]
    answers = field.hub.together(crossing[0], crossing[1], post(field, id=first, myId="B"), *crossing[2:])
    assert {answer.status_code for answer in answers} == {200}
    assert answers[2].json() == {"code": first, "message": ""}
    second = field.make(myId="A")
    assert {answer.json()["code"] for answer in answers} <= {first, second}
    assert [(row["id"], row["myId"]) for row in field.rows()] == [(first, "B"), (second, "A")]


def test_a_key_that_two_want_at_once_is_that_of_one(field):
    numbers = [field.make(myId=key) for key in ("A", "B", "C")]
    field.send(id=numbers[0], myId="Z")
    answers = field.hub.together(*(post(field, id=number, myId="A") for number in numbers))
    assert {answer.status_code for answer in answers} == {200}
    (taken,) = (answer.json()["code"] for answer in answers if answer.json()["code"])
    assert field.details(myId="A")["id"] == taken
    assert len(field.rows()) == 3


def test_lines_of_a_file_may_hand_a_key_on(field):
    field.carry_in('{"id": 1, "myId": "A", "name": "Mill"}', '{"id": 2, "myId": "Z", "name": "Quay"}')
    lines = [{"id": 1, "myId": "B"}, {"id": 2, "myId": "A"}, {"id": 3, "myId": "Z", "name": "New"}]
    became = field.carry_in(*map(json.dumps, lines))
    assert [row.get("reason") for row in became] == [None] * 3
    assert [(row["id"], row["myId"], row["name"]) for row in field.rows()] == [
        (1, "B", "Mill"),
        (2, "A", "Quay"),
        (3, "Z", "New"),
    ]


def test_a_connection_whose_keys_are_no_codes_gives_them_up_too(hub):
    erp, field = Erp(hub), Field(hub, matches_code="no")
    erp.set("A")
    first = field.make(myId="A")
    field.send(id=first, myId="B")
    assert not field.sees(myId="A")
    assert field.delete(myId="A")["code"] == 0
    second = field.make(myId="A")
    erp.set("A", CustomerName="Mill Street")
    assert second != first
    assert [row["name"] for row in field.rows()] == ["Mill Street", "Harbour Bakery", "Harbour Bakery"]


def test_a_key_that_is_vacant_shows_nobody_a_record(field, erp):
    other = Field(field.hub, "other")
    erp.set("A")
    first = field.make(myId="A")
    field.send(id=first, myId="B")
    for client in (field, other):
        assert [row["id"] for row in client.rows()] == [first]


@pytest.fixture
def handed_on() -> Iterator[threading.Event]:
    """Whether the committer has begun to store something, whose keys were looked up before."""
    begun = threading.Event()

    def note(*_: Any) -> None:
        if threading.current_thread().name == "committer":
            begun.set()

    event.listen(Engine, "before_cursor_execute", note)
    yield begun
    event.remove(Engine, "before_cursor_execute", note)


def test_a_row_on_its_way_while_its_record_is_renamed_arrives_there(field, handed_on):
    """The key of its id is looked up before the rename is committed, and the row is stored after that."""
    first, connection = field.make(**FULL), field.connection()
    arrival = Arrival("synchroteam", connection.id, "POST", "/Api/v2/Customer/Send", b"", b"")
    rename = send(CUSTOMER, connection, arrival, read(CUSTOMER, connection, {"id": first, "myId": "B"}))
    handed_on.clear()
    with ThreadPoolExecutor(1) as threads:
        with db.writing(field.hub.engine) as session:
            write(session, [rename(session)], field.hub.settings)
            sent = threads.submit(field.send, id=first, name="Mill & Sons")
            assert handed_on.wait(30)
        assert sent.result() == {"code": first, "message": ""}
    assert [(row["id"], row["myId"], row["name"]) for row in field.rows()] == [(first, "B", "Mill & Sons")]
