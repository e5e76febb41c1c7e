"""What a dialect is, to the rest of the hub, and what a surface is given to work with."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import FastAPI
from pydantic import BaseModel

from synchub.connections.pace import Pace

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from synchub.config import Settings
    from synchub.connections.directory import Directory
    from synchub.connections.tables import Connection
    from synchub.files.reader import ReaderFactory
    from synchub.intake.committer import Committer
    from synchub.intake.submission import Arrival, Submission
    from synchub.outbox.sender import SenderFactory


def _nobody() -> None:
    """Nobody in this process tells partners."""


@dataclass(frozen=True, slots=True)
class Hub:
    """What a surface works with: the settings, the store, the door, who may come in and how often.

    `wake` says that there is something to tell; where nobody in this process tells, it does nothing.
    """

    settings: "Settings"
    engine: "Engine"
    committer: "Committer"
    directory: "Directory"
    pace: Pace = field(default_factory=Pace)
    wake: Callable[[], None] = _nobody


@dataclass(frozen=True, slots=True)
class Claim:
    """A path that a dialect answers at, matched in any letter case with an optional leading segment and trailing slash.

    `path` may end in `/*`, and its segments may be placeholders (`{name}`), each of which matches one segment; what is
    matched is handed on as it is spelled here, a placeholder's part percent-encoded, as it may hold a slash. `methods`
    are those that the surface itself answers; every other method at the path goes to the surface too, so that its
    refusal comes in the dialect's words. With `exact_case` only this spelling is claimed, so that another dialect may
    have the others. A page is for people: it is no part of what the dialect's document describes.
    """

    path: str
    methods: frozenset[str] = frozenset({"POST"})
    exact_case: bool = False
    is_page: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A record in a file: the number of its line, the JSON object that it says, and its bytes as they stand there.

    `fault` says why it cannot be taken, where that is seen before its words are read.
    """

    number: int
    said: bytes
    raw: bytes
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Enclosed:
    """By which words a line names the bytes that belong to it: by their SHA-256, and by the name of their file."""

    digest: str
    name: str


Promised = set[tuple[str, ...]]
"""What lines before would make, were they stored: written and read by the dialect alone."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """How a connection's records of one entity are carried over in files, one per line, in the words of its dialect.

    `take` makes a submission of lines, of all or of the first of them, with their bytes behind the arrival's as what
    arrived; the `rows` of its answer have one object for each that it took: line, verdict, id and reason. Where nothing
    is to be stored it is given what was promised before. `give` yields the lines of all that the connection sees; taken
    into an empty hub, they are given there again as they were. `columns` are the words of a line, each with whether a
    table's cell has it as JSON; None where records are not flat enough for a table. `enclosed` says of which bytes a
    line is, if of any. `also` are the vendor's names for the entity.
    """

    entity: str
    take: "Callable[[Session, Connection, Arrival, Sequence[Line], Promised | None], Submission]"
    give: "Callable[[Session, Connection], Iterator[str]]"
    columns: Mapping[str, bool] | None = None
    enclosed: Enclosed | None = None
    also: Sequence[str] = ()

    def is_called(self, name: str) -> bool:
        """Whether a name, with or without an s, means its entity."""
        return any(name in {each, f"{each}s"} for each in (self.entity, *self.also))


@dataclass(frozen=True, slots=True)
class Dialect:
    """One vendor's language.

    `credentials` names what `connection add` prints and how it is made and kept: "token", "password" and "api_key" are
    inbound secrets (a digest is kept), "username" and "domain" are log-ins, "secret" is an outbound signing secret
    (sealed). `entities` are those that it can write. `matches_code` says whether its keys are codes by which records of
    other partners are found. `files` makes the reader of its files; then its settings are `FileSettings` too.
    `transfers` come in the order in which records can be taken: after those that they refer to.
    """

    name: str
    title: str
    settings: type[BaseModel]
    claims: Sequence[Claim] = ()
    surface: Callable[[Hub], FastAPI] | None = None
    sender: "SenderFactory | None" = None
    credentials: Sequence[str] = ()
    outbound: Sequence[str] = ()
    entities: frozenset[str] = frozenset()
    matches_code: bool = True
    samples: Callable[[str, Mapping[str, str]], Sequence[str]] | None = field(default=None)
    transfers: Sequence[Transfer] = ()
    files: "ReaderFactory | None" = None
