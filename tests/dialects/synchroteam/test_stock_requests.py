"""Stock requests: how they are searched, and what completing them does to the stock."""

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.dialects.synchroteam.brought import state
from tests.dialects.synchroteam.conftest import Erp, Field
from tests.dialects.synchroteam.spoken import FORMS, Spoken
from tests.dialects.synchroteam.storing import (
    ORDER,
    SOURCE,
    TARGET,
    carry_in,
    carry_out,
    count,
    depots,
    part,
    request,
    stock,
)
from tests.served import Served, serving

from synchub import clock
from synchub.dialects.synchroteam.stock import STOCK_REQUEST, guids

MAIN, VAN = ("Main store", "H-1"), ("Van", "H-1")
OTHER = "00000000-0000-4000-8000-00000000000b"


@pytest.fixture
def asked(field):
    """A field with ten pieces in its main store, and a request for six of them."""
    prepare(field)
    return field


def prepare(field: Field) -> None:
    depots(field, MAIN="Main store", VAN="Van")
    part(field, "H-1", price="110")
    count(field, "Main store", "H-1", 10)
    request(field)


def complete(field: Field, id_: str = ORDER, **said: Any) -> Any:
    return Spoken(field, "json").ask("PUT", "StockRequest/Complete", {"id": id_, **said})


def search(field: Field, **filters: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = Spoken(field, "json").ask("POST", "StockRequest/Search", filters)
    return rows


def refused(answer: Any) -> str:
    assert answer["code"] == 0
    return str(answer["message"])


@pytest.mark.parametrize("form", FORMS)
def test_a_request_is_shown_with_its_depots_part_and_user(field, form):
    depots(field, **{SOURCE.upper(): "Main store", TARGET: "Van"})
    number = part(field, "H-1", name="Hinge", price="110.5")
    user = state(field, "employee", "ann", login="ann", first_name="Ann", last_name="Smith")
    request(
        field,
        source={"idStock": SOURCE.upper()},
        destination={"idStock": TARGET, "nmStock": "said otherwise"},
        part={"idPiece": number, "codeProduit": "H-1", "nmPiece": "Hinge", "prixPiece": 1},
        user={"idUser": user, "loginUser": "ann", "nomUser": "X", "prenomUser": "Y"},
        isSent=True,
    )
    spoken = Spoken(field, form)
    blank = {"isUrgent": "", "isDeleted": "", "isSent": "", "modifiedAfter": "", "createdAfter": ""}
    (told,) = spoken.ask("POST", "StockRequest/Search", blank)
    expected = {
        "destination": {"idStock": TARGET, "nmStock": "Van"},
        "id": ORDER.lower(),
        "isDeleted": False,
        "isSent": True,
        "isUrgent": False,
        "part": {"codeProduit": "H-1", "idPiece": number, "nmPiece": "Hinge", "prixPiece": 110.5},
        "quantity": 6,
        "source": {"idStock": SOURCE, "nmStock": "Main store"},
        "user": {"idUser": user, "loginUser": "ann", "nomUser": "Smith", "prenomUser": "Ann"},
    }
    assert told == spoken.like(expected)
    assert list(told) == list(expected)


def test_a_request_that_names_nothing_shows_blanks(field):
    carry_in(field, STOCK_REQUEST, id=ORDER, source=None, part="")
    (told,) = search(field)
    assert (told["source"], told["quantity"]) == ({"idStock": None, "nmStock": ""}, 0)
    assert told["part"] == {"codeProduit": "", "idPiece": None, "nmPiece": "", "prixPiece": None}
    assert told["user"] == {"idUser": None, "loginUser": "", "nomUser": "", "prenomUser": ""}
    assert refused(complete(field)) == f"the stock request {ORDER} names no part"


def test_a_depot_without_a_guid_has_one_that_is_made_of_its_id(asked):
    (told,) = search(asked)
    record = asked.hub.record("warehouse", "VAN").id
    made = told["destination"]["idStock"]
    assert guids.record_of(made) == guids.record_of(made.upper()) == record
    assert (guids.record_of(SOURCE), guids.record_of("VAN")) == (None, None)


def test_requests_are_filtered(field):
    prepare(field)
    request(field, id=OTHER, isUrgent=True, isDeleted="true", isSent="1")
    first, second = ORDER.lower(), OTHER
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, [first, second]),
        ({"isUrgent": True}, [second]),
        ({"isUrgent": "false"}, [first]),
        ({"isDeleted": False, "isSent": ""}, [first]),
        ({"isDeleted": True, "isSent": False}, []),
        ({"ISSENT": "true", "isUrgent": None}, [second]),
        ({"modifiedAfter": "2000-01-01", "createdAfter": "01/01/2000"}, [first, second]),
        ({"modifiedAfter": "2999-01-01"}, []),
        ({"createdAfter": "2999-01-01"}, []),
    ]
    for filters, found in cases:
        assert [row["id"] for row in search(field, **filters)] == found, filters


def test_requests_are_filtered_by_when_they_were_made_and_changed(hub):
    noon = 1_790_000_000 // 86_400 * 86_400 * clock.SECOND + 43_200 * clock.SECOND  # noon UTC of 21 Sep 2026
    with clock.replaced(lambda: noon):
        field = Field(hub, time_zone="Pacific/Auckland")
        prepare(field)
        request(field, id=OTHER, dateCreated="20/09/2026 23:59:59")
    with clock.replaced(lambda: noon + 86_400 * clock.SECOND):
        assert complete(field, OTHER, quantity=1, isPartial=True) == {"code": 1}
    both, first, second = [ORDER.lower(), OTHER], [ORDER.lower()], [OTHER]
    for filters, found in (
        ({"createdAfter": "2026-09-20"}, both),
        ({"createdAfter": "2026-09-21"}, first),
        ({"createdAfter": "2026-09-22"}, first),  # it is this day in Auckland when it is first heard of
        ({"createdAfter": "2026-09-23"}, []),
        ({"modifiedAfter": "2026-09-22"}, both),
        ({"modifiedAfter": "2026-09-23"}, second),
        ({"modifiedAfter": "2026-09-23", "createdAfter": "2026-09-21"}, []),
        ({"changedFrom": "2026-09-23"}, second),
    ):
        assert [row["id"] for row in search(field, **filters)] == found, filters


@pytest.mark.parametrize(
    ("filters", "why"),
    [
        ({"urgent": True}, "there is no filter 'urgent'"),
        ({"isUrgent": "perhaps"}, "isUrgent must be true or false"),
        ({"isUrgent": [True]}, "isUrgent must be true or false"),
        ({"createdAfter": "soon"}, "createdAfter must be a date"),
        ({"modifiedAfter": {"day": 1}}, "modifiedAfter must be text"),
    ],
)
def test_what_may_not_be_asked_is_400_and_named(lasting, filters, why):
    answer = Spoken(lasting, "json").call("POST", "StockRequest/Search", filters)
    assert (answer.status_code, answer.json()["code"]) == (400, 0)
    assert why in answer.json()["message"]


def test_requests_come_in_pages(asked):
    request(asked, id=OTHER)
    answer = asked.call("POST", "/Api/v2/StockRequest/Search?page=2&pageSize=1", content=b"{}")
    assert ([row["id"] for row in answer.json()], answer.headers["x-total-count"]) == ([OTHER], "2")


@pytest.mark.parametrize("form", FORMS)
def test_completing_moves_stock_and_closes_the_request(asked, form):
    spoken = Spoken(asked, form)
    said = {"id": ORDER.upper(), "isPartial": False, "quantity": 6, "serials": []}
    assert spoken.ask("PUT", "StockRequest/Complete", said) == spoken.like({"code": 1})
    assert stock(asked) == {MAIN: 4, VAN: 6}
    assert search(asked)[0]["quantity"] == 0
    record = asked.hub.record("stock_request", ORDER.lower())
    assert (record.quantity, record.completed) == (0, 6)


def test_a_partial_completion_leaves_the_rest_open(asked):
    assert complete(asked, isPartial=True, quantity=2) == {"code": 1}
    assert complete(asked, isPartial="true", quantity="2,5") == {"code": 1}
    assert (stock(asked), search(asked)[0]["quantity"]) == ({MAIN: 5.5, VAN: 4.5}, 1.5)
    assert complete(asked, id_=ORDER.lower()) == {"code": 1}
    assert (stock(asked), search(asked)[0]["quantity"]) == ({MAIN: 4, VAN: 6}, 0)
    assert asked.hub.record("stock_request", ORDER.lower()).completed == 6


def test_a_completion_that_is_not_partial_closes_the_request_whatever_has_gone(asked):
    assert complete(asked, quantity=5) == {"code": 1}
    assert (stock(asked), search(asked)[0]["quantity"]) == ({MAIN: 5, VAN: 5}, 0)
    assert asked.hub.record("stock_request", ORDER.lower()).completed == 5


def test_more_may_go_than_was_asked_for(asked):
    assert complete(asked, quantity=7, isPartial=True) == {"code": 1}
    assert (stock(asked), search(asked)[0]["quantity"]) == ({MAIN: 3, VAN: 7}, -1)


def test_what_is_completed_or_deleted_is_not_completed_again(asked):
    request(asked, id=OTHER, isDeleted=True)
    assert complete(asked) == {"code": 1}
    for id_, said, why in (
        (ORDER, {"quantity": 6}, "is completed already"),
        (ORDER, {"quantity": 1, "isPartial": True}, "is completed already"),
        (OTHER, {}, "is deleted"),
    ):
        assert refused(complete(asked, id_, **said)) == f"the stock request {id_} {why}"
    assert stock(asked) == {MAIN: 4, VAN: 6}


@pytest.mark.parametrize("form", FORMS)
def test_an_unknown_request_is_code_0(lasting, form):
    spoken = Spoken(lasting, form)
    for id_ in (OTHER, "12", "no guid", guids.shown(5, "")):
        answer = spoken.ask("PUT", "StockRequest/Complete", {"id": id_, "isPartial": True, "quantity": 3})
        assert answer == spoken.like({"code": 0, "message": f"there is no stock request {id_}"})


def test_what_cannot_be_done_moves_nothing_and_is_told(asked):
    before = asked.hub.count()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"id_": ""}, "id is required"),
        ({"quantity": 0}, "quantity must be more than 0"),
        ({"quantity": -1}, "quantity must be more than 0"),
        ({"quantity": "some"}, "quantity must be a number"),
        ({"isPartial": "perhaps"}, "isPartial must be true or false"),
        ({"isPartial": True}, "quantity is required where isPartial is true"),
        ({"serials": 7}, "serials must be a list"),
        ({"quantity": 1, "serials": ["1", "2"]}, "2 serial numbers are too many for a quantity of 1"),
        ({"quantity": 11}, "depot Main store has only 10 of this part"),
    ]
    for said, why in cases:
        assert why in refused(complete(asked, **said))
    assert asked.hub.count() == before


def test_a_word_that_is_not_known_is_400(asked):
    answer = Spoken(asked, "json").call("PUT", "StockRequest/Complete", {"id": ORDER, "qty": 1})
    assert (answer.status_code, "there is no word 'qty' here" in answer.json()["message"]) == (400, True)
    assert stock(asked) == {MAIN: 10}


def test_serial_numbers_move_too(field):
    prepare(field)
    count(field, "Main store", "H-1", 4, "1", "2", "3")
    count(field, "Van", "H-1", 1, "9")
    assert complete(field, quantity=3, isPartial=True, serials=["2", "3", "3"]) == {"code": 1}
    assert stock(field) == {MAIN: (1, "1"), VAN: (4, "9", "2", "3")}
    assert complete(field, quantity=1, serials=["1"]) == {"code": 1}
    assert stock(field) == {MAIN: 0, VAN: (5, "9", "2", "3", "1")}
    assert carry_out(field, STOCK_REQUEST)[0]["serials"] == ["2", "3", "1"]


def test_a_serial_number_that_is_somewhere_else_does_not_move(field):
    prepare(field)
    depots(field, SHOP="Shop")
    count(field, "Main store", "H-1", 3, "1", "2")
    count(field, "Shop", "H-1", 1, "8")
    count(field, "Van", "H-1", 1, "9")
    for serials, why in (
        (["1", "8"], "the serial number 8 is in depot Shop"),
        (["9"], "the serial number 9 is in depot Van"),
        (["5", "6"], "the serial number 5 is not in depot Main store"),
    ):
        assert refused(complete(field, quantity=2, isPartial=True, serials=serials)) == why
    assert complete(field, quantity=2, isPartial=True, serials=["1", "5"]) == {"code": 1}  # one was never named
    assert stock(field) == {MAIN: (1, "2"), ("Shop", "H-1"): (1, "8"), VAN: (3, "9", "1", "5")}


def test_what_nobody_has_counted_is_not_too_little_and_stays_uncounted(field):
    depots(field, MAIN="Main store", VAN="Van")
    part(field, "H-1")
    request(field)
    assert complete(field, quantity=4, serials=["1"]) == {"code": 1}
    assert stock(field) == {VAN: (4, "1")}


def test_a_request_without_a_source_or_a_destination_moves_what_it_can(asked):
    request(asked, id=OTHER, source="")
    assert complete(asked, OTHER, quantity=2) == {"code": 1}
    request(asked, destination={"idStock": ""})
    assert complete(asked, quantity=3) == {"code": 1}
    assert stock(asked) == {MAIN: 7, VAN: 2}


def test_a_request_within_one_depot_moves_nothing_out_of_it(asked):
    request(asked, destination={"nmStock": "Main store"})
    assert complete(asked, quantity=3) == {"code": 1}
    assert stock(asked) == {MAIN: 10}


def test_what_another_connection_counted_since_is_what_moves(hub):
    field, other = Field(hub), Field(hub, "other")
    prepare(field)
    count(field, "Main store", "H-1", 7)
    count(other, "Main store", "H-1", 10)
    assert complete(field, quantity=3, isPartial=True) == {"code": 1}
    assert stock(field) == {MAIN: 7, VAN: 3}
    assert complete(other, quantity=3) == {"code": 1}
    assert (stock(other), search(field)[0]["quantity"]) == ({MAIN: 4, VAN: 6}, 0)


def test_who_does_not_have_precedence_completes_nothing(hub):
    first, second = Field(hub, "first", rank=2), Field(hub, "second", rank=1)
    prepare(first)
    answer = Spoken(second, "json").call("PUT", "StockRequest/Complete", {"id": ORDER})
    assert (answer.status_code, answer.json()["code"]) == (403, 0)
    assert "precedence" in answer.json()["message"]
    assert (stock(first), search(second)[0]["quantity"]) == ({MAIN: 10}, 6)


def test_the_same_completion_again_is_the_same_answer_and_moves_nothing(asked):
    for _ in range(2):
        assert complete(asked, quantity=6) == {"code": 1}
    assert stock(asked) == {MAIN: 4, VAN: 6}
    assert [message.state for message in asked.hub.messages()[-2:]] == ["accepted", "repeat"]


def test_the_same_partial_completion_is_another_one_once_its_sender_has_waited_long_enough(hub):
    noon = 1_790_000_000 * clock.SECOND
    with clock.replaced(lambda: noon):
        field = Field(hub)
        prepare(field)
        complete(field, quantity=2, isPartial=True)
    with clock.replaced(lambda: noon + 600 * clock.SECOND):
        assert complete(field, quantity=2, isPartial=True) == {"code": 1}
        assert stock(field) == {MAIN: 8, VAN: 2}
    with clock.replaced(lambda: noon + 601 * clock.SECOND):
        assert complete(field, quantity=2, isPartial=True) == {"code": 1}
        assert stock(field) == {MAIN: 6, VAN: 4}


def test_requests_are_carried_over_with_all_that_has_gone(asked):
    user = state(asked, "employee", "ann", login="ann")
    request(asked, id=OTHER, user={"loginUser": "ann"}, isUrgent=True, dateCreated="01/02/2026 03:04:05")
    complete(asked, quantity=2, isPartial=True, serials=["7"])
    first, second = carry_out(asked, STOCK_REQUEST)
    assert (first["quantity"], first["completed"], first["serials"]) == (4, 2, ["7"])
    assert second["user"] == {"idUser": user, "loginUser": "ann"}
    assert (second["isUrgent"], second["dateCreated"]) == (True, "01/02/2026 03:04:05")
    for row in (first, second):
        carry_in(asked, STOCK_REQUEST, **row)
    before = asked.hub.count()
    for row in (first, second):
        carry_in(asked, STOCK_REQUEST, **row)
    assert (carry_out(asked, STOCK_REQUEST), asked.hub.count()) == ([first, second], before)


def test_an_unknown_depot_or_an_id_that_is_no_guid_is_named(field):
    from synchub.dialects.synchroteam.faults import Declined

    part(field, "H-1")
    for row, why in (
        ({"source": {"nmStock": "Nowhere"}}, "there is no depot with source.nmStock Nowhere"),
        ({"source": "Main store"}, "source must be an object with idStock, nmStock"),
        ({"id": "12", "source": None, "destination": None}, "id must be a GUID"),
    ):
        with pytest.raises(Declined, match=why):
            request(field, **row)


def test_a_connection_completes_and_sees_requests_only_if_it_may(hub):
    narrow = Field(hub, "narrow", told="stock_request:quantity,item:name", writes="stock_level")
    silent, full = Field(hub, "silent", told="item", writes="stock_request"), Field(hub)
    prepare(full)
    for field in (narrow, silent):
        assert Spoken(field, "json").call("PUT", "StockRequest/Complete", {"id": ORDER}).status_code == 403
    assert Spoken(silent, "json").call("POST", "StockRequest/Search", {}).status_code == 403
    (told,) = search(narrow)
    assert (told["quantity"], told["part"]["codeProduit"], told["source"]["nmStock"]) == (6, "", "")
    assert search(narrow, isUrgent=False) == []


def test_many_completions_at_once_move_no_more_than_there_is(field):
    prepare(field)
    ids = [f"00000000-0000-4000-8000-0000000000{n:02}" for n in range(8)]
    for id_ in ids:
        request(field, id=id_, quantity=3)
    said = [
        ("PUT", "/v2/StockRequest/Complete", {"content": json.dumps({"id": id_}), "headers": field.headers})
        for id_ in ids
    ]
    codes = [answer.json()["code"] for answer in field.hub.together(*said)]
    assert sorted(codes) == [0] * 5 + [1] * 3
    assert stock(field) == {MAIN: 1, VAN: 9}


def test_processes_that_complete_and_count_at_once_lose_nothing(store_url, tmp_path: Path):
    ids = [f"00000000-0000-4000-8000-0000000000{n:02}" for n in range(8)]
    with serving(store_url, tmp_path) as one, serving(store_url, tmp_path) as other:
        field = Field(one)
        prepare(field)
        for id_ in ids:
            request(field, id=id_, quantity=1)

        def play(hub: Served, mine: list[str]) -> list[int]:
            said = [
                ("PUT", "/v2/StockRequest/Complete", {"content": json.dumps({"id": id_}), "headers": field.headers})
                for id_ in mine
            ]
            return [answer.json()["code"] for answer in hub.together(*said)]

        with ThreadPoolExecutor(2) as pool:
            codes = list(pool.map(play, (one, other), (ids[:4], ids[4:])))
        assert codes == [[1] * 4, [1] * 4]
        assert stock(field) == {MAIN: 2, VAN: 8}
        assert one.record("stock_level", "VAN|H-1").quantity == Decimal(8)


def test_a_request_between_depots_of_another_partner_is_completed(field, erp: Erp):
    sites = [{"SiteCode": code, "SiteName": name, "Status": "1"} for code, name in (("K1", "North"), ("K2", "South"))]
    body = json.dumps({"form": "setSite", "data": sites})
    assert field.hub.call("POST", "/api/SyncData", content=body, headers={"authorization": erp.token}).json()["success"]
    part(field, "H-1")
    count(field, "North", "H-1", 5)
    request(field, source={"nmStock": "North"}, destination={"idStock": "K2"})
    assert complete(field, quantity=2) == {"code": 1}
    assert stock(field) == {("North", "H-1"): 3, ("South", "H-1"): 2}
