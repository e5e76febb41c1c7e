"""How long lists are answered."""

import asyncio
import tracemalloc

import pytest
from fastapi import Request

from synchub.dialects.synchroteam import formats

ROWS, LONG = 5000, "x" * 4000


def asking(accept, **more):
    headers = [(b"accept", accept.encode()), *((name.encode(), value.encode()) for name, value in more.items())]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


async def length_of(answer):
    return sum([len(piece) async for piece in answer.body_iterator])


@pytest.mark.parametrize("accept", ["application/json", "text/xml"])
def test_a_long_list_is_never_held_in_memory(accept):
    tracemalloc.start()
    rows = ({"id": number, "name": LONG} for number in range(ROWS))
    answer = formats.listing(asking(accept), rows, root="Customer")
    length = asyncio.run(length_of(answer))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert length == int(answer.headers["content-length"]) > ROWS * len(LONG)
    assert peak < 8 * 2**20


def test_a_long_list_that_the_caller_has_is_not_sent_again():
    rows = [{"name": LONG}] * 2000
    sent = formats.listing(asking("text/json"), rows, root="Customer")
    assert asyncio.run(length_of(sent)) > 2**20
    again = formats.listing(asking("text/json", **{"if-none-match": sent.headers["etag"]}), rows, root="Customer")
    assert (again.status_code, again.body) == (304, b"")
