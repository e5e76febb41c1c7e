"""What a body says twice, or with numbers beyond all bounds, is refused and changes nothing."""

import json

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.jobbing import detail, fresh, make, refusal

TWICE = {
    "another spelling": '{"myId": "%s", "name": "Mill", "Name": "Quay"}',
    "the same spelling": '{"myId": "%s", "name": "Mill", "name": "Quay"}',
    "within an object": '{"myId": "%s", "name": "Mill", "customFieldValues": [{"name": "x", "Name": "y", "value": 1}]}',
    "XML": "<Customer><myId>%s</myId><name>Mill</name><Name>Quay</Name></Customer>",
}


def answer_to(field: Field, path: str, body: str) -> tuple[int, str]:
    kind = "text/xml" if body.startswith("<") else "application/json"
    answer = field.call("POST", f"/Api/v2/{path}", content=body, headers={"content-type": kind, "accept": "text/json"})
    return answer.status_code, answer.json()["message"]


@pytest.mark.parametrize("body", TWICE.values(), ids=TWICE)
def test_a_word_that_says_two_things_is_refused(lasting, body):
    key = fresh("twice")
    status, why = answer_to(lasting, "Customer/Send", body % key)
    assert (status, why.lower()) == (400, "name is given twice")
    assert not lasting.sees(myId=key)


def test_a_word_that_says_the_same_twice_is_taken(lasting):
    key = fresh("twice")
    body = TWICE["another spelling"].replace("Quay", "Mill") % key
    assert answer_to(lasting, "Customer/Send", body) == (200, "")
    assert lasting.details(myId=key)["name"] == "Mill"


def test_two_words_for_an_id_must_agree_and_a_blank_one_says_nothing(lasting):
    number = make(lasting, idCustomer=lasting.make(myId=fresh("c")))
    id_ = detail(lasting, num=number)["idJob"]
    assert make(lasting, idJob=id_, id="", description="Sweep") == number
    assert refusal(lasting, idJob=id_, id="1_2") == "idJob and id say different ids"
    customer = lasting.make(myId=fresh("c"))
    assert lasting.send(id=customer, customerId="", name="Quay")["code"] == customer
    assert lasting.send(id=customer, customerId=customer + 1)["message"] == "id and customerId say different ids"


def test_two_words_for_one_column_must_agree(lasting):
    row = {"myId": fresh("c"), "name": "Mill", "adressCity": "Port Town", "addressCity": "Port Town"}
    assert lasting.send(**row)["message"] == ""
    why = "adressCity and addressCity say different things"
    assert lasting.send(**row | {"addressCity": ""})["message"] == why
    assert refusal(lasting, description="Sweep", **{**row, "addressCity": "Mill Town"}) == why
    assert lasting.details(myId=row["myId"])["adressCity"] == "Port Town"


@pytest.mark.parametrize("number", ["1e9999999", "-1e9999999", "1e-9999999", "1e99999999999999999999"])
def test_a_whole_number_beyond_all_bounds_is_refused(lasting, number):
    customer = lasting.make(myId=fresh("c"))
    said = refusal(lasting, idCustomer=customer, priority=number)
    assert said.startswith("priority must")


@pytest.mark.parametrize("action", [[], {}, ["add"]])
def test_an_action_that_is_no_text_is_refused(lasting, action):
    body = json.dumps({"type": "invoice", "action": action, "lines": []})
    assert answer_to(lasting, "Invoices/Send", body) == (200, "action must be text")


def test_a_page_of_jobs_beyond_all_pages_is_empty(lasting):
    make(lasting, idCustomer=lasting.make(myId=fresh("c")))
    answer = lasting.call("POST", f"/Api/v2/Jobs/Search?page={10**17}&pageSize=1000", content="{}")
    assert (answer.status_code, answer.json()) == (200, [])
