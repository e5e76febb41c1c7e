"""A small world for tests of the rules: partners that speak to the store, are told by it, and a clock that stands
still.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import Engine, select

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.master import copies as copying
from synchub.master import store
from synchub.master.convergence import Mode, arrive, depart, difference, wished
from synchub.master.copies import Copy
from synchub.master.entities import ENTITIES
from synchub.master.tables import Change, CrossReference, MasterRecord
from synchub.master.values import Value, spell
from synchub.master.writes import Batch, Verdict, Write

START = 1_800_000_000 * clock.SECOND


class World:
    """Partners by name, on one store; `wait` moves the clock on."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = START
        self.partners: dict[str, int] = {}

    def join(self, *names: str, rank: int = 0, **columns: Any) -> None:
        """Add partners."""
        with db.writing(self.engine) as session:
            for name in names:
                self.partners[name] = len(self.partners) + 1
                values: dict[str, Any] = {
                    "dialect": "test",
                    "guid": uuid4(),
                    "created_at": self.now,
                    **columns,
                }
                session.add(Connection(id=self.partners[name], name=name, rank=rank, **values))

    def wait(self, seconds: float = 60.0) -> None:
        """Let time pass; by default more than any echo window."""
        self.now += int(seconds * clock.SECOND)

    def write(self, partner: str, *writes: Write) -> list[Verdict]:
        """Store what a partner sent in one message."""
        self.wait(1e-6)
        batch = Batch(self.partners[partner], uuid4(), writes)
        return db.retrying(self.engine, lambda session: store.apply(session, [batch]))[0].verdicts

    def say(
        self,
        partner: str,
        mode: Mode = Mode.PARTIAL,
        /,
        *,
        key: str = "K",
        entity: str = "customer",
        pause: float = 60.0,
        revives: bool = True,
        **fields: Value,
    ) -> str:
        """One row of a partner; answers the verdict."""
        self.wait(pause)
        return self.write(partner, Write(entity, key, mode, fields, revives=revives))[0].kind.value

    def delete(self, partner: str, **more: Any) -> str:
        """A partner's delete."""
        return self.say(partner, Mode.DELETE, **more)

    def copy(self, partner: str, key: str = "K", entity: str = "customer") -> Copy:
        """A partner's copy as it is stored."""
        with db.reading(self.engine) as session:
            row = session.execute(
                select(CrossReference.__table__).where(
                    CrossReference.connection_id == self.partners[partner],
                    CrossReference.entity == entity,
                    CrossReference.external_key == key,
                )
            ).one()
            return copying.load(row)

    def record(self, entity: str = "customer", code: str = "K") -> Any:
        """The typed record of a code."""
        with db.reading(self.engine) as session:
            made = ENTITIES[entity]
            return session.scalars(select(made).where(made.code == code)).one()

    def tell(self, partner: str, key: str = "K", entity: str = "customer", *, pause: float = 60.0) -> dict[str, Value]:
        """Deliver what a partner's copy lacks, and have it accepted at once; answers what was sent."""
        self.wait(pause)
        copy = self.copy(partner, key, entity)
        with db.writing(self.engine) as session:
            made = ENTITIES[entity]
            record = session.get_one(made, copy.record)
            wish = {name: spell(getattr(record, name)) for name in made.fields()}
            lives = wished(copy, exists=record.exists, stamp=record.exists_stamp)
            sent = difference(copy, wish if lives else None, tuple(made.fields()))
            if sent:
                depart(copy, sent, "token", record.changed, 0, self.now)
                arrive(copy, self.now)
                columns = copying.document(copy)
                session.execute(
                    CrossReference.__table__.update().where(CrossReference.__table__.c.id == copy.id).values(columns)
                )
        return sent

    def history(self) -> list[Change]:
        """All changes, oldest first."""
        with db.reading(self.engine) as session:
            return list(session.scalars(select(Change).order_by(Change.number)))

    def records(self) -> list[MasterRecord]:
        """All records, oldest first."""
        with db.reading(self.engine) as session:
            return list(session.scalars(select(MasterRecord).order_by(MasterRecord.id)))


Kind = TypeVar("Kind", bound=World)


@contextmanager
def world(engine: Engine, kind: type[Kind] = World) -> Iterator[Kind]:
    """A world whose clock the hub reads."""
    made = kind(engine)
    with clock.replaced(lambda: made.now):
        yield made
