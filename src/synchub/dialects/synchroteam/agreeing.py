"""A row that says one thing in two words: they must agree, or nobody can tell which is meant."""

from typing import Any

from synchub.dialects.synchroteam.bodies import Row
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.references import read_id, read_text


def identified(kind: Kind, row: Row) -> tuple[Row, int | None, str | None]:
    """The row without the words of its id, and what those say: a number, or a text of a kind that has such ids.

    Raises:
        Declined: they say different things, or none that is an id.
    """
    said: dict[str, int | str] = {}
    for name in [name for name in row if name.lower() in kind.id_words]:
        each = read_text(row[name], name) if kind.id_column else read_id(row[name], name)
        if each not in {None, "", "0"}:
            said[name] = each or 0
    if len(set(said.values())) > 1:
        raise Declined(f"{' and '.join(said)} say different ids")
    found = next(iter(said.values()), None)
    rest = {name: value for name, value in row.items() if name.lower() not in kind.id_words}
    return rest, *((None, str(found)) if kind.id_column and found is not None else (found, None))


def agree(kind: Kind, row: Row) -> None:
    """See that of two words for one column neither says another thing.

    Raises:
        Declined: two do; nobody can tell which is meant.
    """
    said: dict[str, tuple[str, Any]] = {}
    for name, value in row.items():
        if word := kind.row.words.get(name.lower()):
            other, before = said.setdefault(word, (name, value))
            if before != value:
                raise Declined(f"{other} and {name} say different things")
