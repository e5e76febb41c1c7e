"""SuperOffice: the ErpSync agent of its web API, by which it can make the hub tell everybody again."""

import shlex
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from synchub.dialects.dialect import Claim, Dialect
from synchub.dialects.superoffice.access import NAME
from synchub.dialects.superoffice.agent import ANSWERED, BASE
from synchub.dialects.superoffice.routes import VERSION, VERSIONS, surface
from synchub.master.entities import ENTITIES

GET_AND_POST = frozenset({"GET", "POST"})


class SuperOfficeSettings(BaseModel, extra="forbid"):
    """A SuperOffice connection has no settings of its own."""


def samples(base: str, credentials: Mapping[str, str]) -> Sequence[str]:
    """A working call: everything is sent again to everybody."""
    login = shlex.quote(f"{credentials['username']}:{credentials['password']}")
    body = '{"ErpConnectionId": 0, "InternalKeyIds": []}'
    return [f"curl -sS {base}{BASE}/ForceResync -u {login} -H 'Content-Type: application/json' -d '{body}'"]


DIALECT = Dialect(
    name=NAME,
    title="SuperOffice ErpSync",
    settings=SuperOfficeSettings,
    claims=(
        *(Claim(f"{BASE}/{name}", GET_AND_POST) for name in ANSWERED),
        Claim(VERSIONS, frozenset({"GET"})),
        Claim(VERSION, frozenset({"GET"})),
        Claim(f"{BASE}/*", frozenset()),
    ),
    surface=surface,
    credentials=("username", "password"),
    entities=frozenset(ENTITIES),
    samples=samples,
)
