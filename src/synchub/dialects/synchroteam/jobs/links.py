"""The link by which a job is shown to whoever has it."""

from collections.abc import Collection

from synchub.dialects.synchroteam.endpoints import Call, Door
from synchub.dialects.synchroteam.linking import public_links as links


def public_link(door: Door, call: Call, record: int) -> str:
    """The address of a job's page, which needs no credentials."""
    return public_links(door, call, [record])[record]


def public_links(door: Door, call: Call, records: Collection[int]) -> dict[int, str]:
    """The addresses of the pages of many jobs, looked up together."""
    with door.reading(at_once=True) as session:
        return links(session, door.hub, call.request, call.connection, records)
