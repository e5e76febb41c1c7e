"""Two processes that serve and two that work, around one PostgreSQL."""

import asyncio
import random
from collections import defaultdict

import httpx
import pytest
from tests.e2e.hub import Hub, eventually
from tests.e2e.load import Load, lost, told

pytestmark = pytest.mark.slow

BODIES, TIMES = 40, 5


@pytest.fixture(scope="module")
def hubs(on_postgresql, server, places, tmp_path_factory):
    """One hub, run by two pairs of processes."""
    folder, store = tmp_path_factory.mktemp("many"), server.create(like=on_postgresql.a)
    made = Hub(folder, store, places.a), Hub(folder, store, places.second)
    try:
        for hub in made:
            hub.spawn("serve")
            hub.spawn("work")
        for hub in made:
            hub.await_ready("serve")
            hub.await_ready("work")
        yield made
    finally:
        for hub in made:
            hub.close()


@pytest.fixture
def database():
    """One SQLite store has one process."""
    return "postgresql"


def versions(hub, mark):
    """The versions of the records whose code begins so."""
    return [record["version"] for record in hub.records() if record["code"].startswith(mark)]


def row(code, name):
    return {"CustomerCode": code, "CustomerName": name, "Status": "1"}


async def send(hubs, posts):
    """Send to both hubs in turn, all at once; the answers."""
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=40), timeout=60) as client:
        calls = [
            client.post(hubs[number % 2].url + post.path, content=post.body, headers=post.headers)
            for number, post in enumerate(posts)
        ]
        return [answer.json() for answer in await asyncio.gather(*calls)]


def test_a_repeat_is_known_in_another_process(hubs, partners):
    posts = [partners.erp(row(f"R{number}", f"Mill {number}")) for number in range(BODIES)] * TIMES
    random.Random(1).shuffle(posts)
    answers = defaultdict(set)
    for post, answer in zip(posts, asyncio.run(send(hubs, posts)), strict=True):
        assert answer["success"]
        answers[post.body].add(answer["fkey"])
    assert [len(ids) for ids in answers.values()] == [1] * BODIES
    assert versions(hubs[0], "R") == [1] * BODIES


def test_a_request_that_others_followed_is_no_repeat_in_another_process(hubs, partners):
    first, second = partners.erp(row("S", "Mill")), partners.erp(row("S", "Mill and Sons"))
    answers = [
        asyncio.run(send(pair, [post]))[0]
        for pair, post in zip((hubs, hubs[::-1], hubs[::-1]), (first, second, first), strict=True)
    ]
    assert len({answer["fkey"] for answer in answers}) == 3
    assert versions(hubs[0], "S") == [3]
    assert hubs[0].fields("S")["name"] == "Mill"


def test_two_workers_never_tell_one_thing_twice(hubs, receiver, partners):
    with Load([hub.port for hub in hubs], partners, "p").running() as load:
        eventually(lambda: load.answered > 4 * load.posters)
    assert load.odd == load.refused == []
    eventually(lambda: not lost(load.acknowledged, told(data["label"] for data in receiver.latest())))
    eventually(lambda: not hubs[0].synchub("delivery", "list", "--connection", "hook", "--json"))
    assert receiver.repeats() == []
