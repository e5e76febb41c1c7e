"""The front: which surface answers at which path, probes, message ids, log lines, callers behind proxies."""

import asyncio
import json
import logging
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import Engine, event, text
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.intake.desk import only_sqlite
from tests.served import KEY, Served, serving

from synchub import dialects, schema
from synchub.app import _surfaces, build, logs
from synchub.app.front import Front, Paths
from synchub.app.process import Process
from synchub.app.proxies import caller, trusted
from synchub.config import Settings
from synchub.connections.directory import Directory
from synchub.db import open_engine, writing
from synchub.dialects.dialect import Claim, Hub
from synchub.errors import Misconfigured
from synchub.intake.committer import Committer
from synchub.schema import SchemaFitness

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def surface(name: str) -> ASGIApp:
    """An application that answers with its name and where it believes to be."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        told = {"name": name, "root": scope["root_path"], "path": scope["path"], "method": request.method}
        await JSONResponse(told)(scope, receive, send)

    return answer


PATHS = Paths(
    [
        (Claim("/api/SyncData"), surface("a")),
        (Claim("/aljex/sync"), surface("b")),
        (Claim("/api/v1/*", frozenset({"GET", "POST"})), surface("c")),
        (Claim("/api/v1", frozenset({"POST"})), surface("c")),
        (Claim("/api/v1", frozenset({"GET"})), surface("d")),
    ]
)


@pytest.fixture
def hub(store_url: str, tmp_path: Path) -> Iterator[Served]:
    with serving(store_url, tmp_path) as served:
        yield served


def front(**said: Any) -> httpx.AsyncClient:
    """A client of a front before the surfaces above."""

    async def life(receive: Receive, send: Send) -> None:
        """Nothing runs behind it."""

    app = Front(PATHS, surface("rest"), life, said.pop("proxies", ()), frozenset({"/livez"}))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, **said), base_url="http://hub")


@pytest.mark.parametrize(
    ("path", "name", "root", "below"),
    [
        ("/api/SyncData", "a", "", "/api/SyncData"),
        ("/API/syncdata", "a", "", "/api/SyncData"),
        ("/api/SyncData/", "a", "", "/api/SyncData"),
        ("/ACME_API/api/SyncData", "a", "/ACME_API", "/api/SyncData"),
        ("/ACME_API/Api/syncDATA/", "a", "/ACME_API", "/api/SyncData"),
        ("http://hub//api/SyncData", "a", "/", "/api/SyncData"),
        ("/api/Sync%44ata", "a", "", "/api/SyncData"),
        ("/A%2FB/api/SyncData", "a", "/A%2FB", "/api/SyncData"),
        ("/api%2FSyncData", "rest", "", None),
        ("/a/b/api/SyncData", "rest", "", None),
        ("/api/SyncData/x", "rest", "", None),
        ("/api/SyncData//", "rest", "", None),
        ("/api", "rest", "", None),
        ("/", "rest", "", None),
        ("/%ff", "rest", "", None),
        ("/ALJEX/Sync", "b", "", "/aljex/sync"),
        ("/Cust26759/API/V1/Agents/ErpSync/Save", "c", "/Cust26759", "/api/v1/Agents/ErpSync/Save"),
        ("/api/v1/a%2Fb", "c", "", "/api/v1/a/b"),
    ],
)
async def test_a_path_is_answered_by_whom_it_is_claimed(path, name, root, below):
    async with front() as client:
        answer = (await client.post(path)).json()
    assert (answer["name"], answer["root"]) == (name, root)
    assert below is None or answer["path"] == root + below


@pytest.mark.parametrize(("method", "name"), [("GET", "d"), ("POST", "c"), ("DELETE", "c")])
async def test_of_two_at_one_path_the_one_that_knows_the_method_answers(method, name):
    async with front() as client:
        assert (await client.request(method, "/api/v1")).json()["name"] == name


async def test_every_answer_has_its_own_message_id():
    async with front() as client:
        answers = [await client.get(path) for path in ("/api/v1", "/nowhere", "/livez", "/api/v1")]
    assert len({answer.headers["x-message-id"] for answer in answers}) == 4


async def test_a_surface_that_breaks_is_logged_and_answered_500(caplog):
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("broken")

    async def life(receive: Receive, send: Send) -> None:
        """Nothing runs behind it."""

    app = Front(Paths([(Claim("/x"), broken)]), broken, life, (), frozenset())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub") as client:
        answer = await client.get("/x")
    assert answer.status_code == 500
    assert answer.headers["x-message-id"]
    assert "RuntimeError" in caplog.text


async def test_a_request_that_a_stop_interrupts_is_refused_in_its_dialects_envelope(store_url, tmp_path):
    settings = Settings(database_url=store_url, data_dir=tmp_path, secret_key=KEY, _env_file=None)
    engine = open_engine(store_url)
    surfaces = _surfaces(Hub(settings, engine, Committer(engine, settings), Directory(engine, KEY)))[1]
    app = Front(Paths(surfaces), surface("rest"), None, (), frozenset())  # type: ignore[arg-type]
    answers = {}
    for claim in (claim for claim, _ in surfaces if "POST" in claim.methods):
        answers[claim.path] = await interrupted(app, claim.path)
    for start, body in answers.values():
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        assert (start["status"], headers["retry-after"]) == (503, "5")
        assert headers["x-message-id"]
        assert "may or may not" in body.decode()
    await asyncio.get_running_loop().shutdown_default_executor()
    assert json.loads(answers["/api/SyncData"][1]).keys() == {"success", "messages", "code"}
    engine.dispose()


async def interrupted(app: ASGIApp, path: str) -> tuple[Any, bytes]:
    """The answer to a request that is cancelled while the hub looks who calls."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Basic eDp5"), (b"host", b"hub")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    task = asyncio.create_task(app(scope, asyncio.Event().wait, send))
    await asyncio.sleep(0)
    task.cancel()
    await task
    return sent[0], sent[1]["body"]


async def test_a_web_socket_is_closed():
    sent = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async def life(receive: Receive, send: Send) -> None:
        """Nothing runs behind it."""

    await Front(PATHS, surface("rest"), life, (), frozenset())({"type": "websocket"}, None, send)  # type: ignore[arg-type]
    assert sent == ["websocket.close"]


async def test_one_line_per_request_but_none_for_probes(caplog):
    caplog.set_level(logging.INFO)
    async with front() as client:
        await client.post("/api/SyncData?token=secret", headers={"authorization": "secret"}, content=b"secret")
        await client.get("/livez")
    (line,) = [record for record in caplog.records if record.name == "synchub.requests"]
    assert (line.method, line.path, line.status, line.client) == ("POST", "/api/SyncData", 200, "127.0.0.1")
    assert "secret" not in str(vars(line))


PROXY = ["10.0.0.0/8", "2001:db8::/32"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "address"),
    [
        ("198.51.100.7", [], [], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.5"], [], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.5"], PROXY, "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.5"], PROXY, "203.0.113.5"),
        ("10.0.0.1", [], PROXY, "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1, 203.0.113.5"], PROXY, "203.0.113.5"),
        ("10.0.0.1", ["192.0.2.1", "203.0.113.5, 10.9.9.9"], PROXY, "203.0.113.5"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], PROXY, "10.0.0.3"),
        ("10.0.0.1", ["203.0.113.5:4711"], PROXY, "203.0.113.5"),
        ("2001:db8::1", ["[2001:db8:9::5]:80, [2a00::5]:443"], PROXY, "2a00::5"),
        ("10.0.0.1", ["nonsense"], PROXY, "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.5, "], PROXY, "10.0.0.1"),
        ("", ["203.0.113.5"], PROXY, ""),
    ],
)
def test_the_caller_is_whom_trusted_proxies_vouch_for(peer, forwarded, proxies, address):
    assert caller(peer, forwarded, proxies) == address


def test_a_proxy_that_is_no_address_is_refused_at_the_start(tmp_path):
    assert trusted("10.0.0.0/8, 192.0.2.1") == ["10.0.0.0/8", "192.0.2.1/32"]
    settings = Settings(data_dir=tmp_path, secret_key=KEY, trusted_proxies="proxy.example", _env_file=None)
    with pytest.raises(Misconfigured, match=r"proxy\.example"):
        build(settings)


def test_a_partner_behind_a_trusted_proxy_is_known_by_its_own_address(store_url, tmp_path):
    with serving(store_url, tmp_path, peer="10.0.0.1", trusted_proxies="10.0.0.0/8") as hub:
        token = hub.connect("far", "fast", allowed_addresses="192.0.2.0/24")["token"]
        headers = {"authorization": token, "x-forwarded-for": "192.0.2.9"}
        assert hub.call("POST", "/api/SyncData", content=b"x", headers=headers).status_code == 400
        headers["x-forwarded-for"] = "203.0.113.5"
        assert hub.call("POST", "/api/SyncData", content=b"x", headers=headers).status_code == 403


def test_it_lives_and_is_ready(hub):
    assert hub.call("GET", "/livez").status_code == 200
    answer = hub.call("GET", "/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True})


def test_a_schema_that_moves_on_stays_ready_unless_it_is_marked_unfit(hub):
    with writing(hub.engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert hub.call("GET", "/readyz").status_code == 200
    with writing(hub.engine) as session:
        session.query(SchemaFitness).update({"oldest_code": "9999"})
    answer = hub.call("GET", "/readyz")
    assert answer.status_code == 503
    assert "install the newer synchub" in answer.json()["schema"]


def idle(engine: Engine, folder: Path, **said: Any) -> Process:
    """A process that was not started."""
    settings = Settings(data_dir=folder, secret_key=KEY, _env_file=None)
    return Process(engine, settings, Committer(engine, settings), None, **said)


async def test_a_store_that_cannot_be_reached_is_not_ready_and_says_why(tmp_path):
    engine = open_engine("postgresql://nobody@127.0.0.1:9/none")
    troubles = await idle(engine, tmp_path).ready()
    assert troubles == {"committer": "it does not run", "database": "it cannot be reached: OperationalError"}
    engine.dispose()


async def test_a_store_that_hangs_takes_one_thread_however_often_it_is_asked(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = open_engine(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none")
        process = idle(engine, tmp_path, patience=0.05)
        answers = [await process.ready() for _ in range(5)]
        assert {answer["database"] for answer in answers} == {"no answer within 0.05 seconds"}
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
    assert process._probe is not None
    assert set(await process._probe) == {"committer", "database"}
    engine.dispose()


async def test_it_is_asked_whether_it_is_ready_in_a_thread_that_nobody_else_fills(store_url, tmp_path):
    engine, held = open_engine(store_url), threading.Event()
    loop = asyncio.get_running_loop()
    busy = [loop.run_in_executor(None, held.wait) for _ in range(50)]
    try:
        assert await idle(engine, tmp_path).ready() == {"committer": "it does not run"}
    finally:
        held.set()
        await asyncio.gather(*busy)
        engine.dispose()


@only_sqlite
def test_a_store_that_takes_no_commit_is_not_ready_until_it_takes_one_again(hub):
    token = {"authorization": hub.connect("erp", "fast")["token"]}
    body = b'{"form":"setSite","data":[{"SiteCode":"W1","SiteName":"Main"}]}'
    full = []

    def limit(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA query_only = {'ON' if full else 'OFF'}")

    event.listen(Engine, "checkout", limit)
    try:
        full.append("the disk")
        assert hub.call("POST", "/api/SyncData", content=body, headers=token).status_code == 503
        answer = hub.call("GET", "/readyz")
        assert (answer.status_code, answer.json()["committer"][:22]) == (503, "the last commit failed")
        full.clear()
        assert hub.call("GET", "/readyz").status_code == 200
    finally:
        event.remove(Engine, "checkout", limit)


def test_nothing_answers_at_another_path(hub):
    answer = hub.call("GET", "/nowhere")
    assert (answer.status_code, answer.json()["path"]) == (404, "/nowhere")
    assert hub.call("POST", "/livez").status_code == 405
    assert hub.call("GET", "/openapi/none.json").status_code == 404


def test_the_hub_says_what_it_is_and_shows_all_surfaces(hub):
    surfaces = hub.call("GET", "/").json()["surfaces"]
    assert set(surfaces) == {name for name, dialect in dialects.find().items() if dialect.surface}
    page = hub.call("GET", "/docs")
    for place in surfaces.values():
        assert place.removeprefix("/") in page.text
        assert hub.call("GET", place).json()["paths"]
    parts = re.findall(r'(?:src|href)="(docs/[^"]+)"', page.text)
    assert len(parts) == 4
    for part in parts:
        assert hub.call("GET", f"/{part}").status_code == 200
    assert "//" not in page.text
    assert hub.call("GET", "/docs/assets/..%2f..%2fconsts.py").status_code == 404


def test_it_does_not_start_on_a_store_without_a_schema(tmp_path):
    settings = Settings(data_dir=tmp_path, secret_key=KEY, _env_file=None)
    assert schema.newest_revision()
    with pytest.raises(AssertionError, match="synchub migrate"), serving(f"sqlite:///{tmp_path}/none.db", tmp_path):
        pass
    assert build(settings)


@pytest.mark.parametrize("form", ["text", "json"])
def test_log_lines_have_one_form_whoever_writes_them_and_never_show_variables(form, capsys):
    logs.configure(form)
    password = "hunter2-hunter2"
    try:
        [].pop(len(password))
    except IndexError:
        logging.getLogger("a.library").exception("it %s", "failed")
    structlog.get_logger("synchub.room").warning("ours", target="erp", nothing=None)
    logging.getLogger("synchub.requests").info("request", extra={"id": "7"})
    for library in ("httpx", "fontTools.subset"):
        logging.getLogger(library).info("noise")
    written = capsys.readouterr().err
    assert password not in written
    assert "noise" not in written
    assert "nothing" not in written
    assert "IndexError: " in written
    if form == "json":
        lines = [json.loads(line) for line in written.splitlines()]
        assert [line["event"] for line in lines] == ["it failed", "ours", "request"]
        assert (lines[1]["target"], lines[2]["id"], lines[1]["level"]) == ("erp", "7", "warning")
