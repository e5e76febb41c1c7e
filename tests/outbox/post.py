"""Targets that do as a test tells them, and the outbox worked by hand: pump, claim, send, settle, step by step."""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, select
from tests.world import World

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.master.copies import EXISTS, Row
from synchub.master.entities import ENTITIES
from synchub.master.values import Value
from synchub.outbox.backoff import Retry
from synchub.outbox.claim import Claim, claim
from synchub.outbox.courier import Courier
from synchub.outbox.leases import Leases
from synchub.outbox.pump import pump
from synchub.outbox.sender import FeedEvent, Outcome, Parcel, Verdict
from synchub.outbox.settle import Policy, Settled, settle
from synchub.outbox.tables import Attempt, Delivery

OK = Outcome(Verdict.ACCEPTED)
REFUSED = Outcome(Verdict.REFUSED, "unfit")
TROUBLE = Outcome(Verdict.TROUBLE, "answered 503", 503)
UNKNOWN = Outcome(Verdict.UNKNOWN, "no answer")


class Target:
    """A partner that is told: `holds` is what it stores, `calls` what came, `answers` what it will say, in order."""

    def __init__(self, batch: int = 500, fields: Mapping[str, Collection[str]] | None = None) -> None:
        self.batch = batch
        self.fields = fields
        self.needs: dict[str, Value] = {}
        self.tombstone: Row = {}
        self.unfit: Callable[[Parcel], str | None] = lambda _: None
        self.shapes: Callable[[Parcel], Hashable] = lambda _: None
        self.refuses: Callable[[Parcel], bool] = lambda _: False
        self.fails: Callable[[Parcel], bool] = lambda _: False
        self.answers: list[Outcome | Exception] = []
        self.during: Callable[[], None] = lambda: None
        self.calls: list[list[Parcel]] = []
        self.holds: dict[tuple[str, str], Row] = {}
        self.closed = False

    def told(self, entity: str) -> frozenset[str]:
        if self.fields is not None:
            return frozenset(self.fields.get(entity, ()))
        return frozenset(ENTITIES[entity].fields())

    def required(self, entity: str) -> Mapping[str, Value]:
        return self.needs

    def gone(self, entity: str) -> Row:
        return self.tombstone

    def check(self, parcel: Parcel) -> str | None:
        return self.unfit(parcel)

    def shape(self, parcel: Parcel) -> Hashable:
        return self.shapes(parcel)

    def send(self, parcels: Sequence[Parcel], deadline: float) -> Outcome:
        self.calls.append(list(parcels))
        self.during()
        answer = self.answers.pop(0) if self.answers else OK
        if isinstance(answer, Exception):
            raise answer
        if any(map(self.fails, parcels)):
            return UNKNOWN
        if answer.verdict is Verdict.ACCEPTED and any(map(self.refuses, parcels)):
            return REFUSED
        if answer.verdict in {Verdict.ACCEPTED, Verdict.UNKNOWN}:
            for parcel in parcels:
                self.take(parcel)
        return answer

    def take(self, parcel: Parcel) -> None:
        """Store a parcel as a partner does: an upsert of the fields that came, or a delete."""
        if parcel.sent[EXISTS]:
            self.holds.setdefault((parcel.entity, parcel.key), {}).update(parcel.sent)
        else:
            self.holds.pop((parcel.entity, parcel.key), None)

    @property
    def sent(self) -> list[Row]:
        """What travelled, one row per parcel."""
        return [parcel.sent for call in self.calls for parcel in call]

    def close(self) -> None:
        self.closed = True


class Gathering(Target):
    """A target whose calls carry one record, but several of one entity."""

    def __init__(self, entity: str, together: int) -> None:
        super().__init__(batch=1)
        self.gathered = {entity: together}

    def together(self, entity: str) -> int:
        return self.gathered.get(entity, self.batch)


class Feed(Target):
    """A target that is told every change."""

    follows = True

    def __init__(self) -> None:
        super().__init__(batch=1)
        self.events: list[FeedEvent] = []

    def send_event(self, event: FeedEvent, deadline: float) -> Outcome:
        self.events.append(event)
        answer = self.answers.pop(0) if self.answers else OK
        if isinstance(answer, Exception):
            raise answer
        return answer


class Post(World):
    """A world with an outbox that is worked by hand; delays without jitter."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.targets: dict[str, Target] = {}
        self.policy = Policy(Retry([1, 5, 15, 60, 300, 900], jitter=lambda: 1.0))
        self.leases = Leases(engine)

    def aim(self, name: str, target: Target | None = None) -> Target:
        """Let a partner be told."""
        self.targets[name] = target or Target()
        return self.targets[name]

    def connection(self, name: str) -> Connection:
        with db.reading(self.engine) as session:
            return session.scalars(select(Connection).where(Connection.name == name)).one()

    def setup(self, name: str, **columns: Any) -> None:
        with db.writing(self.engine) as session:
            connection = session.scalars(select(Connection).where(Connection.name == name)).one()
            for column, value in columns.items():
                setattr(connection, column, value)

    def pump(self, name: str, window: int = 1000) -> int:
        connection, target = self.connection(name), self.targets[name]
        return db.retrying(self.engine, lambda session: pump(session, connection, target, window, self.now))

    def claim(self, name: str) -> Claim:
        connection, target = self.connection(name), self.targets[name]
        return db.retrying(self.engine, lambda session: claim(session, connection, target, self.now))

    def settle(self, claimed: Claim, outcome: Outcome) -> Settled:
        return db.retrying(
            self.engine,
            lambda s: settle(s, claimed, claimed.parcels, outcome, policy=self.policy, started=self.now),
        )

    def courier(self, name: str) -> Courier:
        left = float("inf")
        return Courier(
            self.engine, self.connection(name), self.targets[name], self.policy, 30.0, self.leases, lambda: left
        )

    def carry(self, *names: str) -> None:
        """Pump and carry for targets until there is nothing to do at this moment."""
        for name in names or self.targets:
            while self.pump(name):
                pass
            while self.courier(name).carry_next():
                pass

    def deliveries(self, **columns: Any) -> list[Delivery]:
        with db.reading(self.engine) as session:
            return list(session.scalars(select(Delivery).filter_by(**columns).order_by(Delivery.copy_id)))

    def attempts(self) -> list[Attempt]:
        with db.reading(self.engine) as session:
            return list(session.scalars(select(Attempt).order_by(Attempt.id)))


@contextmanager
def post(engine: Engine) -> Iterator[Post]:
    """A world with an outbox, whose clock the hub reads."""
    made = Post(engine)
    with clock.replaced(lambda: made.now):
        yield made
