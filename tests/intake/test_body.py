"""A body is read within limits, also on what it unpacks to."""

import asyncio
import gzip
import os
import zlib
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some
from starlette.requests import Request

from synchub.errors import TooLarge, Unreadable
from synchub.intake.body import read_body, unpack


def read(chunks: Sequence[bytes], limit: int, **headers: str) -> tuple[bytes, int]:
    """The body, and how many chunks were asked for."""
    left = list(chunks)

    async def receive():
        chunk = left.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "method": "POST", "path": "/", "headers": named}, receive)
    return asyncio.run(read_body(request, limit)), len(chunks) - len(left)


def test_a_plain_body_up_to_the_limit_is_read() -> None:
    assert read([b"ab", b"c"], 3) == (b"abc", 2)
    assert read([b"abc"], 3, content_encoding="identity", content_length="3") == (b"abc", 1)


def test_reading_stops_at_the_limit() -> None:
    with pytest.raises(TooLarge, match="3 bytes"):
        read([b"abcd", *[b"x"] * 100], 3)


def test_a_body_announced_as_too_large_is_not_read_at_all() -> None:
    with pytest.raises(TooLarge):
        read([], 3, content_length="4")


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), (" X-GZIP ", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)],
)
def test_packed_bodies_are_unpacked(encoding, pack) -> None:
    body = b"hello " * 1000
    packed = pack(body)
    assert read([packed[:5], packed[5:]], len(body), content_encoding=encoding)[0] == body


def test_a_gzip_body_may_have_several_members_and_padding() -> None:
    packed = gzip.compress(b"one ", mtime=0) + gzip.compress(b"two", mtime=0) + b"\x00" * 10
    assert unpack(packed, "gzip", 7) == b"one two"


def test_more_than_a_thousand_members_are_unreadable() -> None:
    member = gzip.compress(b"x", mtime=0)
    assert unpack(member * 1000, "gzip", 1000) == b"x" * 1000
    with pytest.raises(Unreadable, match="1000 members"):
        unpack(member * 1001, "gzip", 2000)


def test_a_caller_who_hangs_up_has_sent_an_unreadable_body() -> None:
    told = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}]

    async def receive():
        return told.pop(0)

    with pytest.raises(Unreadable, match="ended"):
        asyncio.run(read_body(Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive), 9))


@pytest.mark.parametrize("members", [1, 3])
def test_a_bomb_is_stopped_while_it_unpacks(members: int) -> None:
    bomb = gzip.compress(b"\x00" * (200 * 2**20 // members)) * members
    with pytest.raises(TooLarge):
        read([bomb], 2**20, content_encoding="gzip")


def test_what_unpacks_to_the_limit_is_read_and_one_byte_more_is_not() -> None:
    packed = gzip.compress(b"x" * 100)
    assert len(unpack(packed, "gzip", 100)) == 100
    with pytest.raises(TooLarge):
        unpack(packed, "gzip", 99)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(b"cut short" * 100, mtime=0)[:-9]),
        ("gzip", gzip.compress(b"one", mtime=0) + b"rubbish"),
        ("gzip", gzip.compress(os.urandom(200_000))[:-100_000]),
        ("deflate", b"\xff\xff\xff"),
        ("br", b""),
        ("gzip, gzip", b""),
    ],
)
def test_a_body_that_is_not_in_its_encoding_is_unreadable(encoding: str, packed: bytes) -> None:
    with pytest.raises(Unreadable):
        read([packed], 300_000, content_encoding=encoding)


@given(some.binary(max_size=300), some.sampled_from(["gzip", "deflate"]))
def test_any_bytes_are_unpacked_or_refused(packed: bytes, encoding: str) -> None:
    with suppress(TooLarge, Unreadable):
        assert len(unpack(packed, encoding, 1000)) <= 1000


@given(some.binary(max_size=300))
def test_any_body_survives_packing(body: bytes) -> None:
    assert unpack(gzip.compress(body), "gzip", 300) == body
    assert unpack(zlib.compress(body), "deflate", 300) == body
    assert unpack(raw_deflate(body), "deflate", 300) == body
