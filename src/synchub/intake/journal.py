"""The journal: the row of a message, and the raw bytes that arrived.

A body is kept zlib-compressed. From `large_body` bytes on it is a file of the data directory, named by the SHA-256 of
the body, so that a body that arrives twice is kept once. All processes of one hub see one data directory.
"""

import hashlib
import os
import tempfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from synchub import clock
from synchub.config import Settings
from synchub.errors import NotFound
from synchub.intake.submission import Answer, Arrival, Kept, Submission
from synchub.intake.tables import Message
from synchub.master.writes import Applied

ACCEPTED, REPEAT, REFUSED = "accepted", "repeat", "refused"

LEVEL = 1  # the quick one: the disk saved by a better one costs the door more than it is worth
MOST_NOTES = 100


def keep(body: bytes, settings: Settings) -> Kept:
    """Put raw bytes where the journal has them; a large body is on the disk, with its name, when this returns."""
    packed = zlib.compress(body, LEVEL)
    if len(body) < settings.large_body:
        return Kept(packed, None)
    name = hashlib.sha256(body).hexdigest()
    _store(settings.data_dir, name, packed)
    return Kept(None, name)


def body_of(message: Message, data_dir: Path) -> bytes:
    """The raw bytes of a message as they arrived, unpacked.

    Raises:
        NotFound: its file is not in the data directory.
    """
    if message.body_file is None:
        return zlib.decompress(message.body) if message.body else b""
    try:
        return zlib.decompress(_path(data_dir, message.body_file).read_bytes())
    except FileNotFoundError:
        raise NotFound(f"the body of message {message.id} is not under {data_dir}: is it this hub's?") from None


def _path(data_dir: Path, name: str) -> Path:
    return data_dir / "bodies" / name[:2] / name


def _store(data_dir: Path, name: str, packed: bytes) -> None:
    path = _path(data_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _write_whole(path, packed)
    for folder in (path.parent, path.parent.parent, data_dir):
        _flush_folder(folder)


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that is either there with all its bytes, or not there."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise


def _flush_folder(folder: Path) -> None:
    """Bring a folder's own entries to the disk, also those that another process has just made."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def accepted(submission: Submission, kept: Kept, seen: int, applied: Applied, answer: Answer) -> dict[str, Any]:
    """The row of a message that was stored, or that was refused and is kept for the operator."""
    return _row(submission.arrival, kept, seen) | {
        "state": ACCEPTED if submission.refusal is None else REFUSED,
        "first_number": applied.first_number,
        "last_number": applied.last_number,
        "counts": dict(Counter(verdict.kind.value for verdict in applied.verdicts)),
        "answer": answer,
        "notes": _notes(submission),
        "error": submission.refusal,
    }


def repeated(submission: Submission, kept: Kept, seen: int, first: UUID, answer: Answer) -> dict[str, Any]:
    """The row of a message that repeats another one and was answered like it."""
    return _row(submission.arrival, kept, seen) | {"state": REPEAT, "parent_id": first, "answer": answer}


def amend(session: Session, message: UUID, answer: Answer) -> None:
    """Keep another answer of a message: what was still to be waited for when it was stored has come."""
    session.execute(update(Message).where(Message.id == message).values(answer=answer))


def _row(arrival: Arrival, kept: Kept, seen: int) -> dict[str, Any]:
    """What every row says; all rows have the same columns, so that they are one statement."""
    return {
        "id": arrival.id,
        "parent_id": None,
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


def _notes(submission: Submission) -> list[str] | None:
    notes = [problem for write in submission.writes for problem in write.problems]
    if len(notes) > MOST_NOTES:
        notes[MOST_NOTES:] = [f"and {len(notes) - MOST_NOTES} more"]
    return notes or None
