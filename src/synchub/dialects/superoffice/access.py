"""Who is calling: Basic with user name and password, or the password alone as a ticket or a token.

From reference/002 and facts/superoffice.md, section 3: the scheme in any letter case, the ticket as it stands. There
are no sessions here, so cookies and X-XSRF-TOKEN say nothing, and a request without Authorization is 401.
"""

from fastapi import Request

from synchub.connections.basic import SCHEME, Login, login_of, parted
from synchub.connections.tables import Connection
from synchub.dialects.dialect import Hub
from synchub.errors import NotAuthenticated

NAME = "superoffice"
TICKETS = frozenset({"soticket", "bearer"})


async def admit(hub: Hub, request: Request) -> Connection:
    """The connection that calls.

    Raises:
        NotAuthenticated: no credentials, or wrong ones.
        NotAllowed: the address is not on the connection's list.
        TooMany: it called too often.
        Unavailable: the store cannot be asked.
    """
    header = request.headers.get("authorization", "")
    scheme, presented = parted(header)
    if scheme in TICKETS and presented:
        connection = await hub.directory.admit_token(NAME, presented)
    elif scheme == SCHEME:
        connection = await hub.directory.admit_login(NAME, *credentials(header))
    else:
        raise NotAuthenticated("Authorization with Basic, SOTicket or Bearer is needed")
    request.state.connection = connection.name
    hub.pace.check(connection)
    hub.directory.check_address(connection, request.client.host if request.client else "")
    return connection


def credentials(header: str) -> Login:
    """User name and password of an Authorization header with Basic.

    Raises:
        NotAuthenticated: there are none in it.
    """
    login = login_of(header)
    if login is None:
        raise NotAuthenticated("the Authorization header is not readable")
    return login
