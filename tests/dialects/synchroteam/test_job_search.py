"""Jobs/Search: filters that filter, all of them at once, in JSON and in XML; pages, and whole jobs."""

import json
import random
from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.jobbing import detail, fresh, keep, make, user

from synchub.dialects import xml


def search(field: Field, _query: str = "", **filters: Any) -> Any:
    answer = field.call("POST", f"/Api/v2/Jobs/Search{_query}", content=json.dumps(filters))
    assert answer.status_code == 200, answer.text
    return answer.json()


def found(field: Field, **filters: Any) -> set[int]:
    """The numbers of the jobs that are found."""
    return {int(each["num"]) for each in search(field, **filters)}


@pytest.fixture
def own(lasting):
    """A customer whose jobs are this test's alone."""
    return {"id": lasting.make(myId=fresh("c")), "myId": "", "name": ""}


def test_references_are_found_with_their_number_as_text(lasting, own):
    key = fresh("job")
    number = make(lasting, idCustomer=own["id"], myId=key)
    job = detail(lasting, num=number)
    assert search(lasting, customer=own) == [{"id": job["idJob"], "myId": key, "num": str(number)}]


def test_jobs_are_searched_in_xml(lasting, own):
    number = make(lasting, idCustomer=own["id"])
    body = f"<Search><customer><id>{own['id']}</id><name/></customer><status>0</status><userName/></Search>"
    answer = lasting.call("POST", "/v2/JOBS/search", content=body, headers={"content-type": "text/xml"})
    root, rows = xml.read(answer.content)
    assert (root, [each["num"] for each in xml.items(rows)]) == ("ArrayOfJob", [str(number)])


def test_filters_are_all_to_be_fulfilled_and_blank_ones_ask_nothing(lasting, own):
    site = {"id": keep(lasting, "site", fresh("s"), name="Yard")}
    there = make(lasting, idCustomer=own["id"], idSite=site["id"], status=3)
    make(lasting, idCustomer=own["id"], status=3)
    assert found(lasting, customer=own, site=site) == {there}
    assert found(lasting, customer=own, site=site, status="", userName=" ", myId=None, equipment={}) == {there}
    assert found(lasting, customer=own, site=site, status=4) == set()


def test_0_is_a_status_that_is_asked_for(lasting, own):
    created, started = (make(lasting, idCustomer=own["id"], status=status) for status in (0, 3))
    assert found(lasting, customer=own, status=0) == {created}
    assert found(lasting, customer=own, status="3") == {started}
    assert found(lasting, customer=own) == {created, started}


@pytest.mark.parametrize("word", ["customer", "site", "equipment"])
def test_a_reference_is_asked_for_by_id_key_or_name(lasting, word):
    key, name = fresh(word), fresh("Name")
    number = keep(lasting, word, key, name=name)
    job = make(lasting, **{{"customer": "idCustomer", "site": "idSite", "equipment": "idEquipment"}[word]: number})
    for said in ({"id": str(number)}, {"myId": key}, {"name": name}, {"id": number, "myId": key, "name": name}):
        assert found(lasting, **{word: {"id": "", "myId": "", "name": ""} | said}) == {job}
    assert found(lasting, **{word: {"id": number, "myId": "another"}}) == set()


def test_a_name_asks_for_the_jobs_of_all_who_have_it(lasting):
    name = fresh("Name")
    jobs = {make(lasting, idCustomer=lasting.make(myId=fresh("c"), name=name)) for _ in range(2)}
    assert found(lasting, customer={"name": name}) == jobs


def test_a_technician_is_asked_for_by_login_in_any_letter_case_or_by_id(lasting):
    login = fresh("Bill")
    number = user(lasting, login)
    job = make(lasting, idUser=number)
    for said in ({"userName": login.lower()}, {"userName": login.upper()}, {"userId": number}, {"userId": str(number)}):
        assert found(lasting, **said) == {job}
    assert found(lasting, userName="Bi") == set()


def test_a_key_is_asked_for(lasting):
    key = fresh("job")
    job = make(lasting, myId=key, description="x")
    assert found(lasting, myId=key) == {job}
    assert found(lasting, myId="another") == set()


@pytest.mark.parametrize(
    ("since", "until", "is_found"),
    [
        ("2015-05-16", "2015-05-20", True),
        ("2015-05-17", "2015-05-17", True),
        ("2015-05-01", "2015-05-16", True),
        ("2015-05-18", None, True),
        (None, "2015-05-16", True),
        (None, "2015-05-15", False),
        ("2015-05-19", None, False),
        ("2015-05-18 13:00:00", None, False),
        ("2015-05-18 12:00:00", None, True),
        (None, "2015-05-16 09:59:59", False),
        (None, "16/05/2015 10:00", True),
    ],
)
@pytest.mark.parametrize("words", [("scheduledBeginDate", "scheduledEndDate"), ("RealBeginDate", "RealEndDate")])
def test_what_lies_between_two_dates_in_part_is_found(lasting, own, words, since, until, is_found):
    begin, end = words
    job = make(lasting, idCustomer=own["id"], **{begin: "2015-05-16 10:00", end: "2015-05-18 12:00"})
    assert found(lasting, customer=own, dateFrom=since, dateTo=until) == ({job} if is_found else set())


def test_work_that_nobody_ended_goes_on_while_its_job_is_under_way(lasting, own):
    begun = {"idCustomer": own["id"], "RealBeginDate": "2015-05-16 10:00"}
    started, paused = make(lasting, **begun, status=3), make(lasting, **begun, status=4)
    completed = make(lasting, **begun, status=5)
    assert found(lasting, customer=own, dateFrom="2015-06-01", dateTo="2015-06-30") == {started, paused}
    assert found(lasting, customer=own, dateFrom="2015-05-16", dateTo="2015-05-16") == {started, paused, completed}
    assert found(lasting, customer=own, dateTo="2015-05-15") == set()


def test_whatever_lies_between_two_dates_is_found_once(lasting, own):
    """By what jobs are planned for and what was done, of days, nights and weeks, in every order of the two."""
    moments = [f"2015-05-{day} {hour}" for day in (18, 19, 20) for hour in ("00:00", "09:30", "23:59")]
    drawn, jobs = random.Random(7), {}
    for _ in range(40):
        planned, worked = (sorted(drawn.sample(moments, 2)) for _ in range(2))
        words = ("scheduledBeginDate", "scheduledEndDate", "RealBeginDate", "RealEndDate")
        said = dict(zip(words, (*planned, *worked), strict=True))
        for word in drawn.sample(words[1:], drawn.randint(0, 2)):
            del said[word]
        for begin, end in (words[:2], words[2:]):
            said = said if begin in said else {word: value for word, value in said.items() if word != end}
        said["status"] = drawn.choice([3, 5])
        jobs[make(lasting, idCustomer=own["id"], **said)] = said
    for since in (None, *moments):
        for until in (None, *moments):
            asked = {"dateFrom": since and f"{since}:00", "dateTo": until and f"{until}:00"}
            wanted = sorted(job for job, said in jobs.items() if lies(said, since or "", until or "2016"))
            rows = search(lasting, customer=own, **asked)
            if since or until:
                assert sorted(int(row["num"]) for row in rows) == wanted, asked


def lies(said: dict[str, Any], since: str, until: str) -> bool:
    """Whether a job lies between two moments by its plan or by its work."""
    plan = (said.get("scheduledBeginDate"), said.get("scheduledEndDate"))
    goes_on = "2017" if said["status"] == 3 else None
    work = (said.get("RealBeginDate"), said.get("RealEndDate") or goes_on)
    return any(begin and begin <= until and (end or begin) >= since for begin, end in (plan, work))


def test_a_job_without_dates_lies_between_none(lasting, own):
    make(lasting, idCustomer=own["id"])
    assert found(lasting, customer=own, dateFrom="1990-01-01") == set()
    assert found(lasting, customer=own, dateTo="2030-01-01") == set()


def test_dates_are_in_the_connections_zone(hub):
    here, there = Field(hub, time_zone="Asia/Tokyo"), Field(hub, "utc", time_zone="UTC")
    job = make(here, description="x", scheduledBeginDate="2015-05-16 08:00")
    assert found(here, dateFrom="2015-05-16") == {job}
    assert found(there, dateFrom="2015-05-16") == set()
    assert found(there, dateTo="2015-05-15") == {job}


def test_what_changed_since_a_moment_is_found(lasting, own):
    job = make(lasting, idCustomer=own["id"])
    assert found(lasting, customer=own, changedFrom="2016-05-16") == {job}
    assert found(lasting, customer=own, changedFrom="2099-01-01 15:35:00") == set()


def test_a_report_changes_when_it_is_said_to_be_different(lasting, own):
    key = fresh("job")
    make(lasting, idCustomer=own["id"], myId=key)
    assert found(lasting, customer=own, reportChangedFrom="2016-01-16") == set()
    job = make(lasting, myId=key, report=[{"nmItem": "valid", "value": "Yes"}])
    assert found(lasting, customer=own, reportChangedFrom="2017-01-16 15:35:00") == {job}
    assert found(lasting, customer=own, reportChangedFrom="2099-01-16") == set()


@pytest.mark.parametrize(
    ("filters", "why"),
    [
        ({"state": 3}, "there is no filter 'state' here: known are dateFrom, dateTo"),
        ({"status": 8}, "status must lie between 0 and 7"),
        ({"status": "open"}, "status must be a whole number"),
        ({"dateFrom": "soon"}, "dateFrom must be a date"),
        ({"dateTo": "9999-12-31"}, "dateTo must be a date"),
        ({"changedFrom": "soon"}, "changedFrom must be a date"),
        ({"reportChangedFrom": "soon"}, "reportChangedFrom must be a date"),
        ({"userId": "x"}, "userId must be a whole number"),
        ({"customer": 5}, "customer must be an object with id, myId, name"),
        ({"site": {"id": "x"}}, "site.id must be a whole number"),
        ({"site": {"nm": "x"}}, "there is no member of site 'nm' here"),
    ],
)
def test_what_is_no_filter_is_refused_by_name(lasting, filters, why):
    answer = lasting.call("POST", "/Api/v2/Jobs/Search", content=json.dumps(filters))
    assert (answer.status_code, answer.json()["code"]) == (400, 0)
    assert why in answer.json()["message"]


def links(answer: Any) -> dict[str, str]:
    """Where the other pages are."""
    parts = (each.partition(">; rel=") for each in answer.headers["link"].split(", "))
    return {rel.strip('"'): url.removeprefix("<http://hub") for url, _, rel in parts}


def test_the_next_page_goes_on_after_the_last_job_of_this_one(lasting, own):
    jobs = [make(lasting, idCustomer=own["id"], description=str(place)) for place in range(5)]
    body, where, seen = json.dumps({"customer": own}), "/Api/v2/Jobs/Search?pageSize=2", []
    while where:
        answer = lasting.call("POST", where, content=body)
        seen.append([int(each["num"]) for each in answer.json()])
        make(lasting, idCustomer=own["id"], description=fresh("new"))  # a new job moves nothing that is still to come
        where = links(answer).get("next", "")
    assert seen == [jobs[4:2:-1], jobs[2:0:-1], jobs[:1]]


def test_between_dates_what_begins_last_comes_first_and_pages_go_on(lasting, own):
    jobs = {}
    for place in range(4):
        planned = {"scheduledBeginDate": f"2015-05-1{place} 08:00", "scheduledEndDate": f"2015-05-1{place} 09:00"}
        jobs[place] = make(lasting, idCustomer=own["id"], **planned, RealBeginDate="2015-05-12 10:00")
    late = make(lasting, idCustomer=own["id"], scheduledBeginDate="2014-01-01", RealBeginDate="2015-05-12 12:00")
    body = json.dumps({"customer": own, "dateFrom": "2015-05-11", "dateTo": "2015-05-20"})
    where, seen = "/Api/v2/Jobs/Search?pageSize=2", []
    while where:
        answer = lasting.call("POST", where, content=body)
        seen.append([int(each["num"]) for each in answer.json()])
        where = links(answer).get("next", "")
    assert seen == [[jobs[3], late], [jobs[0], jobs[2]], [jobs[1]]]
    assert [int(each["num"]) for each in search(lasting, **json.loads(body))] == [n for page in seen for n in page]
    assert [each["num"] for each in search(lasting, "?page=2&pageSize=3", **json.loads(body))] == [
        str(jobs[2]),
        str(jobs[1]),
    ]


def test_a_page_may_be_asked_for_by_its_number(lasting, own):
    jobs = [make(lasting, idCustomer=own["id"], description=str(place)) for place in range(3)]
    answer = lasting.call("POST", "/Api/v2/Jobs/Search?page=2&pageSize=2", content=json.dumps({"customer": own}))
    assert [int(each["num"]) for each in answer.json()] == jobs[:1]
    assert links(answer).keys() == {"first", "prev"}
    assert "x-total-count" not in answer.headers


def test_whole_jobs_are_shown_if_it_is_asked(lasting, own):
    number = make(lasting, idCustomer=own["id"], tags=["a"])
    assert search(lasting, "?expand=true", customer=own) == [detail(lasting, num=number)]
    assert [each.keys() for each in search(lasting, "?expand=false", customer=own)] == [{"id", "myId", "num"}]


def test_what_is_not_known_of_the_query_is_refused(lasting):
    for query, why in (("expand=perhaps", "expand must be true or false"), ("after=x", "after must be a whole number")):
        answer = lasting.call("POST", f"/Api/v2/Jobs/Search?{query}", content="{}")
        assert (answer.status_code, answer.json()["message"]) == (400, why)


@pytest.mark.parametrize(
    "filters",
    [
        {"status": 3},
        {"userName": "bill"},
        {"customer": {"myId": "C"}},
        {"dateFrom": "2015-01-01"},
        {"reportChangedFrom": "2015-01-01"},
    ],
)
def test_a_filter_by_what_the_connection_is_not_told_of_finds_nothing(hub, filters):
    whole, part = Field(hub), Field(hub, "part", told={"job": ["description"], "customer": ["name"]})
    user(whole, "bill")
    whole.make(myId="C")
    row = {"login": "bill", "customerMyId": "C", "status": 3, "report": [{"nmItem": "valid", "value": "Yes"}]}
    job = make(whole, **row, scheduledBeginDate="2015-05-16", RealBeginDate="2015-05-16")
    assert found(whole, **filters) == {job}
    assert search(part, **filters) == []
    assert [each["num"] for each in search(part)] == [""]


def test_a_connection_that_is_told_of_no_jobs_may_not_search(hub):
    part = Field(hub, "part", told={"customer": ["name"]})
    assert part.call("POST", "/Api/v2/Jobs/Search", content="{}").status_code == 403
