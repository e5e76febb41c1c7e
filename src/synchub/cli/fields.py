"""In which order the fields of a record are shown, whoever said them in which one."""

from collections.abc import Mapping
from typing import TypeVar

from synchub.master.entities import ENTITIES

Shown = TypeVar("Shown")


def ordered(entity: str, fields: Mapping[str, Shown]) -> dict[str, Shown]:
    """Fields as the entity has them; after them, by name, what it does not have."""
    known = [name for name in ENTITIES[entity].fields() if name in fields]
    return {name: fields[name] for name in (*known, *sorted(fields.keys() - set(known)))}
