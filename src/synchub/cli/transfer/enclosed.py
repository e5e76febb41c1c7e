"""Bytes that belong to records: files beside those of the records, each named after its SHA-256."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from synchub import db
from synchub.cli.store import Opened
from synchub.cli.transfer.folders import CONTENTS
from synchub.config import Settings
from synchub.contents import keeping
from synchub.contents.keeping import Kept
from synchub.dialects.dialect import Enclosed, Line
from synchub.errors import Refused


@dataclass(slots=True)
class Shelf:
    """Where an export puts the bytes of its records."""

    settings: Settings
    folder: Path
    _seen: set[str] = field(default_factory=set)

    def noting(self, given: Iterator[str], enclosed: Enclosed) -> Iterator[str]:
        """The lines as they are; the bytes of each are put beside them."""
        for line in given:
            digest = json.loads(line)[enclosed.digest]
            if digest and digest not in self._seen:
                self._put(digest)
            yield line

    def _put(self, digest: str) -> None:
        self._seen.add(digest)
        folder = self.folder / CONTENTS
        folder.mkdir(exist_ok=True)
        (folder / digest).write_bytes(keeping.shelf(self.settings).get(digest))


@dataclass(slots=True)
class Enclosure:
    """Takes in the bytes of lines before the lines themselves are stored."""

    hub: Opened
    folder: Path
    enclosed: Enclosed
    dry_run: bool
    _fresh: dict[str, Kept] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def look(self, batch: Sequence[Line]) -> list[Line]:
        """The lines, with why one cannot be taken whose bytes are not there, or not fit."""
        return [self._looked(line) for line in batch]

    def _looked(self, line: Line) -> Line:
        row = _row(line)
        digest = str(row.get(self.enclosed.digest.lower()) or "").strip().lower()
        if line.fault or not digest or digest in self._seen:
            return line
        try:
            self._take(digest, str(row.get(self.enclosed.name.lower()) or digest))
        except Refused as error:
            return replace(line, fault=str(error))
        self._seen.add(digest)
        return line

    def _take(self, digest: str, name: str) -> None:
        path = self.folder / CONTENTS / digest
        if not digest.isalnum() or not path.is_file():
            with db.reading(self.hub.engine) as session:
                if not keeping.is_kept(session, digest):
                    raise Refused(f"its bytes are neither here nor in {CONTENTS}/{digest[:64]}")
            return
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise Refused(f"{CONTENTS}/{digest} holds other bytes than its name says")
        take = keeping.weigh if self.dry_run else keeping.keep
        self._fresh[digest] = take(content, name, self.hub.settings)

    def record(self, session: Session) -> None:
        """Write down what was kept, in the transaction that refers to it."""
        for digest in sorted(self._fresh):
            keeping.record(session, self._fresh[digest])

    def done(self) -> None:
        """What was written down is stored."""
        self._fresh.clear()


def _row(line: Line) -> dict[str, Any]:
    """What a line says, its words in small letters; nothing if it cannot be read."""
    try:
        row = json.loads(line.said)
    except (ValueError, RecursionError):
        return {}
    return {str(word).lower(): value for word, value in row.items()} if isinstance(row, dict) else {}
