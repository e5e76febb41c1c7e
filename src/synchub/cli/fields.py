"""In which order the fields of a record are shown, whoever said them in which one; and words that are no fields."""

from collections.abc import Mapping
from typing import Any, TypeVar

from synchub.master.entities import ENTITIES
from synchub.master.record import EXTRA

Shown = TypeVar("Shown")


def ordered(entity: str, fields: Mapping[str, Shown]) -> dict[str, Shown]:
    """Fields as the entity has them; after them, by name, what it does not have."""
    known = [name for name in ENTITIES[entity].fields() if name in fields]
    return {name: fields[name] for name in (*known, *sorted(fields.keys() - set(known)))}


def unknown(said: Mapping[str, Any]) -> dict[str, Any]:
    """The words of a row that the hub has no column for, as they were spelled: kept, and told to nobody."""
    return {name.removeprefix(EXTRA): said[name] for name in sorted(said) if name.startswith(EXTRA)}
