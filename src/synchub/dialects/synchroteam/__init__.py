"""Synchroteam: the field service's API, version 2, answered and called."""

import shlex
from collections.abc import Mapping, Sequence

from synchub.dialects.dialect import Dialect
from synchub.dialects.synchroteam.access import NAME
from synchub.dialects.synchroteam.carrying import TRANSFERS
from synchub.dialects.synchroteam.client import API_KEY, make_sender
from synchub.dialects.synchroteam.routes import CLAIMS, ENDPOINTS, ROOTS, surface
from synchub.dialects.synchroteam.settings import SynchroteamSettings


def samples(base: str, credentials: Mapping[str, str]) -> Sequence[str]:
    """A request that works as it stands."""
    login = shlex.quote(f"{credentials['domain']}:{credentials['api_key']}")
    body = '{"myId":"C-7","name":"Harbour Bakery","contactPhone":"555-0100","tags":["ovens"]}'
    return [f"curl -sS -u {login} -H 'Content-Type: application/json' -d '{body}' {base}{ROOTS[0]}{ENDPOINTS[0].path}"]


DIALECT = Dialect(
    name=NAME,
    title="Synchroteam",
    settings=SynchroteamSettings,
    claims=CLAIMS,
    surface=surface,
    sender=make_sender,
    credentials=("domain", "api_key"),
    outbound=(API_KEY,),
    entities=frozenset(
        {
            "customer",
            "site",
            "equipment",
            "employee",
            "activity_type",
            "activity",
            "block",
            "item",
            "warehouse",
            "stock_level",
            "stock_request",
            "job",
            "invoice",
            "attachment",
            "photo",
        }
    ),
    samples=samples,
    transfers=TRANSFERS,
)
