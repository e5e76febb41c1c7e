"""Which of the partners' statements survive: the golden record is a pure function of the copies and the rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from synchub.connections.tables import Connection
from synchub.master.copies import EXISTS, Copy
from synchub.master.values import Value


@dataclass(slots=True, frozen=True)
class Rules:
    """How statements are weighed.

    Rank per connection (higher wins), and the connections whose delete means only their own copy. `version` is another
    one whenever any of it, or the set of connections, changes.
    """

    ranks: Mapping[int, int]
    own_copy_only: frozenset[int] = frozenset()
    version: int = 0


def rules_of(partners: Iterable[Connection]) -> Rules:
    """The rules that follow from how the partners are set up."""
    partners = list(partners)
    own_copy_only = frozenset(partner.id for partner in partners if not partner.deletes_record)
    version = sum(partner.rules_version + 1 for partner in partners)
    return Rules({partner.id: partner.rank for partner in partners}, own_copy_only, version)


@dataclass(slots=True, frozen=True)
class Golden:
    """The winning statement of one field, and whose it is."""

    value: Value
    stamp: int
    connection: int
    key: str


def golden(copies: Iterable[Copy], rules: Rules) -> dict[str, Golden]:
    """The winning statement of every field that somebody states; a field without one is blank.

    Statements below the highest floor of their field do not count; of the rest the best rank wins, then the latest
    stamp.
    """
    copies = list(copies)
    floors: dict[str, int] = {}
    for copy in copies:
        for name, said in copy.image.items():
            if said.floor > floors.get(name, 0):
                floors[name] = said.floor
    won: dict[str, Golden] = {}
    weight: dict[str, tuple[int, int, int, str]] = {}
    for copy in copies:
        rank = rules.ranks.get(copy.connection, 0)
        for name, said in copy.image.items():
            if said.stamp < floors.get(name, 0) or (name == EXISTS and not _counts(copy, copies, rules)):
                continue
            mine = (rank, said.stamp, copy.connection, copy.key)
            if name not in weight or mine > weight[name]:
                weight[name] = mine
                won[name] = Golden(said.value, said.stamp, copy.connection, copy.key)
    return won


def _counts(copy: Copy, copies: Iterable[Copy], rules: Rules) -> bool:
    """Whether the copy's word on `exists` counts: a delete of one of several copies of a connection does not."""
    if copy.said(EXISTS) is not False:
        return True
    if copy.connection in rules.own_copy_only:
        return False
    return not any(
        other is not copy
        and other.connection == copy.connection
        and True in other.holds(EXISTS)
        and not (EXISTS in other.image and other.said(EXISTS) is False)
        for other in copies
    )
