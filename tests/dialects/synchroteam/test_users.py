"""Users: what their rows hold, and which of them a caller means."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from tests.dialects.synchroteam.conftest import Field

from synchub import clock, db
from synchub.dialects import xml
from synchub.dialects.synchroteam.users import USER, UserRow
from synchub.dialects.synchroteam.words import field_id
from synchub.dialects.wire import parse
from synchub.intake.journal import body_of
from synchub.intake.submission import digest_of
from synchub.intake.tables import Message
from synchub.master.tables import CrossReference, MasterRecord

FULL: dict[str, Any] = {
    "firstName": "Kim",
    "lastName": "Baker",
    "login": "kim.baker",
    "phone": "555-0100",
    "profile": "technician",
    "email": "kim@bakery.example",
    "language": "FR",
    "groups": ["north", "south"],
    "skilledTrades": ["ovens", "mixers"],
    "startLocation": {"fullAdress": "1 Quay Road, Port Town", "latitude": "51.5", "longitude": "-120.25"},
    "CustomFieldValues": [{"id": 3, "name": "Van", "value": "white"}],
}


def test_a_row_says_again_what_it_was_told():
    parsed = parse(UserRow, [FULL])
    assert parsed.faults == []
    assert parsed.rows[0][0].dump() == FULL


def test_a_password_is_no_statement_and_is_never_shown():
    row = parse(UserRow, [{"login": "kim", "PassWord": "secret"}]).rows[0]
    assert row[0].stated() == {"login": "kim"}
    assert row[1] == {}
    assert "password" in UserRow.secrets
    assert "password" not in USER.details({})


@pytest.mark.parametrize(
    ("word", "value", "rule"),
    [
        ("profile", "boss", "must be one of technician, administrator, manager"),
        ("language", "XX", "must be one of EN, FR, ES, RO, CZ"),
        ("startLocation", {"latitude": "91"}, "must be degrees between -90 and 90"),
        ("startLocation", "1 Quay Road", "must be text, got an array"),
        ("groups", {"name": "north"}, "must be a list of groups"),
    ],
)
def test_what_a_row_may_not_hold_is_named(word, value, rule):
    faults = parse(UserRow, [{"login": "kim", word: value}]).faults
    assert rule in [fault.rule for fault in faults]
    assert all(fault.word.startswith(word) for fault in faults)


def test_profiles_and_languages_are_read_in_any_letter_case():
    row = parse(UserRow, [{"login": "kim", "profile": "Technician", "language": "fr"}]).rows[0][0]
    assert (row.profile, row.language) == ("technician", "FR")


def send(field: Field, row: Any = None, /, **fields: Any) -> Any:
    answer = field.call("POST", "/Api/v2/User/Send", content=json.dumps(fields if row is None else row))
    assert answer.status_code == 200, answer.text
    return answer.json()


def make(field: Field, login: str, **fields: Any) -> int:
    """The id of a user that is sent."""
    answer = send(field, login=login, **fields)
    assert answer["message"] == ""
    return int(answer["code"])


def details(field: Field, **selector: Any) -> Any:
    answer = field.call("GET", "/Api/v2/User/Details", params=selector)
    return answer.json() if answer.status_code == 200 else None


def search(field: Field, row: Any = None, /, query: str = "", **filters: Any) -> Any:
    body = json.dumps(filters if row is None else row)
    return field.call("POST", f"/Api/v2/User/Search{query}", content=body)


def logins_of(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["login"] for row in answer.json()]


def test_what_is_sent_is_shown_but_for_the_password(field):
    number = make(field, **FULL, password="s3cret")
    assert number >= 1_000_000_000
    assert details(field, id=number) == details(field, login="kim.baker") == {"id": number, **FULL}


def test_users_are_sent_and_shown_in_xml(field):
    body = xml.write(
        "User",
        {
            **FULL,
            "password": "s3cret",
            "groups": {"group": FULL["groups"]},
            "skilledTrades": {"skilledTrade": FULL["skilledTrades"]},
            "CustomFieldValues": {"customFieldValue": FULL["CustomFieldValues"]},
        },
    )
    in_xml = {"content-type": "text/xml", "accept": "text/xml"}
    answer = field.call("POST", "/Api/v2/User/Send", content=body, headers=in_xml)
    root, told = xml.read(answer.content)
    assert (root, told["message"]) == ("Result", "")
    assert details(field, id=told["code"]) == {"id": int(told["code"]), **FULL}
    root, shown = xml.read(field.call("GET", "/v2/user/details?login=kim.baker", headers=in_xml).content)
    assert root == "User"
    assert shown == {
        **FULL,
        "id": told["code"],
        "groups": {"group": FULL["groups"]},
        "skilledTrades": {"skilledTrade": FULL["skilledTrades"]},
        "CustomFieldValues": {"customFieldValue": {"id": "3", "name": "Van", "value": "white"}},
    }
    asked = b"<Search><group><id/><name>NORTH</name></group><skilledTrades>ovens</skilledTrades></Search>"
    found = field.call("POST", "/Api/v2/User/Search", content=asked, headers=in_xml)
    assert xml.read(found.content) == ("ArrayOfUser", {"User": {"id": told["code"], "login": "kim.baker"}})


def test_a_user_is_found_by_id_or_login_and_keeps_what_is_left_out(field):
    number = make(field, **FULL)
    assert send(field, id=str(number), phone="555-0199") == {"code": number, "message": ""}
    assert send(field, login="kim.baker", language="", groups=[]) == {"code": number, "message": ""}
    assert details(field, id=number) == {"id": number, **FULL, "phone": "555-0199", "language": "", "groups": []}
    assert send(field, login="kim.baker", startLocation="")["code"] == number
    assert details(field, id=number)["startLocation"] is None


def test_custom_fields_are_read_in_every_spelling_and_merged(field):
    number = make(field, **FULL)
    send(field, login="kim.baker", customFieldValues=[{"Name": "van", "Value": "red"}, {"Value": "N", "id": "88"}])
    assert details(field, id=number)["CustomFieldValues"] == [
        {"id": 3, "name": "van", "value": "red"},
        {"id": 88, "name": "", "value": "N"},
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"firstName": "Kim"}, "login is required"),
        ({"id": 4711, "firstName": "Kim"}, "login is required"),
        ({"login": " "}, "login is required"),
        ({"login": "kim", "profile": "boss"}, "profile must be one of technician, administrator, manager"),
        ({"login": "kim", "language": "DE"}, "language must be one of EN, FR, ES, RO, CZ"),
        ({"login": "kim", "startLocation": {"longitude": "181"}}, "startLocation.longitude must be degrees"),
        ({"login": "kim", "groups": [{"name": "north"}]}, "groups a group must be text"),
        ({"login": "k" * 256}, "login max 255, got 256"),
        ({"id": "x", "login": "kim"}, "id must be a whole number"),
    ],
)
def test_a_row_that_cannot_be_stored_is_code_0_and_names_the_word(lasting, row, why):
    before = lasting.hub.count(MasterRecord)
    answer = send(lasting, row)
    assert (answer["code"], why in answer["message"]) == (0, True), answer
    assert lasting.hub.count(MasterRecord) == before


def test_an_unknown_id_makes_a_user_with_an_id_of_the_server(field):
    number = make(field, "kim", id=4711)
    assert number >= 1_000_000_000
    assert details(field, id=4711) is None


def test_the_same_user_twice_is_stored_once(field):
    assert [make(field, **FULL, password=word) for word in ("one", "two", "three")] == [make(field, **FULL)] * 3
    assert field.hub.count(MasterRecord) == 1
    assert [message.state for message in field.hub.messages()].count("repeat") == 2


def test_a_login_is_one_in_any_letter_case_and_keeps_its_letters(field):
    number = make(field, "Straße.Kim")
    assert make(field, "STRASSE.kim", lastName="Baker") == number
    assert details(field, login="straße.KIM")["lastName"] == "Baker"
    assert details(field, id=number)["login"] == "Straße.Kim"
    assert logins_of(field.call("GET", "/Api/v2/User/List?login=straße.kim")) == ["Straße.Kim"]
    assert field.hub.record("employee", "Straße.Kim").login == "Straße.Kim"


def test_logins_that_arrive_together_in_different_letters_are_one_user(field):
    url = "/Api/v2/User/Send"
    bodies = [json.dumps({"login": login}) for login in ("kim", "KIM", "Kim", "kIM")]
    requests = [("POST", url, {"content": body, "headers": field.headers}) for body in bodies]
    answers = [answer.json() for answer in field.hub.together(*requests)]
    assert {answer["message"] for answer in answers} == {""}
    assert len({answer["code"] for answer in answers}) == 1
    assert field.hub.count(MasterRecord) == 1


def test_a_login_is_changed_by_id_and_then_free_for_another_user(field):
    first = make(field, "kim")
    assert send(field, id=first, login="kim.baker") == {"code": first, "message": ""}
    assert field.hub.messages()[-1].notes == ["login kim is now kim.baker"]
    assert (details(field, id=first)["login"], details(field, login="kim")) == ("kim.baker", None)
    second = make(field, "kim", firstName="Other")
    assert second != first
    assert (details(field, login="kim")["id"], details(field, login="kim.baker")["id"]) == (second, first)
    assert field.hub.record("employee", "kim.baker").id == first
    assert field.hub.record("employee", "kim").id == second


def test_the_same_user_again_after_the_first_was_renamed_is_another(field):
    first = make(field, "kim")
    send(field, id=first, login="kim.baker")
    second = make(field, "kim")
    assert second != first
    assert (details(field, login="kim")["id"], details(field, login="kim.baker")["id"]) == (second, first)


def test_the_letters_of_a_login_are_changed_by_id(field):
    number = make(field, "kim")
    assert send(field, id=number, login="KIM") == {"code": number, "message": ""}
    assert details(field, login="kim")["login"] == "KIM"


def test_letters_that_one_partner_changed_are_still_the_same_login(hub):
    field, other = Field(hub), Field(hub, "other")
    number = make(other, "kim")
    assert make(field, "kim") == number
    for login in ("KIM", "kim", "Kim"):
        assert send(field, id=number, login=login) == {"code": number, "message": ""}
        assert {details(field, login=said)["login"] for said in ("kim", "KIM", "kIM")} == {login}
        assert make(field, "kIm", firstName="Kim") == number
    assert (details(other, login="KIM")["login"], details(other, id=number)["login"]) == ("kim", "kim")


def test_a_login_cannot_be_changed_to_that_of_another(field):
    number, other = make(field, "kim"), make(field, "Sam")
    for taken in ("Sam", "SAM"):
        answer = send(field, id=number, login=taken)
        assert answer == {"code": 0, "message": f"login Sam is that of another user, whose id is {other}"}
    assert details(field, id=number)["login"] == "kim"


def test_a_login_that_one_partner_gave_up_stays_that_of_the_user_of_another(hub):
    field, other = Field(hub), Field(hub, "other")
    first = make(other, "kim")
    assert make(field, "kim") == first
    send(field, id=first, login="kim.baker")
    second = make(field, "KIM")
    assert second != first
    assert details(other, login="kim")["id"] == first
    assert details(other, id=first)["login"] == "kim"
    assert [row["login"] for row in field.call("GET", "/Api/v2/User/List").json()] == ["kim.baker", "KIM"]


def everything_kept(field: Field) -> str:
    """All that the store has of the messages and copies, as one text."""
    data_dir = field.hub.settings.data_dir
    with db.reading(field.hub.engine) as session:
        kept = [repr({**vars(each), "body": body_of(each, data_dir)}) for each in session.scalars(select(Message))]
        return "".join([*kept, *(repr(vars(each)) for each in session.scalars(select(CrossReference)))])


IN_XML = {"content-type": "application/xml"}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ('{"login":"kim","Password":"s3cret"}', {}, 200),
        ('{"login":"kim","password":{"old":["s3cret"]},"confirmPassword":"s3cret"}', {}, 200),
        ("<User><login>kim</login><password>s3cret</password></User>", IN_XML, 200),
        ('{"profile":"boss","login":"kim","password":"s3cret"}', {}, 200),
        ('{"login":"kim","password":"s3cret"', {}, 400),
        ("<User><login>kim</login><password>s3cret</password>", IN_XML, 400),
        ('{"login":"kim","password":"s3cret"}', {"content-type": "text/plain"}, 415),
    ],
)
def test_nothing_keeps_a_password(lasting, body, headers, status):
    answer = lasting.call("POST", "/Api/v2/User/Send", content=body, headers=headers)
    assert answer.status_code == status
    assert "s3cret" not in answer.text
    kept = everything_kept(lasting)
    assert "s3cret" not in kept
    assert repr(digest_of(body.encode())) not in kept


def test_a_password_in_a_query_or_of_one_who_may_not_write_is_not_kept(hub):
    field, silent = Field(hub), Field(hub, "silent", writes="customer")
    answer = field.call("POST", "/Api/v2/User/Send?password=s3cret", content='{"login":"kim"}')
    assert (answer.status_code, answer.json()["code"]) == (400, 0)
    answer = silent.call("POST", "/Api/v2/User/Send", content='{"login":"kim","password":"s3cret"}')
    assert answer.status_code == 403
    assert len(field.hub.messages()) == 2
    assert "s3cret" not in everything_kept(field)


def test_the_journal_has_the_body_with_the_password_redacted(field):
    make(field, "kim", password="s3cret")
    (message,) = field.hub.messages()
    body = body_of(message, field.hub.settings.data_dir)
    assert json.loads(body) == {"login": "kim", "password": "redacted"}
    assert message.digest == digest_of(body)


@pytest.fixture(scope="module")
def crew(lasting: Field) -> Field:
    """Users of two groups and trades, beside those of other tests."""
    make(lasting, "s.ann", groups=["Search North", "South"], skilledTrades=["Plumber"])
    make(lasting, "s.bob", groups=["search north"], skilledTrades=["plumber", "Électricien"])
    make(lasting, "s.cid", groups=["South"], skilledTrades=["ÉLECTRICIEN"])
    return lasting


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"group": {"id": "", "name": "SEARCH NORTH"}, "skilledTrades": ""}, ["s.ann", "s.bob"]),
        ({"group": {"id": field_id("search north"), "name": ""}}, ["s.ann", "s.bob"]),
        ({"Group": {"ID": str(field_id("search north")), "Name": "search North"}}, ["s.ann", "s.bob"]),
        ({"group": {"id": 7, "name": "search north"}}, []),
        ({"group": {"id": 0, "name": "search north"}}, ["s.ann", "s.bob"]),
        ({"group": {"name": "search north"}, "skilledTrades": "électricien"}, ["s.bob"]),
        ({"skilledTrades": "Électricien"}, ["s.bob", "s.cid"]),
        ({"group": {"name": "south"}, "skilledTrades": "plumber"}, ["s.ann"]),
        ({"group": {"name": "search"}}, []),
        ({"skilledTrades": "plumb"}, []),
    ],
)
def test_users_are_found_by_group_and_skill_both_of_which_must_fit(crew, filters, found):
    assert logins_of(search(crew, filters)) == found


def test_a_search_that_asks_for_nothing_finds_all_and_has_pages(crew):
    everybody = [row["login"] for row in crew.call("GET", "/Api/v2/User/List").json()]
    for blank in ({}, {"group": "", "skilledTrades": None}, {"group": {"id": "", "name": " "}}):
        assert logins_of(search(crew, blank)) == everybody
    answer = search(crew, {}, query="?page=2&pageSize=1")
    assert logins_of(answer) == everybody[1:2]
    assert answer.headers["x-total-count"] == str(len(everybody))
    assert 'rel="next"' in answer.headers["link"]


@pytest.mark.parametrize(
    ("body", "query", "why"),
    [
        ({"team": "north"}, "", "there is no filter 'team' here: known are group, skilledTrades, changedFrom"),
        ({"group": {"label": "x"}}, "", "there is no member of group 'label' here"),
        ({"group": "north"}, "", "group must be an object with id, name"),
        ({"group": {"id": "x"}}, "", "group.id must be a whole number"),
        ({"group": {"name": ["x"]}}, "", "group.name must be text"),
        ({"skilledTrades": ["plumber"]}, "", "skilledTrades must be text"),
        ({"group": {}, "GROUP": {}}, "", "group is given twice"),
        ({"changedFrom": "soon"}, "", "changedFrom must be a date"),
        ({"changedFrom": "2026-01-01"}, "?ChangedFrom=2026-01-01", "changedFrom is given twice"),
        ({}, "?page=0", "page begins with 1"),
        ({}, "?login=kim", "there is no parameter 'login' here"),
    ],
)
def test_what_a_search_may_not_ask_is_400_and_named(crew, body, query, why):
    answer = search(crew, body, query=query)
    assert (answer.status_code, answer.json()["code"]) == (400, 0)
    assert why in answer.json()["message"]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("Details", "exactly one of login, id"),
        ("Details?login=kim&id=1", "exactly one of login, id"),
        ("Details?email=x", "no parameter 'email'"),
        ("List?group=x", "no parameter 'group'"),
    ],
)
def test_what_a_query_may_not_ask_is_400_and_named(lasting, query, why):
    answer = lasting.call("GET", f"/Api/v2/User/{query}")
    assert (answer.status_code, why in answer.json()["message"]) == (400, True)


def test_an_unknown_user_is_404(lasting):
    for selector in ({"login": "nobody"}, {"id": 5}):
        answer = lasting.call("GET", "/Api/v2/User/Details", params=selector)
        assert (answer.status_code, answer.json()["code"]) == (404, 0)


def test_lists_and_searches_tell_what_changed_since(field, monkeypatch):
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment - 3 * 86_400 * clock.SECOND)
    make(field, "early", groups=["north"])
    monkeypatch.setattr(clock, "now", lambda: moment)
    make(field, "late", groups=["north"])
    since = "2000-01-01"
    assert logins_of(field.call("GET", f"/Api/v2/User/List?ChangedFrom={since}")) == ["early", "late"]
    since = field_day(moment - 86_400 * clock.SECOND)
    assert logins_of(field.call("GET", f"/Api/v2/User/List?ChangedFrom={since}")) == ["late"]
    assert logins_of(search(field, changedFrom=since, group={"name": "north"})) == ["late"]
    assert logins_of(search(field, query=f"?changedfrom={since}")) == ["late"]


def field_day(moment: int) -> str:
    return datetime.fromtimestamp(moment / clock.SECOND, UTC).date().isoformat()


def test_what_a_connection_is_not_told_is_blank_and_finds_nothing(hub):
    narrow, silent = Field(hub, "narrow", told="employee:login+phone"), Field(hub, "silent", told="item")
    make(Field(hub, "other"), **FULL)
    shown = details(narrow, login="kim.baker")
    assert {word for word, value in shown.items() if value} == {"id", "login", "phone"}
    assert logins_of(search(narrow, group={"name": "north"})) == []
    assert logins_of(search(narrow, skilledTrades="ovens")) == []
    assert logins_of(search(narrow, {})) == ["kim.baker"]
    assert search(silent, {}).status_code == 403


@pytest.mark.parametrize(
    "line", ['{"id":77,"login":"brought","password":"s3cret"}', '{"login":"brought","password":"s3cret"']
)
def test_nothing_keeps_a_password_of_a_line_that_is_carried_in(lasting, line):
    lasting.carry_in(line, entity="employee")
    assert "s3cret" not in everything_kept(lasting)
