"""Fast: `POST /api/SyncData`, the vendor's call for master data, answered and called."""

from collections.abc import Mapping, Sequence

from synchub.dialects.dialect import Claim, Dialect
from synchub.dialects.fast.client import TOKEN, FastSettings, make_sender
from synchub.dialects.fast.routes import NAME, PATH, surface
from synchub.dialects.fast.wire import BY_ENTITY


def samples(base: str, credentials: Mapping[str, str]) -> Sequence[str]:
    """A working call."""
    row = '{"CustomerCode":"C-1001","CustomerName":"Harbour Bakery","PhoneNumber":"5550100300","Status":"1"}'
    body = f'{{"form":"setCustomer","data":[{row}]}}'
    token = credentials["token"]
    return [f"curl -sS {base}{PATH} -H 'Authorization: {token}' -H 'Content-Type: application/json' -d '{body}'"]


DIALECT = Dialect(
    name=NAME,
    title="Fast SyncData",
    settings=FastSettings,
    claims=(Claim(PATH),),
    surface=surface,
    sender=make_sender,
    credentials=("token",),
    outbound=(TOKEN,),
    entities=frozenset(BY_ENTITY),
    samples=samples,
)
