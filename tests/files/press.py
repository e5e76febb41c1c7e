"""Files of one connection, from the spool into the store: a table of customers and one of parts, read by name."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, select

from synchub import clock
from synchub.alerts.tables import Alert
from synchub.config import Settings
from synchub.connections.tables import Connection
from synchub.db import reading, writing
from synchub.errors import Unreadable
from synchub.files import spool
from synchub.files.places import Entry
from synchub.files.reader import Bad, Columns, Table
from synchub.files.running import advance
from synchub.files.settings import FileSettings
from synchub.files.steady import Sight
from synchub.files.tables import FileRun
from synchub.files.taking import Take, take
from synchub.intake.journal import body_of
from synchub.intake.tables import Message
from synchub.master.convergence import Mode
from synchub.master.entities.parties import Customer
from synchub.master.tables import CrossReference
from synchub.master.values import clean
from synchub.master.writes import Write

CUSTOMERS = Table("customers", "Customers", "customer", ("id",))
VISITS = Table("visits", "Visits", "customer", ("id",), 3)
TABLES = [CUSTOMERS, VISITS]
OURS = {"name", "phone"}
DIALECT = "test"


class Reader:
    """Customers by id; `pin` is a secret, `poison` in a name makes a row that the store cannot take."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    def tables(self) -> Sequence[Table]:
        return TABLES

    def table_of(self, name: str) -> Table | None:
        return next((one for one in TABLES if re.match(one.name, name)), None)

    def columns(self, table: Table, header: Sequence[str]) -> Columns:
        if "id" not in header:
            raise Unreadable("its first line has no column id")
        place = header.index("id")
        unknown = tuple(name for name in header if name not in OURS | {"id", "pin"})
        secrets = frozenset(place for place, name in enumerate(header) if name == "pin")

        def read(values: Sequence[str]) -> Write | Bad:
            key = clean(values[place])
            if key is None:
                return Bad("the record has no id")
            if self._settings.get("strict") and not key.isdecimal():
                return Bad("the id is no number")
            said = dict(zip(header, values, strict=True))
            fields: dict[str, Any] = {name: clean(said[name]) for name in header if name in OURS}
            if fields.get("name") == "poison":
                fields["name"] = b"nothing that an image holds"
            return Write("customer", key, Mode.PARTIAL, fields, {name: said[name] for name in unknown})

        missing = tuple(sorted(OURS - set(header)))
        return Columns(read, unknown, missing, secrets, (place,), lambda values: clean(values[place]))


class Press:
    """A connection, its spool, and whoever reads it."""

    def __init__(self, engine: Engine, folder: Path, name: str = "partner", **settings: Any) -> None:
        self.engine = engine
        self.settings = Settings(_env_file=None, data_dir=folder / "data")
        with writing(engine) as session:
            now = clock.now()
            made = Connection(name=name, dialect=DIALECT, guid=uuid4(), created_at=now, settings=settings)
            made.matches_code = False
            session.add(made)
            session.flush()
            self.connection = made.id

    def deliver(self, content: str | bytes, name: str = "customers.csv", as_of: int | None = None) -> int:
        """Put a file into the spool and make a run of it."""
        raw = content.encode() if isinstance(content, str) else content
        kept = spool.write(self.settings.data_dir, [raw], len(raw))
        now = clock.now()
        table = name.partition(".")[0].partition("_")[0]
        took = Take(DIALECT, table, Sight(Entry(name, len(raw), now), now, now), kept, now if as_of is None else as_of)
        with writing(self.engine) as session:
            take(session, self.connection, took, FileSettings())
            return session.scalars(select(FileRun.id).order_by(FileRun.id.desc())).first() or 0

    def advance(self) -> bool:
        """One step."""
        return advance(self.engine, self.settings, {DIALECT: Reader})

    def press(self, content: str | bytes, name: str = "customers.csv", as_of: int | None = None) -> FileRun:
        """Deliver a file and read it as far as it goes."""
        run = self.deliver(content, name, as_of)
        while self.advance():
            pass
        return self.run(run)

    def run(self, id_: int) -> FileRun:
        with reading(self.engine) as session:
            return session.get_one(FileRun, id_)

    def change(self, **settings: Any) -> None:
        """Change the connection's settings."""
        with writing(self.engine) as session:
            connection = session.get_one(Connection, self.connection)
            connection.settings = connection.settings | settings

    def names(self) -> dict[str, str | None]:
        """The name of each customer, by key."""
        with reading(self.engine) as session:
            pairs = select(CrossReference.external_key, Customer.name).join(
                Customer, Customer.id == CrossReference.record_id
            )
            mine = pairs.where(Customer.exists, CrossReference.connection_id == self.connection)
            return dict(session.execute(mine).all())

    def messages(self) -> list[Message]:
        with reading(self.engine) as session:
            return list(session.scalars(select(Message).order_by(Message.received_at, Message.line, Message.id)))

    def bad(self) -> dict[int | None, tuple[str | None, bytes]]:
        """The rows in quarantine: reason and bytes by line."""
        return {
            message.line: (message.error, body_of(message, self.settings.data_dir))
            for message in self.messages()
            if message.state == "refused"
        }

    def alerts(self) -> list[tuple[str, str]]:
        """What lasts: kind and subject."""
        with reading(self.engine) as session:
            return [(one.kind, one.subject) for one in session.scalars(select(Alert).where(Alert.cleared_at == 0))]

    def spooled(self) -> list[str]:
        return [path.name for path in spool.path_of(self.settings.data_dir, "").iterdir()]
