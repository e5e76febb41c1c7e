"""The journal of everything that arrived."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from synchub.db import Base, Json


class Message(Base):
    """One request, file or row that arrived, taken or refused.

    `state` is accepted, repeat (answered like the accepted message that it repeats, its parent) or refused. `body`
    holds the raw bytes, zlib-compressed, marked secrets redacted; a large body stands in the data directory under
    `body_file`, the SHA-256 of its bytes (`journal.body_of` reads both). `seen` is the change number read before
    anything else, `first_number` to `last_number` its own.
    """

    __tablename__ = "message"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    parent_id: Mapped[UUID | None] = mapped_column(Uuid)
    line: Mapped[int | None] = mapped_column(Integer)
    surface: Mapped[str] = mapped_column(String(32))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    state: Mapped[str] = mapped_column(String(16))
    method: Mapped[str] = mapped_column(String(8))
    path: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[int] = mapped_column(BigInteger)
    duration: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int] = mapped_column(Integer)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    body_file: Mapped[str | None] = mapped_column(String(64))
    seen: Mapped[int] = mapped_column(BigInteger, default=0)
    first_number: Mapped[int | None] = mapped_column(BigInteger)
    last_number: Mapped[int | None] = mapped_column(BigInteger)
    counts: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    notes: Mapped[list[str] | None] = mapped_column(Json)
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_message_repeat", "connection_id", "digest", "seen"),
        Index("ix_message_received_at", "received_at"),
        Index("ix_message_parent_id", "parent_id"),
    )
