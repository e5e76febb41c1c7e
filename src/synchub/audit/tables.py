"""What was done by hand, as rows."""

from typing import Any

from sqlalchemy import BigInteger, Identity, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from synchub.db import Base, BigKey, Json


class AuditEntry(Base):
    """One act: when (microseconds), by whom, on what, and what it changed."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(128))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    __table_args__ = (Index("ix_audit_entry_at", "at"),)
