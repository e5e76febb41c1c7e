"""The addresses of what opens without credentials: the page of a job, and files."""

from fastapi import Request
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.contents import links
from synchub.contents.links import Opened
from synchub.dialects.dialect import Hub

PAGE = "/Jobs/PublicJob/{token}"
JOB = "job"


def public_link(session: Session, hub: Hub, request: Request, connection: Connection, record: int) -> str:
    """The address of a job's page, which shows what the connection sees of the job."""
    return _address(hub, request) + PAGE.format(token=_token(session, hub, JOB, connection, record))


def file_link(session: Session, hub: Hub, request: Request, connection: Connection, entity: str, record: int) -> str:
    """The address of a file or a photo."""
    return _address(hub, request) + links.FILE.format(token=_token(session, hub, entity, connection, record))


def _address(hub: Hub, request: Request) -> str:
    """How the hub is reached from outside: what is set, else how this request came."""
    return (hub.settings.public_url or str(request.base_url)).rstrip("/")


def _token(session: Session, hub: Hub, entity: str, connection: Connection, record: int) -> str:
    return links.token_of(session, hub.settings.secret_key.get_secret_value(), Opened(entity, record, connection.id))
