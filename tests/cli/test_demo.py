"""The demo's connections, and the page that shows what arrived."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from synchub.config import Settings
from synchub.connections.directory import Directory
from synchub.demo.connections import prepare
from synchub.demo.page import beside, receiver
from synchub.demo.secrets import file_of, fit, kept

SECRET = "whsec_c2VjcmV0"
PAGE = "http://127.0.0.1:1/demo/webhook"


@pytest.fixture
def settings(alone):
    (alone / "data").mkdir()
    return fit(Settings())


def admitted(engine, settings, made):
    """Whether all demo connections have the credentials that were made."""
    directory = Directory(engine, settings.secret_key.get_secret_value())
    hook = next(one for one in directory.targets() if one.name == "demo-webhook")
    login = made["aljex"]
    return (
        directory.by_token("fast", made["fast"]["token"]).name == "demo-fast"
        and directory.by_login("aljex", login["username"], login["password"]).name == "demo-aljex"
        and directory.secrets(hook)["secret"].split() == [made["webhook"]["secret"]]
        and hook.settings["url"] == PAGE
    )


def test_the_demo_has_a_connection_of_every_dialect(engine, settings):
    made = prepare(engine, settings, PAGE)
    assert admitted(engine, settings, made)
    assert kept(settings)["DEMO_FAST_TOKEN"] == made["fast"]["token"]


def test_the_demo_finds_its_secrets_again_and_follows_its_port(engine, settings):
    made = prepare(engine, settings, "http://127.0.0.1:2/demo/webhook")
    again = fit(Settings())
    assert again.secret_key == settings.secret_key
    assert prepare(engine, again, PAGE) == made
    assert admitted(engine, again, made)


@pytest.mark.parametrize("lost", ["all", "some"])
def test_the_demo_makes_new_secrets_where_they_were_lost(engine, settings, lost):
    before = prepare(engine, settings, PAGE)
    if lost == "all":
        file_of(settings).unlink()
    else:
        lines = file_of(settings).read_text().splitlines()
        file_of(settings).write_text("\n".join(line for line in lines if "PASSWORD" not in line))
    after = prepare(engine, settings, PAGE)
    assert admitted(engine, settings, after)
    assert before["aljex"] != after["aljex"]


def test_the_demo_survives_the_loss_of_its_key(engine, settings):
    made = prepare(engine, settings, PAGE)
    lines = file_of(settings).read_text().splitlines()
    file_of(settings).write_text("\n".join(line for line in lines if "SECRET_KEY" not in line))
    other = fit(Settings())
    assert other.secret_key != settings.secret_key
    assert prepare(engine, other, PAGE) == made
    assert admitted(engine, other, made)


def test_the_demo_takes_neither_the_store_nor_the_key_nor_the_roles_of_the_real_hub(alone, monkeypatch):
    for name, value in {
        "DATABASE_URL": "postgresql://production/synchub",
        "SECRET_KEY": "a key of the newcomer's own, long enough",
        "ROLES": "web",
    }.items():
        monkeypatch.setenv(f"SYNCHUB_{name}", value)
    made = fit(Settings())
    assert made.store_url == "sqlite:///data/demo.db"
    assert "newcomer" not in made.secret_key.get_secret_value()
    assert made.role_set == {"web", "work"}


def call(app, method, **said):
    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub") as client:
            return await client.request(method, "/demo/webhook", **said)

    return asyncio.run(ask())


def signed(body, secret=SECRET, number="rec_1"):
    moment = datetime.now(UTC)
    return {
        "webhook-id": number,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(number, moment, body),
    }


def post(page, body, secret=SECRET):
    return call(page, "POST", content=body, headers=signed(body, secret))


def test_the_page_shows_what_arrived_the_latest_first():
    page = receiver(SECRET)
    assert "Nothing yet" in call(page, "GET").text
    for code in ("K1", "K2"):
        body = {"type": "customer.created", "data": {"code": code, "changed": {"phone": "0901"}}}
        assert post(page, json.dumps(body)).status_code == 200
    shown = call(page, "GET").text
    assert shown.index("K2") < shown.index("K1")
    for part in ("customer.created", "0901", "signature is right", 'http-equiv="refresh"'):
        assert part in shown


def test_the_page_tells_a_wrong_signature():
    page = receiver(SECRET)
    assert post(page, "{}", "whsec_YW5vdGhlcg==").status_code == 401
    assert call(page, "POST", content="{}").status_code == 401
    assert "signature is right" not in call(page, "GET").text


@pytest.mark.parametrize(
    "body", ['{"type":"<b>x</b>","data":{"code":"<script>","changed":{"<i>":"<u>"}}}', "<script>", "[1]", '{"data":[]}']
)
def test_the_page_escapes_what_arrives_whatever_it_is(body):
    page = receiver(SECRET)
    post(page, body)
    answer = call(page, "GET")
    assert "<article>" in answer.text
    assert not any(tag in answer.text for tag in ("<script", "<b>", "<i>", "<u>"))
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_page_takes_no_endless_body():
    assert call(receiver(SECRET), "POST", content=b"x" * (2**20 + 1)).status_code == 413


def test_the_page_stands_beside_the_hub():
    async def hub(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    app = beside(hub, receiver(SECRET))
    assert call(app, "GET").status_code == 200

    async def elsewhere():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub") as client:
            return await client.get("/docs")

    assert asyncio.run(elsewhere()).status_code == 204


def test_the_secrets_of_the_demo_are_its_owners_alone(engine, settings):
    prepare(engine, settings, PAGE)
    assert Path(file_of(settings)).stat().st_mode & 0o077 == 0
