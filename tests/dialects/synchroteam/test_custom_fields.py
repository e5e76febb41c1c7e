"""CustomField/Send: some custom fields of a job."""

from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.jobbing import detail, fresh, make, post

from synchub.dialects import xml

HELD = [{"id": 182, "name": "Mail", "value": "a@mail.example"}, {"id": 185, "name": "City", "value": "Port Town"}]


def send(field: Field, fields: Any, **job: Any) -> Any:
    return post(field, "CustomField/Send", {"CustomFieldValues": fields, "Job": job})


@pytest.fixture
def job(lasting):
    return detail(lasting, num=make(lasting, myId=fresh("job"), description="x", customFieldValues=HELD))


def test_fields_are_named_by_id_or_by_name_and_the_others_stay(lasting, job):
    said = [{"id": "182", "Value": "contact@mail.example"}, {"name": "serial number", "Value": "1254FR54"}]
    assert send(lasting, said, id=job["idJob"], myId="", num="") == {"code": 1, "message": ""}
    fields = detail(lasting, id=job["idJob"])["customFieldValues"]
    assert fields[:2] == [HELD[0] | {"value": "contact@mail.example"}, HELD[1]]
    assert (fields[2]["name"], fields[2]["value"]) == ("serial number", "1254FR54")
    send(lasting, [{"name": "Serial Number", "Value": "2"}], num=job["num"])
    assert [each["value"] for each in detail(lasting, id=job["idJob"])["customFieldValues"][2:]] == ["2"]


def test_nothing_else_of_the_job_changes(lasting, job):
    send(lasting, [{"id": 185, "Value": "Hill Town"}], myId=job["myId"])
    changed = [HELD[0], HELD[1] | {"value": "Hill Town"}]
    assert detail(lasting, id=job["idJob"]) == job | {"customFieldValues": changed}


def test_fields_are_sent_in_xml(lasting, job):
    value = "<customFieldValue><name>City</name><Value>Hill Town</Value></customFieldValue>"
    body = f"<x><CustomFieldValues>{value}</CustomFieldValues><Job><num>{job['num']}</num><id/></Job></x>"
    answer = lasting.call("POST", "/v2/customfield/send", content=body, headers={"content-type": "text/xml"})
    assert xml.read(answer.content) == ("Result", {"code": "1", "message": ""})
    assert detail(lasting, num=job["num"])["customFieldValues"][1]["value"] == "Hill Town"


@pytest.mark.parametrize(
    ("fields", "which", "why"),
    [
        (HELD, {"num": 999_999}, "there is no job with num 999999"),
        (HELD, {"num": "x"}, "there is no job with num x"),
        (HELD, {"id": "265_1"}, "there is no job with id 265_1"),
        (HELD, {"myId": "never"}, "there is no job with myId never"),
        (HELD, {"id": "", "myId": None, "num": " "}, "Job must be an object with id, myId, num"),
        ([], {"num": 1}, "CustomFieldValues is required"),
        ([{"Value": "x"}], {"num": 1}, "customFieldValues each value needs the id or the name of its field"),
        ([{"id": "x", "Value": "x"}], {"num": 1}, "customFieldValues an id must be a whole number"),
    ],
)
def test_what_is_wrong_is_named(lasting, fields, which, why):
    assert send(lasting, fields, **which) == {"code": 0, "message": why}


def test_words_of_two_jobs_are_refused(lasting, job):
    other = make(lasting, description=fresh("x"))
    told = send(lasting, [{"name": "City", "Value": "x"}], num=other, myId=job["myId"])
    assert told == {"code": 0, "message": "num and myId name different jobs"}


def test_a_word_that_is_not_known_is_refused(lasting):
    answer = lasting.call("POST", "/Api/v2/CustomField/Send", content=b'{"Customer": {}}')
    assert (answer.status_code, answer.json()["code"]) == (400, 0)
    assert "there is no word 'Customer' here: known are CustomFieldValues, Job" in answer.json()["message"]


def test_who_may_not_write_jobs_changes_none(hub):
    whole, part = Field(hub), Field(hub, "part", writes="customer")
    row = {"CustomFieldValues": HELD, "Job": {"num": make(whole, description="x")}}
    assert part.call("POST", "/Api/v2/CustomField/Send", json=row).status_code == 403
