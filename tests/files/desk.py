"""A collector at work on one store, and connections whose files it collects; their tables are things and parts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, select, update
from tests.waiting import PATIENCE

from synchub import clock
from synchub.alerts.tables import Alert
from synchub.config import Settings
from synchub.connections.credentials import Vault
from synchub.connections.directory import Directory
from synchub.connections.tables import Connection
from synchub.db import reading, writing
from synchub.files.collecting import Collector
from synchub.files.reader import Columns, Table
from synchub.files.tables import Collection, FileRun, FileSighting, State
from synchub.intake.tables import Message

KEY = "a key that is long enough for the tests"
TABLES = [Table(name, name.title(), "item", ("id",)) for name in ("things", "parts")]


class Reader:
    """Finds files by name: things.csv, THINGS_20261122.csv and the like."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    def tables(self) -> Sequence[Table]:
        return TABLES

    def table_of(self, name: str) -> Table | None:
        return next((one for one in TABLES if re.fullmatch(rf"(?i){one.name}[-_ 0-9tz]*(\.\w+)?", name)), None)

    def columns(self, table: Table, header: Sequence[str]) -> Columns:
        raise AssertionError((table, header))


class Desk:
    """A store with connections that have files; `ends` is how a run that is read ends, None: it is not read."""

    def __init__(self, engine: Engine, folder: Path, **settings: Any) -> None:
        self.engine, self.folder = engine, folder
        self.ends: State | None = State.DONE
        said = {"data_dir": folder / "data", "secret_key": KEY, "retry_delays": "0", **settings}
        self.settings = Settings(_env_file=None, **said)
        self.directory = Directory(engine, KEY)

    def connect(self, name: str = "partner", secrets: Mapping[str, str] | None = None, **settings: Any) -> int:
        """A connection with a local directory, unless the settings say otherwise; whatever is there is whole."""
        place = self.folder / name
        place.mkdir(exist_ok=True)
        chosen = {"files": str(place), "files_ready": "rename", "files_margin": 0, **settings}
        sealed = Vault(KEY).seal({key: [(value, None)] for key, value in (secrets or {}).items()})
        zone, created_at = chosen.pop("time_zone", "UTC"), chosen.pop("created_at", 0)
        with writing(self.engine) as session:
            made = Connection(
                name=name,
                dialect="test",
                guid=uuid4(),
                created_at=created_at,
                settings=chosen,
                sealed=sealed,
                time_zone=zone,
            )
            session.add(made)
            session.flush()
            return made.id

    def change(self, name: str = "partner", **settings: Any) -> None:
        """Change settings of a connection."""
        with writing(self.engine) as session:
            one = session.scalars(select(Connection).where(Connection.name == name)).one()
            one.settings = one.settings | settings
        self.directory = Directory(self.engine, KEY)

    def move_to(self, time_zone: str) -> None:
        """Change the time zone of all connections."""
        with writing(self.engine) as session:
            session.execute(update(Connection).values(time_zone=time_zone))
        self.directory = Directory(self.engine, KEY)

    def collector(self) -> Collector:
        """One more collector."""
        return Collector(self.engine, self.settings, {"test": Reader}, self.directory, self.advance)

    def look(self) -> dict[str, str]:
        """One look at everything, by a process of its own."""
        return self.collector().look()

    def advance(self) -> bool:
        """Read one file that was taken, in no time."""
        if self.ends is None:
            return False
        with writing(self.engine) as session:
            run = session.scalars(select(FileRun).where(FileRun.state == State.TAKEN).limit(1)).first()
            if run is not None:
                run.state, run.ended_at = self.ends, clock.now()
            return run is not None

    @contextmanager
    def collecting(self) -> Iterator[Collector]:
        """A collector that runs within the block."""
        collector = self.collector()
        collector.start()
        try:
            yield collector
        finally:
            collector.stop(PATIENCE)

    def put(self, name: str, content: str | bytes, place: str = "partner", modified: float | None = None) -> Path:
        """Put a file into a connection's directory."""
        path = self.folder / place / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if modified is not None:
            import os

            os.utime(path, (modified, modified))
        return path

    def names(self, place: str = "partner") -> list[str]:
        """The files below a connection's directory."""
        folder = self.folder / place
        return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())

    def runs(self) -> list[FileRun]:
        """All runs."""
        return self._all(FileRun, FileRun.id)

    def messages(self) -> list[Message]:
        """The journal."""
        return self._all(Message, Message.id)

    def sightings(self) -> list[FileSighting]:
        """What is seen and not moved away yet."""
        return self._all(FileSighting, FileSighting.name)

    def alerts(self, *kinds: str) -> list[Alert]:
        """All alerts, of some kinds."""
        return [one for one in self._all(Alert, Alert.id) if not kinds or one.kind in kinds]

    def collection(self, number: int) -> Collection:
        """What is kept of the looks at a connection's place."""
        return next(one for one in self.collections() if one.connection_id == number)

    def collections(self) -> list[Collection]:
        """What is kept of the looks at all places."""
        return self._all(Collection, Collection.connection_id)

    def _all(self, kind: type[Any], order: Any) -> list[Any]:
        with reading(self.engine) as session:
            return list(session.scalars(select(kind).order_by(order)))

    def end_runs(self, state: State) -> None:
        """Say how all runs ended."""
        with writing(self.engine) as session:
            session.execute(update(FileRun).values(state=state))

    def spooled(self) -> list[str]:
        """What is in the spool."""
        folder = self.settings.data_dir / "spool"
        return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []

    def content(self, run: FileRun) -> bytes:
        """What was taken for a run."""
        return (self.settings.data_dir / "spool" / str(run.spooled)).read_bytes()
