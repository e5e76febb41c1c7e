"""What one partner says reaches the store and every other partner."""

import pytest
from tests import calling
from tests.e2e.hub import eventually

pytestmark = pytest.mark.slow


@pytest.fixture
def ask(hub_a):
    """A request of a partner to hub A, which must be answered well."""

    def sent(post):
        answer = calling.post(hub_a.url + post.path, content=post.body, headers=post.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return sent


def heard(receiver, label):
    return next((data for data in receiver.latest() if data["label"] == label), None)


def test_what_partners_say_reaches_the_store_and_every_other_partner(hub_a, hub_b, receiver, partners, roles, ask):
    hub_b.start("serve")
    hub_a.start(*roles)

    row = {"CustomerCode": "KH001", "CustomerName": "North Mill", "PhoneNumber": "0901", "Status": "1"}
    assert ask(partners.erp(row))["success"]
    assert ask(partners.tms("customers", "create", id="77", name="South Mill", phone1="0902"))["result"] == "created"
    assert ask(partners.tms("employees", "create", id="night", name="Night Desk"))["result"] == "created"

    assert eventually(lambda: heard(receiver, "North Mill"))["fields"]["phone"] == "0901"
    assert eventually(lambda: heard(receiver, "South Mill"))["key"] == "77"
    assert eventually(lambda: heard(receiver, "Night Desk"))["entity"] == "employee"
    assert {record["label"] for record in hub_a.records()} == {"North Mill", "South Mill", "Night Desk"}
    eventually(lambda: len(hub_b.labels()) == 2)
    assert {record["code"]: record["label"] for record in hub_b.records()} == {
        "KH001": "North Mill",
        "77": "South Mill",
    }

    assert ask(partners.erp(row | {"Status": "0"}))["success"]
    assert ask(partners.tms("customers", "delete", id="77"))["result"] == "deleted"

    eventually(lambda: heard(receiver, "North Mill")["fields"]["active"] is False)
    eventually(lambda: not heard(receiver, "South Mill")["exists"])
    assert {record["label"] for record in hub_a.records()} == {"North Mill", "Night Desk"}
    for code in ("KH001", "77"):
        eventually(lambda code=code: hub_b.fields(code)["active"] is False)
    assert receiver.forged == 0
    assert receiver.repeats() == []
