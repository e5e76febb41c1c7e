"""Activities: what is brought in is found by who does what when."""

import json
from typing import Any

import pytest
from tests.dialects.synchroteam.bringing import bring
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.spoken import FORMS, Spoken
from tests.served import Served

from synchub.dialects.synchroteam.activities import ACTIVITY
from synchub.dialects.synchroteam.faults import Declined

NOBODY = {"id": None, "login": "", "fisrtName": "", "lastName": "", "Groups": ""}


def user(field: Field, login: str, **more: Any) -> int:
    row = {"login": login, **more}
    answer = field.call("POST", "/Api/v2/User/Send", content=json.dumps(row)).json()
    assert answer["message"] == ""
    return int(answer["code"])


def activity(number: int, name: str, begin: str, end: str = "", **more: Any) -> dict[str, Any]:
    """An activity as a search shows it."""
    usual = {"noteActivity": "", "user": NOBODY}
    return {"idActivity": number, "nmActivity": name, "dtStart": begin, "dtEnd": end, **usual, **more}


def search(field: Field, row: Any = None, /, query: str = "", **filters: Any) -> Any:
    body = json.dumps(filters if row is None else row)
    return field.call("POST", f"/Api/v2/Activities/Search{query}", content=body)


def found(field: Field, **filters: Any) -> list[int]:
    answer = search(field, filters)
    assert answer.status_code == 200, answer.text
    return [row["idActivity"] for row in answer.json()]


@pytest.mark.parametrize("form", FORMS)
def test_an_activity_is_shown_as_it_was_brought_in(field, form):
    number = user(field, "Kim", firstName="Kim", lastName="Baker", groups=["north", "south"])
    kim = {"id": number, "login": "Kim", "fisrtName": "Kim", "lastName": "Baker", "Groups": "north, south"}
    row = activity(71, "Training", "2026-02-03 09:00", "2026-02-04 17:30", noteActivity="Ovens", user=kim)
    bring(field, ACTIVITY, row)
    client = Spoken(field, form)
    asked = {"dateFrom": "2026-02-01", "dateTo": "2026-02-28", "loginUser": "Kim", "nameActivity": ""}
    assert client.ask("POST", "Activities/Search", asked) == [client.like(row)]


def test_an_activity_is_changed_by_its_id_and_keeps_what_is_left_out(field):
    number = user(field, "kim")
    bring(field, ACTIVITY, activity(71, "Training", "2026-02-03 09:00", "2026-02-04 17:30", user={"login": "KIM"}))
    bring(field, ACTIVITY, {"id": "71", "noteActivity": "Ovens", "dtEnd": "04/02/2026 12:00:00"})
    (row,) = search(field, {}).json()
    kim = {**NOBODY, "id": number, "login": "kim"}
    assert row == activity(71, "Training", "2026-02-03 09:00", "2026-02-04 12:00", noteActivity="Ovens", user=kim)
    bring(field, ACTIVITY, {"idActivity": 71, "user": ""})
    assert search(field, {}).json()[0]["user"] == NOBODY


def test_an_activity_stays_with_a_user_whose_login_somebody_else_has_now(field):
    first = user(field, "kim")
    bring(field, ACTIVITY, activity(71, "Training", "2026-02-03 09:00", user={"login": "kim"}))
    assert user(field, "kim.baker", id=first) == first
    second = user(field, "kim")
    assert second != first
    bring(field, ACTIVITY, {"id": 71, "noteActivity": "Ovens"})
    (row,) = search(field, {}).json()
    assert (row["user"]["id"], row["user"]["login"], row["noteActivity"]) == (first, "kim.baker", "Ovens")
    assert found(field, loginUser="kim") == []
    assert found(field, loginUser="kim.baker") == [71]


def test_moments_are_those_of_the_connections_zone(hub: Served):
    here, there = Field(hub, "here", time_zone="Europe/Paris"), Field(hub, "there", time_zone="Asia/Tokyo")
    bring(here, ACTIVITY, activity(71, "Training", "2026-07-03 20:00", "2026-07-03T19:00:00Z"))
    (row,) = search(here, {}).json()
    assert (row["dtStart"], row["dtEnd"]) == ("2026-07-03 20:00", "2026-07-03 21:00")
    (row,) = search(there, {}).json()
    assert (row["dtStart"], row["dtEnd"]) == ("2026-07-04 03:00", "2026-07-04 04:00")
    assert search(here, dateFrom="2026-07-04").json() == []
    assert len(search(there, dateFrom="2026-07-04", dateTo="2026-07-04").json()) == 1


@pytest.fixture(scope="module")
def diary(lasting: Field) -> Field:
    """Activities of two users in a month that is nobody else's."""
    for login in ("d.Kim", "d.sam"):
        user(lasting, login)
    rows = (
        (905, "Training ", "2031-05-01 00:00", "d.kim"),
        (902, "TRAINING", "2031-05-02 23:59", "d.sam"),
        (903, "Été", "2031-05-03 00:00", "d.Kim"),
        (904, "Ete", "2031-05-03 12:30", ""),
    )
    for number, name, begin, login in rows:
        bring(lasting, ACTIVITY, activity(number, name, begin, user={"login": login}))
    return lasting


MAY = {"dateFrom": "2031-05-01", "dateTo": "2031-05-31"}


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({}, [902, 903, 904, 905]),
        ({"dateTo": "2031-05-02"}, [902, 905]),
        ({"dateTo": "02/05/2031"}, [902, 905]),
        ({"dateTo": "2031-05-02 23:58"}, [905]),
        ({"dateTo": "2031-05-02T23:59:00"}, [902, 905]),
        ({"dateFrom": "2031-05-02 23:59"}, [902, 903, 904]),
        ({"dateFrom": "2031-05-03", "dateTo": "2031-05-03"}, [903, 904]),
        ({"loginUser": "D.KIM"}, [903, 905]),
        ({"loginUser": "nobody"}, []),
        ({"nameActivity": "training"}, [902, 905]),
        ({"name": "Training"}, [902, 905]),
        ({"name": "été", "nameActivity": " "}, [903]),
        ({"name": "Training", "nameActivity": "Ete"}, []),
        ({"loginUser": "d.sam", "nameActivity": "Training", "dateFrom": "2031-05-02"}, [902]),
        ({"LoginUser": None, "NAMEACTIVITY": ""}, [902, 903, 904, 905]),
    ],
)
def test_activities_are_found_by_filters_all_of_which_must_fit_in_the_order_of_their_ids(diary, filters, wanted):
    assert found(diary, **{**MAY, **filters}) == wanted


def test_a_search_has_pages(diary):
    answer = search(diary, MAY, query="?page=2&pageSize=3")
    assert ([row["idActivity"] for row in answer.json()], answer.headers["x-total-count"]) == ([905], "4")


def test_a_search_tells_what_changed_since(diary):
    assert len(found(diary, **MAY, changedFrom="2000-01-01")) == 4
    assert found(diary, **MAY, changedFrom="2999-01-01") == []
    assert search(diary, MAY, query="?ChangedFrom=2999-01-01").json() == []


@pytest.mark.parametrize(
    ("filters", "why"),
    [
        ({"dateFrom": "soon"}, "dateFrom must be a date as yyyy-mm-dd"),
        ({"dateTo": "2026-02-30"}, "dateTo must be a date as yyyy-mm-dd"),
        ({"loginUser": {"login": "kim"}}, "loginUser must be text"),
        ({"user": "kim"}, "there is no filter 'user' here: known are dateFrom, dateTo, loginUser, nameActivity, name"),
        ({"changedFrom": "soon"}, "changedFrom must be a date"),
    ],
)
def test_what_a_search_may_not_ask_is_400_and_named(lasting, filters, why):
    answer = search(lasting, filters)
    assert (answer.status_code, answer.json()["code"], why in answer.json()["message"]) == (400, 0, True)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"nmActivity": "Training"}, "dtStart is required"),
        ({"dtStart": "2026-02-03"}, "nmActivity is required"),
        ({"nmActivity": "x", "dtStart": "soon"}, "dtStart must be a date"),
        ({"nmActivity": "x", "dtStart": "2026-02-03", "user": {"login": "nobody"}}, "there is no user with user.login"),
        ({"nmActivity": "x", "dtStart": "2026-02-03", "user": {"id": 4}}, "there is no user with user.id 4"),
        ({"nmActivity": "x", "dtStart": "2026-02-03", "user": "kim"}, "user must be an object with id, login"),
    ],
)
def test_an_activity_that_cannot_be_kept_says_why(lasting, row, why):
    with pytest.raises(Declined) as declined:
        bring(lasting, ACTIVITY, {"idActivity": 77, **row})
    assert str(declined.value).startswith(why)


def test_a_user_is_shown_by_the_name_that_its_partner_gave_it(field, hub):
    live = hub.connect("live", "aljex")
    form = {"web_sync_table_name": "employees", "web_sync_action": "create", "id": "7", "name": "Sam Miller"}
    assert hub.call("POST", "/aljex/sync", auth=(live["username"], live["password"]), data=form).status_code == 200
    (sam,) = field.call("GET", "/Api/v2/User/List").json()
    assert (sam["firstName"], sam["lastName"], sam["login"]) == ("", "Sam Miller", "")
    bring(field, ACTIVITY, activity(71, "Training", "2026-02-03 09:00", user={"id": sam["id"]}))
    (row,) = search(field, {}).json()
    assert row["user"] == {"id": sam["id"], "login": "", "fisrtName": "", "lastName": "Sam Miller", "Groups": ""}


def test_a_connection_sees_of_activities_and_their_users_only_what_it_is_told(hub: Served):
    told = "activity:name+begins_at+employee_id,employee:login+last_name"
    names, unnamed = Field(hub, "names", told=told), Field(hub, "unnamed", told="activity:name,employee")
    silent, other = Field(hub, "silent", told="item"), Field(hub, "other")
    number = user(other, "kim", firstName="Kim", lastName="Baker", groups=["north"])
    bring(other, ACTIVITY, activity(71, "Training", "2026-02-03 09:00", noteActivity="Ovens", user={"login": "kim"}))
    (row,) = search(names, loginUser="kim", dateFrom="2026-02-03").json()
    assert (row["noteActivity"], row["dtEnd"]) == ("", "")
    assert row["user"] == {**NOBODY, "id": number, "login": "kim", "lastName": "Baker"}
    (row,) = search(unnamed, name="training").json()
    assert (row["dtStart"], row["user"]) == ("", NOBODY)
    assert search(unnamed, loginUser="kim").json() == search(unnamed, dateTo="2026-12-31").json() == []
    assert search(silent, {}).status_code == 403
