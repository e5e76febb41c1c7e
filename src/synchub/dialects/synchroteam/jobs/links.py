"""The link by which a job is shown to whoever has it."""

from synchub.dialects.synchroteam.endpoints import Call, Door


def public_link(_door: Door, _call: Call, _record: int) -> str | None:
    """The address of a job's page, which needs no credentials; None where the hub shows none."""
    return None
