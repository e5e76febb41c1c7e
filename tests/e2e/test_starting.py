"""A hub starts only when it is fit to run, says in one line what is missing, and shows a newcomer calls that work."""

import subprocess

import pytest
from tests import calling
from tests.e2e.hub import Hub, Process, eventually

pytestmark = pytest.mark.slow

SUCCESSES = ('"success":true', '"result":"created"', '"Status": "Ok', '"code":1')
"""How each dialect begins to say that all went well; Synchroteam answers the id, which begins with 1."""
LABELS = ("Harbour Bakery", "Night Desk")


@pytest.fixture
def fresh(tmp_path, places):
    """A hub that nobody has set up."""
    hub = Hub(tmp_path, f"sqlite:///{tmp_path}/data/synchub.db", places.a)
    yield hub
    hub.close()


@pytest.fixture
def installed(fresh):
    """The same by the installed command."""
    fresh.installed = True
    return fresh


def test_a_hub_without_a_store_or_a_key_of_its_own_does_not_start(fresh):
    assert refusal(fresh).endswith("run 'synchub migrate', or set SYNCHUB_DATA_DIR or SYNCHUB_DATABASE_URL")
    fresh.settings = {"SYNCHUB_SECRET_KEY": "change-me-change-me-change-me-change-me"}
    assert refusal(fresh).startswith("synchub: SYNCHUB_SECRET_KEY is a placeholder: ")


def test_a_hub_does_not_start_on_a_database_without_its_schema(fresh, server):
    fresh.store = server.create()
    assert refusal(fresh).endswith("run 'synchub migrate'")


def refusal(hub):
    """The one line with which a process declines to start."""
    done = hub.command("serve")
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def test_a_script_sets_a_hub_up_and_uses_it(installed):
    installed.synchub("migrate")
    (made,) = installed.synchub("connection", "add", "erp", "--dialect", "fast", "--json")
    installed.start("serve")
    row = {"CustomerCode": "KH001", "CustomerName": "North Mill", "Status": "1"}
    call = {"json": {"form": "setCustomer", "data": [row]}, "headers": {"authorization": made["credentials"]["token"]}}
    assert calling.post(f"{installed.url}/api/SyncData", **call).json()["code"] == 200
    (record,) = installed.records()
    assert (record["entity"], record["code"], record["label"], record["version"]) == (
        "customer",
        "KH001",
        "North Mill",
        1,
    )


def test_a_newcomer_pastes_what_the_demo_prints_and_sees_it_arrive(fresh):
    env = fresh.env | {"SYNCHUB_DATABASE_URL": "", "SYNCHUB_SECRET_KEY": ""}
    demo = fresh.processes["demo"] = Process("serve", "--demo", env=env, cwd=fresh.folder, installed=True)
    demo.hear("Application startup complete")
    calls = [line.strip() for line in demo.said if line.strip().startswith("curl ")]
    assert len(calls) == 4
    for call in calls:
        done = subprocess.run(["sh", "-c", call], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert any(success in done.stdout for success in SUCCESSES), done.stdout

    page = eventually(lambda: shown if all(label in (shown := arrived(fresh)) for label in LABELS) else None)
    assert page.count("signature is right") == page.count("<article>")


def arrived(hub):
    return calling.get(f"{hub.url}/demo/webhook").text
