"""What tests of jobs share: rows that are sent, and records that other resources' endpoints would make."""

import json
from itertools import count
from typing import Any

from tests.dialects.synchroteam.conftest import Field

from synchub import db
from synchub.intake.submission import Arrival, Submission
from synchub.intake.write import write
from synchub.master.convergence import Mode
from synchub.master.writes import Write

_fresh = count(1)


def fresh(what: str) -> str:
    """A key that no other test uses."""
    return f"{what}-{next(_fresh)}"


def post(field: Field, path: str, row: Any, **said: Any) -> Any:
    """The answer to a row."""
    answer = field.call("POST", f"/Api/v2/{path}", content=json.dumps(row), **said)
    assert answer.status_code == 200, answer.text
    return answer.json()


def make(field: Field, what: str = "Jobs", **row: Any) -> int:
    """The code that a row is answered with; of a job its number."""
    answer = post(field, f"{what}/Send", row)
    assert answer["code"], answer
    return int(answer["code"])


def refusal(field: Field, **row: Any) -> str:
    """Why a job is refused."""
    answer = post(field, "Jobs/Send", row)
    assert answer["code"] == 0, answer
    return str(answer["message"])


def detail(field: Field, **selector: Any) -> Any:
    """All of a job."""
    answer = field.call("GET", "/Api/v2/Jobs/Detail", params=selector)
    assert answer.status_code == 200, answer.text
    return answer.json()


def keep(field: Field, entity: str, key: str, **fields: Any) -> int:
    """The record of a key, stored as the connection's own."""
    arrival = Arrival("synchroteam", field.connection().id, "TEST", entity, key.encode(), key.encode())
    stored = Write(entity, key, Mode.PARTIAL, fields)
    with db.writing(field.hub.engine) as session:
        submission = Submission(arrival, [stored], lambda verdicts: {"record": verdicts[0].record})
        (receipt,) = write(session, [submission], field.hub.settings)
    return int(receipt.answer["record"])


def user(field: Field, login: str) -> int:
    """A technician."""
    return keep(field, "employee", login, login=login)
