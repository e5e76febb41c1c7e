"""What the resources of the API that are sent, shown and deleted alike have of their own.

A `Kind` is one of them: its entity, the wire model of its rows, and how it is called. A `Reference` says by which words
a row names another record: by its id, by its key or by its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synchub.dialects.synchroteam.words import show
from synchub.dialects.wire import Wire
from synchub.master.entities import Entity, entity_of

if TYPE_CHECKING:
    from synchub.dialects.synchroteam.views import Seen

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """How a row names another record, which `column` refers to; a word that is None is not known here.

    `also` has other spellings that are read, in small letters, with the word that each stands for.
    """

    column: str
    to: "Kind"
    id: str | None = None
    key: str | None = None
    name: str | None = None
    also: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> tuple[str, ...]:
        """The words, by id, key and name."""
        return tuple(word for word in (self.id, self.key, self.name) if word)


def _as_it_is(row: dict[str, Any], _seen: "Seen") -> dict[str, Any]:
    return row


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A resource: `noun` and `plural` are what messages call it, `root` what it is called in XML.

    `key` is the word of the external key ("myId"), "" where there is none; with `any_case` keys are found in any letter
    case. `id_words` are those of the id, in small letters. `named` is the column by which others name it. `filters` are
    the columns that other parameters of queries compare with. `left_out` are the words that a list leaves out.
    `described` are the JSON schemas of words whose blank does not tell their type. `finish` makes the last changes to a
    row that is shown.
    """

    made: type[Entity]
    row: type[Wire]
    noun: str
    plural: str
    root: str
    key: str = "myId"
    any_case: bool = False
    id_words: frozenset[str] = frozenset({"id"})
    named: str = "name"
    filters: Mapping[str, str] = field(default_factory=lambda: {"name": "name"})
    references: tuple[Reference, ...] = ()
    left_out: frozenset[str] = frozenset()
    required: tuple[str, ...] = ("name",)
    described: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    finish: Callable[[dict[str, Any], "Seen"], dict[str, Any]] = _as_it_is

    @property
    def entity(self) -> str:
        """The entity that it shows."""
        return entity_of(self.made)

    def details(self, values: Values) -> dict[str, Any]:
        """What typed columns hold, in the vendor's words."""
        return show(self.row, values)
