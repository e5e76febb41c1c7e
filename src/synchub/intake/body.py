"""A request's body, within limits on what is received and on what it unpacks to."""

import asyncio
import re
import zlib
from typing import Any

from starlette.requests import ClientDisconnect, Request

from synchub.errors import TooLarge, Unreadable

MOST_MEMBERS = 1_000
STEP = 64 * 1024
_PADDING = re.compile(rb"\x00*")
_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


async def read_body(request: Request, limit: int) -> bytes:
    """The body, unpacked from gzip or deflate if its Content-Encoding says so.

    Raises:
        TooLarge: more than `limit` bytes, received or unpacked.
        Unreadable: an encoding that the hub does not read, a body that is not in its encoding, or one that ended when
            its sender hung up.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return await _receive(request, limit)
    if encoding not in _WINDOW:
        raise Unreadable(f"the Content-Encoding {encoding[:40]} is not supported: use gzip or deflate")
    packed = await _receive(request, limit)
    return await asyncio.to_thread(unpack, packed, encoding, limit)


async def _receive(request: Request, limit: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
    except ClientDisconnect:
        raise Unreadable("the connection ended before the body did") from None
    return b"".join(chunks)


def unpack(packed: bytes, encoding: str, limit: int) -> bytes:
    """The bytes in a gzip (also of several members) or deflate body; never holds more than `limit` of them and one.

    Raises:
        TooLarge: it unpacks to more than `limit` bytes.
        Unreadable: it is damaged, ends too early, or has more than 1,000 members.
    """
    window = _WINDOW[encoding]
    if encoding == "deflate" and not _has_zlib_header(packed):
        window = -zlib.MAX_WBITS  # what many clients send for deflate: the stream without its header
    unpacked, place, members = bytearray(), 0, 0
    while place < len(packed):
        members += 1
        if members > MOST_MEMBERS:
            raise Unreadable(f"the {encoding} body has more than {MOST_MEMBERS} members")
        try:
            place = _unpack_member(memoryview(packed), place, zlib.decompressobj(window), unpacked, limit)
        except zlib.error as error:
            raise Unreadable(f"the body is not {encoding}: {error}") from None
        padding = _PADDING.match(packed, place)
        place = padding.end() if padding else place
    return bytes(unpacked)


def _unpack_member(packed: memoryview, place: int, unpacker: Any, unpacked: bytearray, limit: int) -> int:
    """Unpack the member that begins at `place`, in steps: zlib copies what it was given after a member's end.

    Returns the place after it.
    """
    while not unpacker.eof:
        step = packed[place : place + STEP]
        if not step:
            raise Unreadable("the packed body ends too early")
        unpacked += unpacker.decompress(step, limit + 1 - len(unpacked))
        if len(unpacked) > limit:
            raise _too_large(limit)
        place += len(step) - len(unpacker.unused_data)
    return place


def _has_zlib_header(packed: bytes) -> bool:
    return len(packed) > 1 and packed[0] & 0x0F == zlib.DEFLATED and int.from_bytes(packed[:2], "big") % 31 == 0


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than {limit} bytes")
