"""Hub A, whose partners call it over HTTP and have their servers at hub B, each behind a gate.

Time stands still between the steps of a test, and targets are told by hand, with the senders of their dialects.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import Engine, select
from tests.scenarios.gate import Gate
from tests.scenarios.partners import Partner, Row, Server
from tests.served import KEY, Served, fresh, listening, serving

from synchub import clock, db
from synchub.connections.directory import Directory
from synchub.connections.tables import Connection
from synchub.dialects import named
from synchub.master.tables import CrossReference
from synchub.outbox.backoff import Retry
from synchub.outbox.courier import Courier
from synchub.outbox.http import OutboundClient
from synchub.outbox.leases import Leases
from synchub.outbox.pump import pump
from synchub.outbox.settle import Policy
from synchub.outbox.tables import Delivery

START = 1_800_000_000 * clock.SECOND
DELAYS = [1.0, 5, 15, 60, 300, 900]

Kind = TypeVar("Kind", bound=Partner)
Told = TypeVar("Told", bound=Server)


@dataclass
class Site(Generic[Told]):
    """A partner that calls hub A and is told by it; `users` change what its own server holds."""

    connection: int
    partner: Told
    users: Told
    gate: Gate

    def say(self, *keys: str, **fields: Any) -> None:
        self.partner.say(*keys, **fields)

    def shout(self, **more: Callable[[], str]) -> None:
        """From now on answer each name that is told by the same in capitals, before the call has returned.

        `more` makes the other fields of such an answer.
        """

        def mood(came: Any) -> Any:
            for row in self.partner.rows(came.body):
                fields = {name: make() for name, make in more.items()}
                self.say(row[self.partner.key], name=row[self.partner.words["name"]].upper(), **fields)
            return self.gate.pass_on(came)

        self.gate.mood = mood

    @property
    def told(self) -> list[Row]:
        """All customers that came to its server, in order."""
        return [row for came in self.gate.came for row in self.partner.rows(came.body)]

    def heard(self, name: str) -> list[Any]:
        """What it was told of one field."""
        word = self.partner.words[name]
        return [row[word] for row in self.told if word in row]


class Stage:
    """Two hubs; `a` and `b` are looked at from within, `base` and `there` are where they listen."""

    def __init__(self, stack: ExitStack) -> None:
        self.now = START
        self.a: Served
        self.b: Served
        self.base = self.there = ""
        self._stack = stack
        self._couriers: dict[int, Courier] = {}

    def wait(self, seconds: float = 60.0) -> None:
        """Let time pass; by default more than any echo window."""
        self.now += int(seconds * clock.SECOND)

    def join(self, name: str, kind: type[Kind], **said: Any) -> Kind:
        """A partner that calls hub A."""
        made = kind(self.base, self.a.connect(name, kind.dialect, **said))
        self.wait()
        return made

    def settle(self, name: str, kind: type[Told], **said: Any) -> Site[Told]:
        """A partner that calls hub A and is told by it."""
        gate = self._stack.enter_context(Gate(self.there).open())
        credentials = self.b.connect(name, kind.dialect)
        partner = self.join(name, kind, url=gate.url, **kind.log_in(credentials), **said)
        return Site(self.connection(name).id, partner, kind(self.there, credentials), gate)

    def connection(self, name: str) -> Connection:
        with db.reading(self.a.engine) as session:
            return session.scalars(select(Connection).where(Connection.name == name)).one()

    def deliveries(self) -> list[Delivery]:
        with db.reading(self.a.engine) as session:
            return list(session.scalars(select(Delivery)))

    def tell(self, *sites: Site[Any]) -> None:
        """Pump and carry until there is nothing to do at this moment; a second passes with each target."""
        for site in sites:
            self.wait(1)
            if site.connection not in self._couriers:
                self._couriers[site.connection] = self._courier(site.connection)
            courier = self._couriers[site.connection]
            while self._pump(courier):
                pass
            while courier.carry_next():
                pass

    def _courier(self, number: int) -> Courier:
        with db.reading(self.a.engine) as session:
            connection = session.get_one(Connection, number)
        make = named(connection.dialect).sender
        assert make is not None
        sender = make(connection, Directory(self.a.engine, KEY).secrets(connection), OutboundClient())
        self._stack.callback(sender.close)
        policy, leases = Policy(Retry(DELAYS, jitter=lambda: 1.0)), Leases(self.a.engine)
        return Courier(self.a.engine, connection, sender, policy, 60.0, leases, lambda: float("inf"))

    def _pump(self, courier: Courier) -> int:
        connection, sender = courier.connection, courier.sender
        return db.retrying(courier.engine, lambda session: pump(session, connection, sender, 1000, self.now))


def keys_of(engine: Engine, connection: str) -> set[str]:
    """The keys of the copies that a connection of a hub has."""
    with db.reading(engine) as session:
        theirs = select(CrossReference.external_key).join(Connection, Connection.id == CrossReference.connection_id)
        return set(session.scalars(theirs.where(Connection.name == connection)))


@contextmanager
def staged(store_url: str, template: Path, folder: Path, *, still: bool = True, **settings: Any) -> Iterator[Stage]:
    """Hub A on a store, and hub B on a SQLite store of its own; `still`: time stands still."""
    (folder / "b").mkdir()
    with ExitStack() as stack:
        stage = Stage(stack)
        if still:
            stack.enter_context(clock.replaced(lambda: stage.now))
        stage.b = stack.enter_context(serving(fresh(template, folder / "b"), folder / "b"))
        stage.a = stack.enter_context(serving(store_url, folder / "a", **settings))
        stage.there = stack.enter_context(listening(stage.b))
        stage.base = stack.enter_context(listening(stage.a))
        yield stage
