"""What tests of the door work with: partners, requests, a gate that holds the committer, a look into the journal."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.config import Settings
from synchub.connections.tables import Connection
from synchub.intake.committer import Committer
from synchub.intake.submission import Arrival, Receipt, Submission, digest_of
from synchub.intake.tables import Message
from synchub.intake.write import write
from synchub.master.convergence import Mode
from synchub.master.entities.parties import Customer
from synchub.master.writes import Verdict, Write

A, B = 1, 2
"""The partners."""

only_postgresql = pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def settings_for(folder: Path, **more: Any) -> Settings:
    return Settings(_env_file=None, data_dir=folder / "data", **more)


def join(engine: Engine, *partners: int) -> None:
    with db.writing(engine) as session:
        for partner in partners:
            session.add(
                Connection(id=partner, name=f"p{partner}", dialect="test", guid=uuid4(), created_at=clock.now())
            )


def customer(key: str, **fields: Any) -> Write:
    return Write("customer", key, Mode.PARTIAL, fields)


def request(*writes: Write, connection: int = A, body: bytes | None = None, **more: Any) -> Submission:
    """A request whose answer names its message and its verdicts; by default its body tells what it writes."""
    raw = repr([(w.key, w.fields) for w in writes]).encode() if body is None else body
    arrival = Arrival("test", connection, "POST", "/sync", raw, digest_of(raw))

    def answer(verdicts: Sequence[Verdict]) -> dict[str, Any]:
        return {"id": str(arrival.id), "verdicts": [verdict.kind.value for verdict in verdicts]}

    return Submission(arrival, writes, **{"answer": answer, "repeats": True} | more)


class Gate:
    """A writer that waits until it is opened, or for one step, and remembers how many came together."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.came = threading.Semaphore(0)
        self._opened = False
        self._turn = threading.Semaphore(0)

    def __call__(self, session: Session, submissions: Sequence[Submission], settings: Settings) -> list[Receipt]:
        self.came.release()
        if not self._opened:
            self._turn.acquire()
        self.groups.append(len(submissions))
        return write(session, submissions, settings)

    def open(self) -> None:
        self._opened = True
        self._turn.release()

    def step(self) -> None:
        self._turn.release()


@contextmanager
def running(engine: Engine, settings: Settings, **more: Any) -> Iterator[Committer]:
    committer = Committer(engine, settings, **more)
    committer.start()
    try:
        yield committer
    finally:
        committer.stop()


def messages(engine: Engine) -> list[Message]:
    """The journal, by arrival."""
    with db.reading(engine) as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def states(engine: Engine) -> list[str]:
    return [message.state for message in messages(engine)]


def phone_of(engine: Engine, key: str) -> str | None:
    with db.reading(engine) as session:
        return session.scalar(select(Customer.phone).where(Customer.code == key))


def keys_stored(engine: Engine) -> set[str]:
    with db.reading(engine) as session:
        return {code for code in session.scalars(select(Customer.code)) if code}


@contextmanager
def counted(engine: Engine, what: str) -> Iterator[list[str]]:
    """What the engine did meanwhile: `commit`, or `before_cursor_execute` with its statements."""
    seen: list[str] = []

    def see(_connection: Any, *parts: Any) -> None:
        seen.append(parts[1] if parts else what)

    event.listen(engine, what, see)
    yield seen
    event.remove(engine, what, see)
