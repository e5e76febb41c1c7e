"""Clients in the shapes of the vendor's samples call every endpoint of a running hub, with nothing changed but the host
and the key.
"""

import json
import shlex
import subprocess
from base64 import b64encode
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import requests
from tests.dialects.synchroteam.inventory import ENDPOINTS, SERVED, expected, form, misfits
from tests.dialects.synchroteam.vendors import WORLD
from tests.e2e.joined import connect, hub_at, start
from tests.served import fresh

from synchub.dialects import named

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SCRIPT = Path(__file__).with_name("field_client.js")
CARRIED = {each.entity for each in named("synchroteam").transfers}
"""What files can bring in."""
NOTHING_THERE = "activitytype.delete"
"""The one whose example shows what is answered where there was nothing."""


@pytest.fixture
def hub(sqlite_template, tmp_path, places):
    with hub_at(tmp_path / "a", fresh(sqlite_template, tmp_path), places.a) as made:
        yield made


@pytest.fixture
def field(hub):
    """The value of the header by which a field proves itself, to a running hub that has the vendor's records."""
    made = connect(hub, "field", "synchroteam")
    (hub.folder / "world").mkdir()
    for entity, rows in WORLD.items():
        if entity in CARRIED:
            (hub.folder / "world" / f"{entity}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    hub.synchub("import", "field", "world")
    start(hub)
    return "Basic " + b64encode(f"{made['domain']}:{made['api_key']}".encode()).decode()


class Calls:
    """What a sample says of an endpoint, to a hub and with a key of ours."""

    def __init__(self, hub, authorization):
        self.hub, self.authorization = hub, authorization

    def url(self, endpoint):
        return self.hub.url + ENDPOINTS[endpoint]["sample_url"]

    def headers(self, endpoint):
        """The headers of the sample; Jobs/Send has no credentials there, and needs them (JOB-7)."""
        said = {"accept": "text/json", "cache-control": "no-cache", "content-type": "application/json"}
        said |= {"authorization": self.authorization, "postman-token": "c1d7b5a3-0000-4000-8000-000000000000"}
        return {name: said[name.lower()] for name in {*ENDPOINTS[endpoint]["sample_headers"], "authorization"}}

    def before(self, endpoint):
        """The samples validate and cancel one job: it is brought in anew between them."""
        if endpoint == "jobs.cancel":
            self.hub.synchub("import", "field", "world/job.jsonl")


def by_curl(calls, endpoint):
    """A command as it is pasted: in single quotes the ends of lines are two characters each."""
    facts = ENDPOINTS[endpoint]
    lines = [f"curl --silent --show-error --request {facts['method']}", f"--url '{calls.url(endpoint)}'"]
    lines += [f"--header '{name}: {value}'" for name, value in calls.headers(endpoint).items()]
    lines += [f"--data '{facts['pasted']}'"] if "pasted" in facts else []
    command = " \\\n  ".join([*lines, f"--write-out {shlex.quote(chr(10) + '%{http_code}')}"])
    done = subprocess.run(["bash", "-c", command], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def by_requests(calls, endpoint):
    facts = ENDPOINTS[endpoint]
    url, _, query = calls.url(endpoint).partition("?")
    body = facts.get("request_example_sample_code")
    payload = "" if body is None else json.dumps(body, indent=2).replace("\n", "\r\n")
    how = {"data": payload, "headers": calls.headers(endpoint), "params": dict(parse_qsl(query))}
    answer = requests.request(facts["method"], url, timeout=60, **how)
    return answer.status_code, answer.json()


def by_node(calls, endpoint):
    facts = ENDPOINTS[endpoint]
    said = {"method": facts["method"], "url": calls.url(endpoint), "headers": calls.headers(endpoint)}
    said["body"] = facts.get("request_example_sample_code")
    done = subprocess.run(["node", SCRIPT], check=True, input=json.dumps([said]), capture_output=True, text=True)
    (answer,) = json.loads(done.stdout)
    return answer["status"], json.loads(answer["body"])


@pytest.mark.parametrize("call", [by_curl, by_requests, by_node])
def test_a_client_of_the_samples_is_understood_by_every_endpoint(hub, field, call):
    calls = Calls(hub, field)
    assert [*ENDPOINTS] == SERVED
    for endpoint in SERVED:
        calls.before(endpoint)
        status, document = call(calls, endpoint)
        wanted = form(ENDPOINTS[endpoint]["response_example"]) if endpoint == NOTHING_THERE else expected(endpoint)
        assert status == 200, (endpoint, document)
        assert list(misfits(wanted, document)) == [], endpoint
