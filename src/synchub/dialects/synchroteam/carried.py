"""The records that are carried over in files: which there are, in which order, and how each is given."""

import json
from collections.abc import Iterator, Mapping
from functools import partial

from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.dialects.dialect import Transfer
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.equipment import EQUIPMENT
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.sites import SITE
from synchub.dialects.synchroteam.stock import DEPOT
from synchub.dialects.synchroteam.transfer import take
from synchub.dialects.synchroteam.users import USER
from synchub.dialects.synchroteam.views import Seen, load, matching, shown
from synchub.dialects.synchroteam.wire import nested
from synchub.master.entities import PRECEDENCE

WIDEST = 20
"""The digits to which ids are filled up, so that they sort as numbers."""


def give(kind: Kind, session: Session, connection: Connection) -> Iterator[str]:
    """The lines of all records of a kind that a connection sees, in the order of their ids."""
    every = tuple(kind.made.fields())
    found = matching(session, connection, kind, [])
    ids = sorted((str(seen.id).rjust(WIDEST), seen.row.id) for seen in load(session, connection, kind, found))
    for seen in load(session, connection, kind, [record for _, record in ids]):
        yield line_of(connection, kind, seen, every)


def line_of(connection: Connection, kind: Kind, seen: Seen, every: tuple[str, ...]) -> str:
    """A record on one line of a file."""
    return json.dumps(shown(connection, kind, seen, every), ensure_ascii=False, separators=(",", ":"))


def columns_of(kind: Kind) -> Mapping[str, bool]:
    """The words of a kind's lines, each with whether it holds a list or an object."""
    words = {"id": None, **nested(kind.details({})), kind.key: ""}
    for each in kind.references:
        words |= dict.fromkeys(each.words)
    return {word: isinstance(value, list | dict) for word, value in words.items()}


def _flat(kind: Kind) -> Transfer:
    return Transfer(kind.entity, partial(take, kind), partial(give, kind), columns_of(kind), also=(kind.noun,))


_CARRIED = (*map(_flat, (CUSTOMER, SITE, EQUIPMENT, USER, PART, DEPOT)),)
TRANSFERS = tuple(sorted(_CARRIED, key=lambda each: PRECEDENCE[each.entity]))
"""In the order in which records can be taken: after those that they refer to."""
