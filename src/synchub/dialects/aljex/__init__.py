"""Aljex: a form-encoded POST for each record that changes, and CSV files each morning. It is never told anything."""

import shlex
from collections.abc import Mapping, Sequence

from synchub.dialects.aljex.access import NAME
from synchub.dialects.aljex.files import reader
from synchub.dialects.aljex.routes import PATH, surface
from synchub.dialects.aljex.settings import AljexSettings
from synchub.dialects.aljex.tables import ENTITIES
from synchub.dialects.dialect import Claim, Dialect
from synchub.files.settings import SECRETS


def samples(base_url: str, credentials: Mapping[str, str]) -> Sequence[str]:
    """A request that works as it stands."""
    login = shlex.quote(f"{credentials['username']}:{credentials['password']}")
    fields = {
        "web_sync_table_name": "employees",
        "web_sync_action": "create",
        "id": "night",
        "name": "Night Desk",
        "email": "night.desk@example.com",
        "team": "4",
        "type": "employee",
        "phone": "5550100200",
        "status": "good",
    }
    data = " ".join(f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in fields.items())
    return [f"curl -u {login} {data} {base_url}{PATH}"]


DIALECT = Dialect(
    name=NAME,
    title="Aljex live sync",
    settings=AljexSettings,
    claims=(Claim(PATH),),
    surface=surface,
    credentials=("username", "password"),
    entities=ENTITIES,
    matches_code=False,
    outbound=SECRETS,
    samples=samples,
    files=reader,
)
