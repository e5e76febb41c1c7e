"""The states of jobs: which may follow which, and what Validate and Cancel answer."""

from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.jobbing import detail, fresh, make, refusal

from synchub import clock
from synchub.dialects import xml

NAMES = ("created", "scheduled", "synchronized", "started", "suspended", "completed", "validated", "cancelled")
NOON = 1_468_929_600 * clock.SECOND  # 2016-07-19 12:00 UTC


def put(field: Field, what: str, **selector: Any) -> Any:
    """The answer to a move."""
    answer = field.call("PUT", f"/Api/v2/Jobs/{what}", params=selector)
    assert answer.status_code == 200, answer.text
    return answer.json()


def job(field: Field, status: int) -> int:
    """The number of a new job in a state."""
    return make(field, myId=fresh("job"), description="x", status=status)


def status(field: Field, number: int) -> int:
    return int(detail(field, num=number)["status"])


def test_a_completed_job_is_validated_and_stamped(lasting):
    number = job(lasting, 5)
    with clock.replaced(lambda: NOON):
        assert put(lasting, "Validate", num=number) == {"code": 1}
    shown = detail(lasting, num=number)
    assert (shown["status"], shown["validationDate"]) == (6, "19/07/2016 12:00:00")
    assert shown["validationUser"] == lasting.connection().id


def test_a_second_call_answers_as_the_first_and_changes_nothing(lasting):
    for what, before in (("Validate", 5), ("Cancel", 1)):
        number = job(lasting, before)
        assert put(lasting, what, num=number) == {"code": 1}
        shown = detail(lasting, num=number)
        with clock.replaced(lambda: 4 * NOON):
            assert put(lasting, what, num=number) == {"code": 1}
        assert detail(lasting, num=number) == shown


@pytest.mark.parametrize("what", ["Validate", "Cancel"])
def test_jobs_are_moved_by_each_selector_and_in_xml(lasting, what):
    keys = [fresh("job") for _ in range(3)]
    shown = [detail(lasting, num=make(lasting, myId=key, description="x", status=5)) for key in keys]
    selectors = {"id": shown[0]["idJob"], "myId": keys[1], "num": shown[2]["num"]}
    for selector, value in selectors.items():
        answer = lasting.call(
            "PUT", f"/v2/Jobs/{what}/", params={selector: value}, headers={"accept": "text/xml", "postman-token": "x"}
        )
        assert xml.read(answer.content) == ("Result", {"code": "1"})
    assert {status(lasting, each["num"]) for each in shown} == {6 if what == "Validate" else 7}


@pytest.mark.parametrize("what", ["Validate", "Cancel"])
def test_0_is_answered_where_no_job_matches(lasting, what):
    assert put(lasting, what, num=999_999) == {"code": 0, "message": "no job has this num"}
    assert put(lasting, what, id="265_1") == {"code": 0, "message": "no job has this id"}
    for query in ("", "num=x", "num=1&id=2", "name=x"):
        assert lasting.call("PUT", f"/Api/v2/Jobs/{what}?{query}").status_code == 400


@pytest.mark.parametrize("before", [0, 1, 2, 3, 4, 7])
def test_what_is_not_completed_is_not_validated(lasting, before):
    number = job(lasting, before)
    told = put(lasting, "Validate", num=number)
    assert told == {"code": 0, "message": f"a job that is {NAMES[before]} ({before}) cannot become validated (6)"}
    assert status(lasting, number) == before


@pytest.mark.parametrize("before", range(8))
def test_all_but_validated_jobs_are_cancelled(lasting, before):
    number = job(lasting, before)
    code = 0 if before == 6 else 1
    assert put(lasting, "Cancel", num=number)["code"] == code
    assert status(lasting, number) == (7 if code else 6)


OPEN = range(6)
ALLOWED = {
    *((before, after) for before in OPEN for after in (*OPEN, 7)),
    *((state, state) for state in range(8)),
    *((5, 6), (7, 0), (7, 1)),
}


@pytest.mark.parametrize("before", range(8))
@pytest.mark.parametrize("lasting_url", ["sqlite"], indirect=True)
def test_a_row_moves_a_job_only_where_it_may_go(lasting, before):
    for after in range(8):
        key = fresh("job")
        number = make(lasting, myId=key, description="x", status=before)
        if (before, after) in ALLOWED:
            make(lasting, myId=key, status=after)
            assert status(lasting, number) == after
        else:
            told = refusal(lasting, myId=key, status=after, description="y")
            assert told == f"a job that is {NAMES[before]} ({before}) cannot become {NAMES[after]} ({after})"
            assert detail(lasting, num=number)["description"] == "x"


def test_a_new_job_may_be_in_any_state_and_is_stamped_if_it_is_validated(lasting):
    number = make(lasting, description=fresh("x"), status=6, validationDate="2016-07-19 09:00", validationUser=265)
    shown = detail(lasting, num=number)
    assert (shown["validationDate"], shown["validationUser"]) == ("19/07/2016 09:00:00", 265)
    shown = detail(lasting, num=make(lasting, description=fresh("x"), status=6))
    assert shown["validationDate"]
    assert shown["validationUser"] == lasting.connection().id


def test_a_date_makes_a_planned_job_scheduled(lasting):
    key = fresh("job")
    number = make(lasting, myId=key, description="x")
    assert status(lasting, number) == 0
    make(lasting, myId=key, scheduledBeginDate="2016-07-19")
    assert status(lasting, number) == 1
    make(lasting, myId=key, scheduledBeginDate="")
    assert status(lasting, number) == 0
    make(lasting, myId=key, status=3)
    make(lasting, myId=key, scheduledBeginDate="2016-07-19", status="")
    assert status(lasting, number) == 3


def test_who_may_not_write_jobs_moves_none(hub):
    whole, part = Field(hub), Field(hub, "part", writes="customer")
    number = job(whole, 5)
    for what in ("Validate", "Cancel"):
        assert part.call("PUT", f"/Api/v2/Jobs/{what}", params={"num": number}).status_code == 403
    assert status(whole, number) == 5
