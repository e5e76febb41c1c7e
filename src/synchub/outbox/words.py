"""A target and its words: which fields it is told, and what a golden record is in them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from synchub.connections.tables import Connection
from synchub.master.copies import Copy, Row
from synchub.master.entities import ENTITIES, Field
from synchub.master.values import Value, spell
from synchub.outbox.sender import Sender

TYPED = "typed_"
"""Before the name of a typed column in a row that also has the record's shared columns."""


def told_fields(connection: Connection, sender: Sender, entity: str) -> frozenset[str]:
    """The fields of an entity that a target is told; empty if it is told nothing of it."""
    carried = sender.told(entity)
    if connection.told is None:
        return carried
    only = connection.told.get(entity, [])
    return carried if only is None else carried & frozenset(only)


@dataclass(slots=True, frozen=True)
class Words:
    """How one entity is said to one target.

    `keys` are the target's own keys of a record, by record id, the one to be used first.
    """

    entity: str
    told: frozenset[str]
    required: Mapping[str, Value]
    keys: Mapping[int, Collection[str]] = field(default_factory=dict)

    def wish(self, copy: Copy, record: Any) -> Row:
        """The golden record in the target's words, with the defaults of what its form requires."""
        return {name: self._word(name, copy, record) for name in self.told | self.required.keys()}

    def _word(self, name: str, copy: Copy, record: Any) -> Value:
        typed = getattr(record, TYPED + name)
        column = ENTITIES[self.entity].fields()[name]
        held = copy.holds(name)
        if len(held) == 1 and self._means(column, mine := next(iter(held)), typed):
            return mine
        word = next(iter(self.keys.get(typed, ())), None) if column.refers_to else spell(typed)
        return self.required.get(name) if word is None else word

    def _means(self, column: Field, held: Value, typed: Any) -> bool:
        """Whether what the target holds is another way to say the golden value.

        So a partner whose number cannot be read, or that knows the record referred to by two keys, is not corrected.
        """
        if held is None:
            return False
        if column.refers_to:
            return held in self.keys.get(typed, ())
        return bool(column.read(held) == typed)
