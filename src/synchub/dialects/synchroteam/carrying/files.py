"""Attachments and photos in files: their bytes lie beside them, by their SHA-256."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.dialects.dialect import Enclosed
from synchub.dialects.synchroteam.carrying.cargo import Cargo, Taken
from synchub.dialects.synchroteam.files import ATTACHMENT, PHOTO
from synchub.dialects.synchroteam.kinds import Kind

BYTES = Enclosed("sha256", "fileName")


def _cargo(kind: Kind) -> Cargo:
    typed = db.table_of(kind.made)

    def complete(session: Session, rows: Sequence[Taken]) -> None:
        """A new file has bytes."""
        records = [row.copy.record_id for row in rows if row.copy is not None]
        held = select(typed.c.id).where(db.among(typed.c.id, sorted(records)), typed.c.content.is_not(None))
        known = set(session.scalars(held))
        for row in rows:
            if (
                row.said
                and row.copy is not None
                and row.copy.record_id not in known
                and not row.said.fields.get("content")
            ):
                row.reject(f"{BYTES.digest} is required")

    return Cargo(kind, complete=complete, enclosed=BYTES)


FILES = tuple(map(_cargo, (ATTACHMENT, PHOTO)))
