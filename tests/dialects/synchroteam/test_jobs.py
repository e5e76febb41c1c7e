"""Jobs: what Send keeps and Detail shows, in JSON and in XML."""

import json
from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field

from synchub.dialects import xml


def post(field: Field, what: str, row: Any, **said: Any) -> Any:
    answer = field.call("POST", f"/Api/v2/{what}/Send", content=json.dumps(row), **said)
    assert answer.status_code == 200, answer.text
    return answer.json()


def make(field: Field, what: str, **row: Any) -> int:
    """The code that a row is answered with."""
    answer = post(field, what, row)
    assert answer["code"], answer
    return int(answer["code"])


def detail(field: Field, **selector: Any) -> Any:
    answer = field.call("GET", "/Api/v2/Jobs/Detail", params=selector)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(field: Field, what: str, **row: Any) -> str:
    """Why a row is refused."""
    answer = post(field, what, row)
    assert answer["code"] == 0
    return str(answer["message"])


def test_a_new_job_has_a_number_and_an_id_in_the_vendors_pattern(lasting):
    number = make(lasting, "Jobs", description="Sweep the chimney")
    job = detail(lasting, num=number)
    assert job["num"] == number
    creator, _, stamp = job["idJob"].partition("_")
    assert (int(creator), len(stamp), stamp.isdigit()) == (job["idCreator"], 15, True)
    assert detail(lasting, id=job["idJob"]) == job
