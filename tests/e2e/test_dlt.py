"""dlt, unchanged, loads a field's customers from a running hub, and the second time only those that changed."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from tests import calling
from tests.e2e.hub import eventually
from tests.e2e.joined import connect, start

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

COUNT, CHANGED = 10_000, 7
PYTHON = Path(__file__).parents[2] / ".venv-bench" / "bin" / "python"
SCRIPT = Path(__file__).with_name("dlt_field.py")


@pytest.fixture
def login(hub_a):
    """How a field that has many customers proves itself."""
    made = connect(hub_a, "field", "synchroteam")
    lines = (json.dumps({"id": number, "myId": f"C-{number}", "name": "Kim"}) for number in range(1, COUNT + 1))
    (hub_a.folder / "customers.jsonl").write_text("\n".join(lines))
    hub_a.synchub("import", "field", "customers.jsonl")
    return made["domain"], made["api_key"]


@pytest.fixture
def loading(hub_a, login, server, tmp_path):
    """dlt, which loads into a database of its own: the rows that it had, and those that are there."""
    destination = server.create()

    def load(*since):
        quiet = os.environ | {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": str(tmp_path)}
        command = [PYTHON, SCRIPT, f"{hub_a.url}/Api/v2", *login, destination, str(tmp_path), *since]
        done = subprocess.run(command, check=False, env=quiet, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with psycopg.connect(destination) as connection:
            rows = connection.execute("SELECT id, name FROM field.customer").fetchall()
        return int(done.stdout), dict(rows)

    return load


def test_dlt_loads_all_by_the_links_of_the_pages_and_then_what_changed(hub_a, login, loading):
    start(hub_a)
    assert loading() == (COUNT, dict.fromkeys(range(1, COUNT + 1), "Kim"))

    since = datetime.now(UTC).replace(microsecond=0)
    eventually(lambda: datetime.now(UTC).replace(microsecond=0) > since)
    for number in range(1, CHANGED + 1):
        row = {"id": number, "name": "Kim Lee"}
        answer = calling.post(f"{hub_a.url}/Api/v2/Customer/Send", json=row, auth=login)
        assert answer.json()["code"] == number
    count, rows = loading(since.isoformat().replace("+00:00", "Z"))
    assert (count, len(rows)) == (CHANGED, COUNT)
    assert {number for number, name in rows.items() if name == "Kim Lee"} == set(range(1, CHANGED + 1))
