"""The journal: the row of a message, and the raw bytes that arrived.

A body is kept zlib-compressed. From `large_body` bytes on it is a file of the data directory, named by the SHA-256 of
the body, so that a body that arrives twice is kept once. All processes of one hub see one data directory.
"""

import hashlib
import os
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.config import Settings
from synchub.disk import put, settle_up
from synchub.errors import NotFound
from synchub.intake.submission import Answer, Arrival, Kept, Submission
from synchub.intake.tables import Message
from synchub.master.writes import Applied, Write

ACCEPTED, REPEAT, REFUSED = "accepted", "repeat", "refused"

BLOCK = 256 * 1024
LEVEL = 1  # the quick one: the disk saved by a better one costs the door more than it is worth
MOST_NOTES = 100
_MORE = re.compile(r"and ([0-9]+) more")


def keep(body: bytes, settings: Settings) -> Kept:
    """Put raw bytes where the journal has them; a large body is on the disk, with its name, when this returns."""
    packed = zlib.compress(body, LEVEL)
    if len(body) < settings.large_body:
        return Kept(packed, None)
    name = hashlib.sha256(body).hexdigest()
    put(_path(settings.data_dir, name), packed, settings.data_dir)
    return Kept(None, name)


def keep_file(blocks: Iterable[bytes], settings: Settings) -> str:
    """As `keep` for a body of any size, given block by block; returns the name of its file, which is on the disk."""
    digest, packer = hashlib.sha256(), zlib.compressobj(LEVEL)
    folder = settings.data_dir / "bodies"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as draft:
        try:
            for block in blocks:
                digest.update(block)
                draft.write(packer.compress(block))
            draft.write(packer.flush())
            draft.flush()
            os.fsync(draft.fileno())
            path = _path(settings.data_dir, digest.hexdigest())
            path.parent.mkdir(exist_ok=True)
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    settle_up(path, settings.data_dir)
    return path.name


def body_of(message: Message, data_dir: Path) -> bytes:
    """The raw bytes of a message as they arrived, unpacked.

    Raises:
        NotFound: its file is not in the data directory.
    """
    return b"".join(body_blocks(message, data_dir))


def body_blocks(message: Message, data_dir: Path) -> Iterator[bytes]:
    """The raw bytes of a message block by block, however many they are.

    Raises:
        NotFound: its file is not in the data directory.
    """
    if message.body_file is None:
        yield zlib.decompress(message.body) if message.body else b""
        return
    unpacker = zlib.decompressobj()
    try:
        with _path(data_dir, message.body_file).open("rb") as packed:
            while block := packed.read(BLOCK):
                yield unpacker.decompress(block)
    except FileNotFoundError:
        raise NotFound(f"the body of message {message.id} is not under {data_dir}: is it this hub's?") from None
    yield unpacker.flush()


def _path(data_dir: Path, name: str) -> Path:
    return data_dir / "bodies" / name[:2] / name


def accepted(submission: Submission, kept: Kept, seen: int, applied: Applied, answer: Answer) -> dict[str, Any]:
    """The row of a message that was stored, or that was refused and is kept for the operator."""
    return _row(submission.arrival, kept, seen) | {
        "state": ACCEPTED if submission.refusal is None else REFUSED,
        "first_number": applied.first_number,
        "last_number": applied.last_number,
        "counts": dict(Counter(verdict.kind.value for verdict in applied.verdicts)),
        "answer": answer,
        "notes": _notes(_problems(submission.writes)),
        "error": submission.refusal,
    }


def repeated(submission: Submission, kept: Kept, seen: int, first: UUID, answer: Answer) -> dict[str, Any]:
    """The row of a message that repeats another one and was answered like it."""
    return _row(submission.arrival, kept, seen) | {"state": REPEAT, "parent_id": first, "answer": answer}


def amend(session: Session, message: UUID, answer: Answer) -> None:
    """Keep another answer of a message: what was still to be waited for when it was stored has come."""
    session.execute(update(Message).where(Message.id == message).values(answer=answer))


def note(session: Session, message: UUID, said: str) -> None:
    """Add a note to a message."""
    earlier = session.execute(db.locked(select(Message.notes).where(Message.id == message))).scalar_one()
    session.execute(update(Message).where(Message.id == message).values(notes=_notes([said], earlier)))


def attach(session: Session, message: UUID, file: str) -> None:
    """Give a message the body that was kept of it block by block."""
    session.execute(update(Message).where(Message.id == message).values(body_file=file))


def refuse(session: Session, message: UUID, said: str) -> None:
    """A message that was accepted cannot be taken, or may not be."""
    session.execute(update(Message).where(Message.id == message).values(state=REFUSED, error=said))


def readmit(session: Session, message: UUID, answer: Answer) -> None:
    """A refused message was taken after all."""
    taken = {"state": ACCEPTED, "error": None, "answer": answer}
    session.execute(update(Message).where(Message.id == message).values(taken))


def extend(session: Session, message: UUID, writes: Iterable[Write], applied: Applied) -> None:
    """Add to a message what became of another part of its writes."""
    columns: list[Any] = [Message.counts, Message.notes, Message.first_number]
    so_far = session.execute(db.locked(select(*columns).where(Message.id == message))).one()
    tally = Counter(so_far.counts)
    tally.update(verdict.kind.value for verdict in applied.verdicts)
    values: dict[str, Any] = {"counts": dict(tally), "notes": _notes(_problems(writes), so_far.notes)}
    if applied.first_number is not None:
        values |= {"first_number": so_far.first_number or applied.first_number, "last_number": applied.last_number}
    session.execute(update(Message).where(Message.id == message).values(values))


def _row(arrival: Arrival, kept: Kept, seen: int) -> dict[str, Any]:
    """What every row says; all rows have the same columns, so that they are one statement."""
    return {
        "id": arrival.id,
        "parent_id": arrival.parent,
        "line": arrival.line,
        "surface": arrival.surface,
        "connection_id": arrival.connection,
        "method": arrival.method,
        "path": arrival.path,
        "digest": arrival.digest,
        "received_at": arrival.received_at,
        "duration": max(0, clock.now() - arrival.received_at),
        "content_type": arrival.content_type,
        "size": len(arrival.body),
        "body": kept.body,
        "body_file": kept.file,
        "seen": seen,
        "first_number": None,
        "last_number": None,
        "counts": {},
        "notes": None,
        "error": None,
    }


def _problems(writes: Iterable[Write]) -> Iterator[str]:
    return (problem for write in writes for problem in write.problems)


def _notes(said: Iterable[str], earlier: Sequence[str] | None = None) -> list[str] | None:
    """What is to be noted, after the notes that were kept earlier; of very many the rest is counted."""
    notes = list(earlier or ())
    more = int(match[1]) if notes and (match := _MORE.fullmatch(notes[-1])) else 0
    if more:
        notes.pop()
    notes += said
    more += max(0, len(notes) - MOST_NOTES)
    return [*notes[:MOST_NOTES], *([f"and {more} more"] if more else [])] or None
