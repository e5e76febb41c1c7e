"""The addresses of what opens without credentials: the page of a job, and files."""

from collections.abc import Collection

from fastapi import Request
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.contents import links
from synchub.contents.links import Opened
from synchub.dialects.dialect import Hub

PAGE = "/Jobs/PublicJob/{token}"
JOB = "job"


def public_links(
    session: Session, hub: Hub, request: Request, connection: Connection, records: Collection[int]
) -> dict[int, str]:
    """The addresses of jobs' pages, which show what the connection sees of the jobs."""
    return _addresses(session, hub, request, [Opened(JOB, record, connection.id) for record in records], PAGE)


def file_link(session: Session, hub: Hub, request: Request, connection: Connection, entity: str, record: int) -> str:
    """The address of a file or a photo."""
    return _addresses(session, hub, request, [Opened(entity, record, connection.id)], links.FILE)[record]


def _addresses(session: Session, hub: Hub, request: Request, every: Collection[Opened], path: str) -> dict[int, str]:
    """The addresses of what links open, by their records: below what is set, else below where this request came to."""
    base = (hub.settings.public_url or str(request.base_url)).rstrip("/")
    tokens = links.tokens_of(session, hub.settings.secret_key.get_secret_value(), every)
    return {link.record: base + path.format(token=token) for link, token in tokens.items()}
