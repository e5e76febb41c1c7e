"""Alerts, as rows."""

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from synchub.db import Base, BigKey


class Alert(Base):
    """One trouble: of which kind, of which connection (0: of the hub itself), about what.

    Times are microseconds. `seen` counts how often it was met since it was raised; `cleared_at` is 0 while it lasts, so
    that there is one lasting alert per connection, kind and subject.
    """

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(Text)
    said: Mapped[str] = mapped_column(Text)
    seen: Mapped[int] = mapped_column(Integer, default=1)
    raised_at: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger)
    cleared_at: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (
        Index(
            "ix_alert_lasting",
            "connection_id",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("cleared_at = 0"),
            postgresql_where=text("cleared_at = 0"),
        ),
        Index("ix_alert_raised_at", "raised_at"),
    )
