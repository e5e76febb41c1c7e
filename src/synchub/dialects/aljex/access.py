"""Who is calling: HTTP Basic, and the address where the connection has a list of them.

Both are what the vendor's document offers (section 2); facts/aljex.md, section 1, says how a refusal looks.
"""

import base64

from fastapi import Request

from synchub.connections.directory import Directory
from synchub.connections.tables import Connection
from synchub.errors import NotAuthenticated

NAME = "aljex"


async def admit(directory: Directory, request: Request) -> Connection:
    """The connection that calls.

    Raises:
        NotAuthenticated: no credentials, or wrong ones.
        NotAllowed: the address is not on the connection's list.
        Unavailable: the store cannot be asked.
    """
    username, password = credentials(request.headers.get("authorization", ""))
    connection = await directory.admit_login(NAME, username, password)
    directory.check_address(connection, request.client.host if request.client else "")
    return connection


def credentials(header: str) -> tuple[str, str]:
    """User name and password of an Authorization header.

    Raises:
        NotAuthenticated: there are none in it.
    """
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        raise NotAuthenticated("a user name and a password are needed")
    try:
        username, colon, password = _text(base64.b64decode(encoded.strip(), validate=True)).partition(":")
    except ValueError:
        raise NotAuthenticated("the Authorization header is not readable") from None
    if not colon:
        raise NotAuthenticated("the Authorization header is not readable")
    return username, password


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
