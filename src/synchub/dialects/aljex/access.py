"""Who is calling: HTTP Basic, and the address where the connection has a list of them.

Both are what the vendor's document offers (section 2); facts/aljex.md, section 1, says how a refusal looks.
"""

from fastapi import Request

from synchub.connections.basic import SCHEME, Login, login_of, parted
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
    login = credentials(request.headers.get("authorization", ""))
    connection = await directory.admit_login(NAME, login.username, login.password)
    directory.check_address(connection, request.client.host if request.client else "")
    return connection


def credentials(header: str) -> Login:
    """User name and password of an Authorization header, in UTF-8 or Latin-1.

    Raises:
        NotAuthenticated: there are none in it.
    """
    login = login_of(header, otherwise="latin-1")
    if login is not None:
        return login
    if parted(header)[0] == SCHEME:
        raise NotAuthenticated("the Authorization header is not readable")
    raise NotAuthenticated("a user name and a password are needed")
