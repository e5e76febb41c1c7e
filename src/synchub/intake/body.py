"""A request's body, within limits on what is received and on what it unpacks to."""

import asyncio
import zlib

from starlette.requests import Request

from synchub.errors import TooLarge, Unreadable

_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


async def read_body(request: Request, limit: int) -> bytes:
    """The body, unpacked from gzip or deflate if its Content-Encoding says so.

    Raises:
        TooLarge: more than `limit` bytes, received or unpacked.
        Unreadable: an encoding that the hub does not read, or a body that is not in its encoding.
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
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def unpack(packed: bytes, encoding: str, limit: int) -> bytes:
    """The bytes in a gzip (also of several members) or deflate body; never holds more than `limit` of them and one.

    Raises:
        TooLarge: it unpacks to more than `limit` bytes.
        Unreadable: it is damaged, or ends too early.
    """
    window = _WINDOW[encoding]
    if encoding == "deflate" and not _has_zlib_header(packed):
        window = -zlib.MAX_WBITS  # what many clients send for deflate: the stream without its header
    unpacked = bytearray()
    while packed:
        unpacker = zlib.decompressobj(window)
        try:
            unpacked += unpacker.decompress(packed, limit + 1 - len(unpacked))
        except zlib.error as error:
            raise Unreadable(f"the body is not {encoding}: {error}") from None
        if len(unpacked) > limit:
            raise _too_large(limit)
        if not unpacker.eof:
            raise Unreadable(f"the {encoding} body ends too early")
        packed = unpacker.unused_data.lstrip(b"\x00")
    return bytes(unpacked)


def _has_zlib_header(packed: bytes) -> bool:
    return len(packed) > 1 and packed[0] & 0x0F == zlib.DEFLATED and int.from_bytes(packed[:2], "big") % 31 == 0


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than {limit} bytes")
