"""What must still be told, and each try to tell it."""

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from synchub.db import Base, BigKey, Json


class State(StrEnum):
    """Where a delivery stands: to be sent, the partner's fault, ours, or a correction answered again and again."""

    WAITING = "waiting"
    PARKED = "parked"
    DEAD = "dead"
    LOOP = "loop"


class Delivery(Base):
    """One copy that is being brought up to date, forced, or in trouble.

    `state` is waiting, parked (the partner's fault), dead (ours) or loop. A row with a `token` is claimed until
    `lease_until`. `wanted` is the record's number that the copy must reach, `forced` the number of a forced send.
    """

    __tablename__ = "delivery"

    copy_id: Mapped[int] = mapped_column(ForeignKey("cross_reference.id"), primary_key=True, autoincrement=False)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    entity: Mapped[str] = mapped_column(String(32))
    precedence: Mapped[int] = mapped_column(Integer, default=0)
    wanted: Mapped[int] = mapped_column(BigInteger)
    forced: Mapped[int] = mapped_column(BigInteger, default=0)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    due: Mapped[int] = mapped_column(BigInteger, default=0)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    token: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[int] = mapped_column(BigInteger)
    last_error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_delivery_due", "connection_id", "state", "precedence", "due"),)


class Attempt(Base):
    """One call to a target."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    duration: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(String(16))
    status: Mapped[int | None] = mapped_column(Integer)
    copies: Mapped[list[Any]] = mapped_column(Json)
    request: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_attempt_connection_id_at", "connection_id", "at"),)


class FeedLease(Base):
    """Who follows the change feed for a target that is told every change; only one worker at a time may."""

    __tablename__ = "feed_lease"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(String(36))
    lease_until: Mapped[int] = mapped_column(BigInteger)
