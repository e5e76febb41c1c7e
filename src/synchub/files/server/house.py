"""What all who are logged in share: the door, the directories, and how many may be here."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from synchub.connections.tables import Connection
from synchub.files import places
from synchub.files.server.alarms import Alarms
from synchub.files.server.door import Door
from synchub.files.server.inbox import Inbox
from synchub.files.server.uploads import Limits


def shown(said: str, longest: int = 100) -> str:
    """What a stranger or partner said, fit for a line of the log."""
    return "".join(sign if sign.isprintable() else "?" for sign in said[:longest])


@dataclass(frozen=True, slots=True)
class Manners:
    """How many SSH connections there may be at once: in all, of one partner, and of strangers from one address.

    `sessions` is how many one SSH connection may have, `handles` how many open files one session may have, `wrong` how
    many wrong passwords one SSH connection may try. Seconds: `idle` until one that says nothing is closed, `pause`
    before a wrong password is refused, `login` until a stranger must have logged in.
    """

    connections: int = 100
    of_one: int = 10
    strangers: int = 10
    sessions: int = 4
    handles: int = 64
    wrong: int = 3
    idle: float = 600.0
    pause: float = 1.0
    login: float = 30.0


@dataclass(eq=False)
class House:
    """Everything that is shared; belongs to one event loop. `stopping` says that no upload may begin any more."""

    door: Door
    alarms: Alarms
    data_dir: Path
    limits: Limits
    manners: Manners = field(default_factory=Manners)
    stopping: bool = False
    connections: set[asyncssh.SSHServerConnection] = field(default_factory=set)
    strangers: Counter[str] = field(default_factory=Counter)
    partners: Counter[int] = field(default_factory=Counter)
    _inboxes: dict[str, Inbox] = field(default_factory=dict)

    def inbox_of(self, connection: Connection) -> Inbox:
        """The directory of a connection, made if it is not there."""
        inbox = self._inboxes.setdefault(
            connection.name, Inbox(places.inbox(self.data_dir, connection.name), self.limits)
        )
        inbox.make()
        return inbox

    def uploads(self) -> int:
        """How many uploads are under way."""
        return sum(inbox.uploads() for inbox in self._inboxes.values())
