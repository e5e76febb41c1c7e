"""What the outbox asks of a dialect: how a target is told.

A `Sender` is made by its dialect for one connection and lives as long as that connection's settings. It never touches
the store. `send` is called with at most `size` parcels of one entity and one shape, and raises nothing for what a
partner or network does: it returns an outcome.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made_by
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel, Field

from synchub.connections.tables import Connection
from synchub.master.copies import Row
from synchub.master.values import Value, storable
from synchub.outbox.http import OutboundClient


@dataclass(frozen=True, slots=True)
class Other:
    """What a target calls another record: by its key, and by the id that it answered or that was imported, if any."""

    entity: str
    key: str
    their_id: str | None
    label: str | None


@dataclass(slots=True)
class Parcel:
    """One copy's delivery.

    `sent` are the fields that differ, in image values (references are the target's own keys), with those that the form
    requires and `exists`; `state` is the whole record in the target's words. `is_new` says that the target may not hold
    the record yet. `number` is the change number that was read, `forced` that of a forced send (0: none). `referred`
    are the records that its fields refer to, by field, and `others` says what the target calls these and those that its
    lists mention, by record.
    """

    copy: int
    entity: str
    key: str
    their_id: str | None
    record: int
    code: str | None
    label: str | None
    version: int
    number: int
    forced: int
    exists: bool
    is_new: bool
    sent: Row
    state: Row
    referred: Mapping[str, int] = made_by(default_factory=dict)
    others: Mapping[int, Other] = made_by(default_factory=dict)


class Verdict(StrEnum):
    """How a call ended.

    ACCEPTED: stored there. REFUSED: an answer about the records carried (a batch is halved until the guilty one stands
    alone). TROUBLE: the target could not take anything now, certainly stored nothing. UNKNOWN: nobody knows what it
    stored.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    TROUBLE = "trouble"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Outcome:
    """How one call ended; `their_ids` maps a parcel's copy to the id that the target answered for it.

    `of_all` says of a refusal that it is about whatever the call carried, so that nobody looks for the guilty one. What
    a target wrote is made fit to be stored.
    """

    verdict: Verdict
    reason: str | None = None
    status: int | None = None
    retry_after: float | None = None
    answer: str | None = None
    request: str | None = None
    their_ids: dict[int, str] = made_by(default_factory=dict)
    of_all: bool = False

    def __post_init__(self) -> None:
        self.reason = self.reason and storable(self.reason)
        self.answer = self.answer and storable(self.answer)
        self.their_ids = {copy: storable(id_) for copy, id_ in self.their_ids.items()}


class Sender(Protocol):
    """How one target is told."""

    batch: int
    """The most parcels in one call, unless it is a `GatheringSender`."""

    def told(self, entity: str) -> frozenset[str]:
        """The fields of an entity that the target's words can carry; empty if it has no form for it."""

    def required(self, entity: str) -> Mapping[str, Value]:
        """The fields that the target's form always names, with the value to send when the golden record has none."""

    def gone(self, entity: str) -> Row:
        """The fields that a tombstone sets in the target's own words besides `exists`."""

    def check(self, parcel: Parcel) -> str | None:
        """Why the target's own wire model cannot hold the parcel, naming the field as spelled there; else None."""

    def shape(self, parcel: Parcel) -> Hashable:
        """What the parcels of one call must have in common; None if any go together."""

    def send(self, parcels: Sequence[Parcel], deadline: float) -> Outcome:
        """One call to the target, ended after `deadline` seconds at the latest."""

    def close(self) -> None:
        """Give up what the sender holds open."""


@runtime_checkable
class GatheringSender(Sender, Protocol):
    """A sender whose calls carry more records of some entities than `batch`."""

    def together(self, entity: str) -> int:
        """The most parcels of an entity in one call."""


def size(sender: Sender, entity: str) -> int:
    """The most parcels of an entity in one call."""
    return sender.together(entity) if isinstance(sender, GatheringSender) else sender.batch


@runtime_checkable
class EnclosingSender(Sender, Protocol):
    """A sender that sends bytes with some records: `contents` finds them by their SHA-256; who made it has set it."""

    contents: Callable[[str], bytes]


SenderFactory = Callable[[Connection, Mapping[str, str], OutboundClient], Sender]
"""Makes a sender from a connection, its outbound secrets and a client of its own, which it closes in `close`."""

FeedEvent = Mapping[str, Any]
"""One change of one record, ready for JSON: number, record, entity, code, label, version, connection (the name of who
said it), message, time (RFC 3339), verdict, said and became (as in `master.tables.Change`, only the fields told).
"""


class TargetSettings(BaseModel):
    """The settings that every target has; a dialect's settings model of a connection that is told inherits them."""

    key_template: str = Field(
        "{source}-{key}",
        description="key of a record whose code is taken there; {source}: who founded it, {key}: its key there",
    )
    parallel: int | None = Field(None, ge=1, le=16, description="calls at once; empty: 4 if a call carries one record")


@runtime_checkable
class EventSender(Sender, Protocol):
    """A sender that can tell single changes; `follows` says whether this target wants them instead of states."""

    follows: bool

    def send_event(self, event: FeedEvent, deadline: float) -> Outcome:
        """One call to the target, ended after `deadline` seconds at the latest."""
