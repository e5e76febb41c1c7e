"""Who is calling: HTTP Basic with a domain and its API key; the domain also as the whole host name."""

from fastapi import Request

from synchub.connections.basic import Login, login_of
from synchub.connections.directory import Directory
from synchub.connections.tables import Connection
from synchub.errors import NotAuthenticated

NAME = "synchroteam"
HOST = ".synchroteam.com"
HOW = "Unauthorized: send the header 'Authorization: Basic' with the base64 form of domain:api-key"


async def admit(directory: Directory, request: Request) -> Connection:
    """The connection that calls.

    Raises:
        NotAuthenticated: no credentials, or wrong ones; the text says how they are sent.
        NotAllowed: the address is not on the connection's list.
        Unavailable: the store cannot be asked.
    """
    domain, key = credentials(request.headers.get("authorization", ""))
    for spelling in spellings(domain):
        try:
            connection = await directory.admit_login(NAME, spelling, key)
        except NotAuthenticated:
            continue
        request.state.connection = connection.name
        directory.check_address(connection, request.client.host if request.client else "")
        return connection
    raise NotAuthenticated(f"{HOW} (this domain or this key is not known here)")


def credentials(header: str) -> Login:
    """Domain and API key of an Authorization header, without the blanks around them.

    Raises:
        NotAuthenticated: there are none in it.
    """
    login = login_of(header)
    if login is None:
        raise NotAuthenticated(HOW)
    return Login(*map(str.strip, login))


def spellings(domain: str) -> list[str]:
    """How a domain may be kept: as it was sent, in small letters, and with or without the vendor's host behind it."""
    bare = domain.lower().removesuffix(HOST)
    return list(dict.fromkeys((domain, bare, bare + HOST)))
