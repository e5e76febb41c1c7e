"""A flag in the words of the dialect."""

import json
from typing import Annotated, Any

from pydantic import Field

from synchub.dialects.wire import Wire, parse
from synchub.errors import Unreadable
from synchub.master.convergence import Mode
from synchub.master.entities import entity_of
from synchub.master.entities.organisation import Warehouse
from synchub.master.writes import Write


class Flag(Wire, entity=Warehouse, key=("code",)):
    """A warehouse."""

    code: Annotated[str, Field(min_length=1, max_length=32)] = Field(alias="flag")
    name: Annotated[str | None, Field(max_length=256)] = Field(None, alias="says")


def read(body: bytes) -> Write:
    """What a request asks of the store.

    Raises:
        Unreadable: it is no flag.
    """
    try:
        said: Any = json.loads(body)
    except ValueError:
        said = None
    parsed = parse(Flag, [said])
    if parsed.faults:
        raise Unreadable("; ".join(map(str, parsed.faults)))
    ((flag, extra),) = parsed.rows
    return Write(entity_of(Warehouse), flag.external_key(), Mode.PARTIAL, flag.stated(), extra)
