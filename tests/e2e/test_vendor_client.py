"""SuperOffice's own npm client, unchanged, asks a running hub for resyncs and understands every answer."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.e2e.hub import eventually
from tests.e2e.joined import connect, customers, hooked, hub_at, is_at_rest, join, start
from tests.scenarios.partners import Erp
from tests.served import fresh

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SCRIPT = Path(__file__).with_name("npm")


@pytest.fixture
def client(tmp_path):
    """The client as npm installs it from its lock."""
    folder = shutil.copytree(SCRIPT, tmp_path / "npm")
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, capture_output=True)

    def calls(*arguments):
        done = subprocess.run(
            ["node", "resync.js", *arguments], cwd=folder, check=True, capture_output=True, text=True, env=os.environ
        )
        return json.loads(done.stdout)

    return calls


@pytest.fixture
def hub(sqlite_template, tmp_path, places):
    with hub_at(tmp_path / "a", fresh(sqlite_template, tmp_path), places.a, resync_wait="60") as made:
        yield made


@pytest.fixture
def hook(hub, places):
    with hooked(hub, places.receiver) as made:
        yield made


def test_the_vendors_client_understands_what_the_hub_answers(hub, hook, client):
    erp, crm = join(hub, "erp", Erp), connect(hub, "crm", "superoffice")
    start(hub)
    erp.say("K1", "K2", "K3")
    eventually(lambda: len(hook.latest()) == 3 and is_at_rest(hub))
    ids = sorted(one.id for one in customers(hub).values())
    told = client(f"{hub.url}/", crm["username"], crm["password"], json.dumps(ids[:2]), "K3")

    answers = {name: said.get("answer") for name, said in told.items()}
    statuses = {name: answer["status"] for name, answer in answers.items() if answer and "status" in answer}
    assert statuses == {"named": "Ok", "partly": "Warning", "filled": "Ok", "external": "Ok", "unknown": "Error"}
    updated = answers["named"]["changes"]["updatedRecords"]
    assert [item["recordId"] for item in updated] == ids[:2]
    assert not answers["later"]
    assert answers["unknown"]["userExplanation"] != answers["unknown"]["techExplanation"]
    assert told["other"]["status"] == 400
    assert told["other"]["error"]["ErrorType"] == "NotSupportedException"
    assert {one["displayName"] for one in answers["connections"]} >= {"erp"}
    assert answers["engine"]["isRunning"] is True
    eventually(lambda: is_at_rest(hub))
    assert hook.forged == 0
