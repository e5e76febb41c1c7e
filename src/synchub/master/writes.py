"""What goes into the store and what comes out: writes and verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from synchub.master.convergence import Mode
from synchub.master.copies import Row


@dataclass(slots=True)
class Write:
    """One record as a partner sent it.

    `fields` maps the entity's column names to image values (`values.spell`), only those that were present; a reference
    holds the partner's key of the other record. `extra` holds the fields that the wire model does not know, in the
    vendor's spelling. `revives` is false for a row that says of itself that the record is out of use
    (`convergence.receive`). `insists` is true for one whose partner knows what the record holds and says otherwise: it
    counts also where it is what that partner said before. `problems` are sentences for the operator about values that
    could not be read as their field's kind. `as_of` is the time for which a row of a file speaks (microseconds; None:
    now): it states nothing where its partner was heard, or told, since (`convergence.receive`). `confirms` asks that it
    be remembered when this row was heard even if it changes nothing: files of its partner will speak for times before.
    `former` is the key that its partner called the record by until now: that is news of the record, whatever else it
    says.
    """

    entity: str
    key: str
    mode: Mode
    fields: Row = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    revives: bool = True
    insists: bool = False
    problems: list[str] = field(default_factory=list)
    as_of: int | None = None
    confirms: bool = False
    former: str | None = None

    def spoken_at(self, now: int) -> int:
        """The time for which it speaks."""
        return now if self.as_of is None else self.as_of


class Kind(StrEnum):
    """What became of one write."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


@dataclass(slots=True, frozen=True)
class Verdict:
    """What became of one write: its record, and the change number if it moved anything (also for an echo).

    `their_id` is the number by which the partner knows the record beside its key, if it has one.
    """

    kind: Kind
    record: int | None = None
    number: int | None = None
    reason: str | None = None
    their_id: str | None = None


@dataclass(slots=True)
class Batch:
    """The writes of one message of one connection."""

    connection: int
    message: UUID | None
    writes: Sequence[Write]


@dataclass(slots=True)
class Applied:
    """What became of a batch: a verdict per write, and the change numbers that are its own (None: it moved nothing)."""

    verdicts: list[Verdict]
    first_number: int | None = None
    last_number: int | None = None
