"""What the resources of the API that are sent, shown and deleted alike have of their own.

A `Kind` is one of them: its entity, the wire model of its rows, and how it is called. A `Reference` says by which words
a row names another record: by its id, by its key or by its name; a `Mention`, where lists within a row do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.moments import LONG
from synchub.dialects.synchroteam.words import show
from synchub.dialects.wire import Wire
from synchub.master.entities import Entity, entity_of

if TYPE_CHECKING:
    from synchub.dialects.synchroteam.ids import Named
    from synchub.dialects.synchroteam.sending import Said
    from synchub.dialects.synchroteam.views import Seen

Values = Mapping[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """How a row names another record, which `column` refers to; a word that is None is not known here.

    `also` has other spellings that are read, in small letters, with the word that each stands for. `within` is a column
    that both records have: a name means one whose `within` is that of the row (a site, among those of the customer).
    `more` are columns of the other record that are shown with it.
    """

    column: str
    to: "Kind"
    id: str | None = None
    key: str | None = None
    name: str | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    within: str | None = None
    more: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The words, by id, key and name."""
        return tuple(word for word in (self.id, self.key, self.name) if word)


@dataclass(frozen=True, slots=True, eq=False)
class Mention:
    """A column with a list of objects, whose `member` is the id of the record that each is about."""

    column: str
    member: str
    to: "Kind"


def _as_it_is(row: Row, _seen: "Seen") -> Row:
    return row


def _as_it_came(row: Row) -> Row:
    return row


def _as_named(_session: Session, _connection: Connection, said: "Said") -> "Named":
    return said.named


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A resource: `noun` and `plural` are what messages call it, `root` what it is called in XML.

    `key` is the word of the external key ("myId"), "" where there is none; with `any_case` keys are found in any letter
    case. Where rows are told apart `by_name`, a name that nobody has makes a record, even if the same row made one
    before that has another name now. `id_words` are those of the id, in small letters. `named` is the column by which
    others name it. `filters` are the columns that other parameters of queries compare with. `left_out` are the words
    that a list leaves out. `described` are the JSON schemas of words whose blank does not tell their type. `unfold`
    makes the first changes to a row that is read, `finish` the last ones to a row that is shown, and `locate` looks for
    the record of a row that has other words for it than an id and a key.

    Of a kind whose ids are texts, `id_column` has them. `code_column` is what Send answers in `code` or in `data.num`,
    where that is no id; it is one of those that have the same `code_within`. `moments` is how it shows them.
    """

    made: type[Entity]
    row: type[Wire]
    noun: str
    plural: str
    root: str
    key: str = "myId"
    any_case: bool = False
    by_name: bool = False
    id_words: frozenset[str] = frozenset({"id"})
    named: str = "name"
    id_word: str = "id"
    id_column: str | None = None
    code_column: str | None = None
    code_within: tuple[str, ...] = ()
    moments: str = LONG
    filters: Mapping[str, str] = field(default_factory=lambda: {"name": "name"})
    references: tuple[Reference, ...] = ()
    mentions: tuple[Mention, ...] = ()
    left_out: frozenset[str] = frozenset()
    required: tuple[str, ...] = ("name",)
    described: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unfold: Callable[[Row], Row] = _as_it_came
    finish: Callable[[Row, "Seen"], Row] = _as_it_is
    locate: Callable[[Session, Connection, "Said"], "Named"] = _as_named

    @property
    def entity(self) -> str:
        """The entity that it shows."""
        return entity_of(self.made)

    @property
    def name_word(self) -> str:
        """The filter by which records are found by their name."""
        return next((word for word, column in self.filters.items() if column == self.named), self.key)

    def details(self, values: Values) -> dict[str, Any]:
        """What typed columns hold, in the vendor's words."""
        return show(self.row, values)
