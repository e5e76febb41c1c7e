"""What a surface hands in at the door, and what it gets back once that is on disk."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from synchub import clock
from synchub.master.writes import Verdict, Write

Answer = dict[str, Any]


def new_message_id() -> UUID:
    """A UUID of version 7 (RFC 9562): milliseconds since the epoch first, so that ids sort by arrival."""
    milliseconds = clock.now() // 1000
    number = (milliseconds << 80) | int.from_bytes(os.urandom(10))
    number = number & ~(0xF << 76) | (7 << 76)
    return UUID(int=number & ~(0b11 << 62) | (0b10 << 62))


@dataclass(slots=True)
class Arrival:
    """A request as it arrived: `body` is unpacked, with the secrets that the dialect marks already redacted.

    `digest` is the SHA-256 of what makes a repeat of this request; `path` and `method` are part of what is compared.
    A row of a file has the file's message as `parent`, and its `line` there.
    """

    surface: str
    connection: int
    method: str
    path: str
    body: bytes
    digest: bytes
    content_type: str | None = None
    received_at: int = field(default_factory=clock.now)
    id: UUID = field(default_factory=new_message_id)
    parent: UUID | None = None
    line: int | None = None


def digest_of(body: bytes) -> bytes:
    """The digest that tells a repeat."""
    return hashlib.sha256(body).digest()


@dataclass(slots=True, frozen=True)
class Kept:
    """Where the raw bytes of an arrival are: compressed, for the message's row, or the name of their file."""

    body: bytes | None
    file: str | None


@dataclass(slots=True)
class Submission:
    """One request to be stored: its arrival, what it wants written, and how it is answered.

    `answer` makes the stored answer from the verdicts; it is called inside the transaction and must be quick. If it
    raises a `Refused`, nothing of the request is stored. `refusal`
    is set for a request that is kept for the operator but changes nothing; then `writes` is empty. `repeats` is true
    for dialects whose repeated request gets the first answer again. `beside` writes what else the request asks for, in
    the same transaction; it may lock no row that is there already. `kept` is set by the door (`journal.keep`).
    """

    arrival: Arrival
    writes: Sequence[Write]
    answer: Callable[[Sequence[Verdict]], Answer]
    refusal: str | None = None
    repeats: bool = False
    beside: Callable[[Session], None] | None = None
    kept: Kept | None = None


@dataclass(slots=True, frozen=True)
class Receipt:
    """What became of a submission: `answer` is the stored one, `message` the id that it is found by.

    For a repeat both are those of the message that it repeats. `moved` says that it drew change numbers, so that there
    may be something to tell.
    """

    message: UUID
    answer: Answer
    repeat: bool = False
    moved: bool = False
