"""What a client is told of its requests a minute."""

from tests.dialects.synchroteam.conftest import Field

from synchub import clock

LIST = "/Api/v2/Customer/List"


def test_every_answer_says_how_many_requests_are_left_and_one_too_many_is_429(hub):
    field = Field(hub, rate_limit="3")
    now = clock.now()
    with clock.replaced(lambda: now):
        answers = [field.call("GET", path) for path in (LIST, f"{LIST}?x=1", "/Api/v2", LIST)]
    assert [answer.status_code for answer in answers] == [200, 400, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"3"}
    assert all(int(answer.headers["x-ratelimit-reset"]) * clock.SECOND > now for answer in answers)
    last = answers[-1]
    assert (last.json()["code"], last.headers["x-quota-remaining"]) == (0, "0")
    wait = int(last.headers["retry-after"])
    assert wait == 60
    with clock.replaced(lambda: now + wait * clock.SECOND):
        assert field.call("GET", LIST).status_code == 200


def test_a_connection_without_a_limit_is_told_none(field):
    assert not [name for name in field.call("GET", LIST).headers if name.startswith(("x-rate", "x-quota"))]
