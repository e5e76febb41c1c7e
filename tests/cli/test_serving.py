"""synchub serve, work and migrate, as real processes."""

import socket
import sqlite3
import stat

import httpx
import pytest
from tests import calling
from tests.cli.curl import request
from tests.cli.process import eventually, running, started

on_sqlite = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def set_up(synchub, monkeypatch):
    """A migrated store and a port that is free."""
    monkeypatch.setenv("SYNCHUB_PORT", "0")
    return synchub


def test_a_store_is_made_by_migrate_and_may_be_migrated_again(bare, alone):
    for _ in range(2):
        assert bare("migrate").code == 0
    assert (alone / "data" / "synchub.db").exists()
    assert bare("record", "list", "--json").code == 0


@on_sqlite
def test_serve_answers_and_ends_well_on_sigterm(set_up):
    with started("serve") as hub:
        url = hub.url
        assert calling.get(f"{url}/livez").status_code == 200
        assert calling.get(f"{url}/readyz").status_code == 200
        assert calling.get(f"{url}/demo/webhook").status_code == 404
        assert hub.stop() == 0


@on_sqlite
def test_serve_ends_well_if_it_is_told_to_before_it_answers(set_up):
    with started("serve") as hub:
        assert hub.url
        assert hub.stop() == 0


def test_serve_ends_in_time_and_without_a_traceback_though_the_store_hangs(bare, alone, monkeypatch):
    settings = {"PORT": "0", "DRAIN_SECONDS": "2", "SECRET_KEY": "a key that is long enough for the tests"}
    for name, value in settings.items():
        monkeypatch.setenv(f"SYNCHUB_{name}", value)
    assert bare("migrate").code == 0
    (added,) = bare("connection", "add", "erp", "--dialect", "fast", "--json").rows
    body = b'{"form": "setSite", "data": [{"SiteCode": "S1", "SiteName": "Main"}]}'
    head = (
        f"POST /api/SyncData HTTP/1.1\r\nHost: hub\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: {added['credentials']['token']}\r\n\r\n"
    )
    with running("serve") as hub, sqlite3.connect(alone / "data" / "synchub.db") as held:
        assert eventually(lambda: calling.get(f"{hub.url}/livez", timeout=60).status_code == 200)
        held.execute("BEGIN IMMEDIATE")
        place = httpx.URL(hub.url)
        with socket.create_connection((place.host, place.port)) as asking:
            asking.sendall(head.encode() + body)
            for _ in range(3):  # each comes after the request
                assert calling.get(f"{hub.url}/livez", timeout=60).status_code == 200
            assert hub.stop() == 0
            assert asking.recv(65536).startswith(b"HTTP/1.1 503 ")
        assert "Traceback" not in hub.complaints()


@on_sqlite
def test_work_ends_well_on_sigterm(set_up):
    with started("work") as hub:
        hub.hear("tells partners")
        assert hub.stop() == 0


def test_a_port_that_is_taken_is_one_line(synchub, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("SYNCHUB_PORT", port)
        said = synchub("serve")
    assert said.err == f"synchub: port {port} of 127.0.0.1 is taken: stop what listens there, or set SYNCHUB_PORT\n"


def test_an_address_that_is_not_ours_is_one_line(synchub, monkeypatch):
    monkeypatch.setenv("SYNCHUB_HOST", "192.0.2.1")
    assert "cannot listen at 192.0.2.1 port 8080" in synchub("serve").err


def test_the_demo_runs_by_itself_and_keeps_its_secrets(bare, alone, monkeypatch):
    monkeypatch.setenv("SYNCHUB_PORT", "0")
    with started("serve", "--demo") as hub:
        url = hub.url
        lines = [hub.hear("curl "), hub.hear("curl ")]
        for place in (f"{url}/docs", f"{url}/demo/webhook", "demo.env"):
            assert place in "".join(hub.said)
        for line in lines:
            answer = calling.request(**request(line))
            assert answer.status_code == 200, answer.text
        page = eventually(lambda: (found := calling.get(f"{url}/demo/webhook").text).count("<article>") >= 2 and found)
        assert page.count("signature is right") == page.count("<article>")
        assert hub.stop() == 0
    kept = alone / "data" / "demo.env"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    secrets = kept.read_bytes()
    told = ["--set", f"url={url}", "--set", "target_token=x"]
    assert bare("connection", "add", "mine", "--dialect", "fast", *told).code == 0
    assert [one["name"] for one in bare("connection", "list", "--json").rows][-1] == "mine"
    with running("serve", "--demo") as hub:
        assert hub.hear("curl ") == lines[0].replace(url, hub.url)
        assert calling.get(f"{hub.url}/livez").status_code == 200
        assert hub.stop() == 0
    assert kept.read_bytes() == secrets


def test_the_demo_leaves_the_real_store_and_its_key_alone(synchub, store_url, engine, alone, monkeypatch):
    monkeypatch.setenv("SYNCHUB_PORT", "0")
    with running("serve", "--demo") as hub:
        await_work(hub)
        assert hub.stop() == 0
    assert synchub("connection", "list", "--json").rows == []
    assert {file.name for file in (alone / "data").iterdir()} >= {"demo.db", "demo.env"}
    assert "a key that is long enough" not in (alone / "data" / "demo.env").read_text()


def test_after_the_demo_a_real_hub_begins_empty_beside_it(bare, alone, monkeypatch):
    monkeypatch.setenv("SYNCHUB_PORT", "0")
    with running("serve", "--demo") as hub:
        await_work(hub)
        assert hub.stop() == 0
    monkeypatch.setenv("SYNCHUB_SECRET_KEY", "a key that is long enough for the tests")
    assert "there is no store at data/synchub.db" in bare("serve").err
    assert "there is no store at data/synchub.db" in bare("work").err
    assert bare("migrate").code == 0
    assert bare("connection", "list", "--json").rows == []
    with running("serve") as hub:
        assert calling.get(f"{hub.url}/readyz").status_code == 200
        assert hub.stop() == 0
        assert "does not open" not in hub.complaints()


def await_work(hub):
    """Wait until a process, whichever it is, is at work and may be told to stop."""
    if hub.process.args[-1] == "work":
        hub.hear("tells partners")
    else:
        assert calling.get(f"{hub.url}/livez", timeout=60).status_code == 200


@pytest.fixture
def on_sqlite(bare, monkeypatch):
    """A hub's own store, on SQLite."""
    for name, value in {"PORT": "0", "SECRET_KEY": "a key that is long enough for the tests"}.items():
        monkeypatch.setenv(f"SYNCHUB_{name}", value)
    assert bare("migrate").code == 0
    return bare


@pytest.mark.parametrize("first", ["serve", "work"])
@pytest.mark.parametrize("second", ["serve", "work"])
def test_on_sqlite_a_second_process_that_tells_partners_is_refused(on_sqlite, first, second):
    with running(first) as hub:
        await_work(hub)
        said = on_sqlite(second)
        assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
        assert "another process tells partners from data/synchub.db already: stop it" in said.err
        assert hub.process.poll() is None
        hub.process.kill()
        hub.process.wait()
    with running(second) as hub:
        await_work(hub)
        assert hub.stop() == 0


def test_on_sqlite_a_process_that_only_answers_and_one_that_tells_go_together(on_sqlite):
    with running("work") as telling, running("serve", SYNCHUB_ROLES="web") as answering:
        for hub in (telling, answering):
            await_work(hub)
        assert (telling.stop(), answering.stop()) == (0, 0)


def test_on_postgresql_any_number_of_processes_tell_partners(set_up, store_url):
    if store_url.startswith("sqlite"):
        return
    with running("work") as one, running("work") as another:
        for hub in (one, another):
            await_work(hub)
        assert (one.stop(), another.stop()) == (0, 0)
