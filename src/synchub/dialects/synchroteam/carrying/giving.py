"""Records carried over to elsewhere: how each kind is given, line by line."""

import json
from collections.abc import Iterator, Mapping
from functools import partial

from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.dialects.dialect import Transfer
from synchub.dialects.synchroteam.carrying.cargo import Cargo
from synchub.dialects.synchroteam.carrying.taking import take
from synchub.dialects.synchroteam.views import Seen, load, matching, shown
from synchub.dialects.synchroteam.wire import nested
from synchub.master.values import spell

WIDEST = 20
"""The digits to which ids are filled up, so that they sort as numbers."""


def give(cargo: Cargo, session: Session, connection: Connection) -> Iterator[str]:
    """The lines of all records of a kind that a connection sees, in the order of their ids."""
    kind = cargo.kind
    found = matching(session, connection, kind, [])
    by_key = kind.key == kind.id_word
    ids = sorted(
        (seen.key if by_key else str(seen.id).rjust(WIDEST), seen.row.id)
        for seen in load(session, connection, kind, found)
    )
    for seen in load(session, connection, kind, [record for _, record in ids]):
        yield line_of(cargo, connection, seen)


def line_of(cargo: Cargo, connection: Connection, seen: Seen) -> str:
    """A record on one line of a file."""
    row = shown(connection, cargo.kind, seen, tuple(cargo.kind.made.fields()))
    row |= {word: spell(getattr(seen.row, name)) for name, word in cargo.more.items()}
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def columns_of(cargo: Cargo) -> Mapping[str, bool]:
    """The words of a kind's lines, each with whether it holds a list or an object."""
    kind = cargo.kind
    words = {kind.id_word: None, **nested(kind.details({}))} | ({kind.key: ""} if kind.key else {})
    for each in kind.references:
        words |= dict.fromkeys(each.words)
    words |= dict.fromkeys(cargo.more.values())
    return {word: isinstance(value, list | dict) for word, value in words.items()}


def transfer_of(cargo: Cargo) -> Transfer:
    """How a kind is carried, to the rest of the hub."""
    return Transfer(
        cargo.kind.entity,
        partial(take, cargo),
        partial(give, cargo),
        columns_of(cargo) if cargo.is_flat else None,
        cargo.enclosed,
        (cargo.kind.noun.replace(" ", "_"),),
    )
