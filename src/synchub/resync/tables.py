"""What is to be told again, as one row."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from synchub.db import Base, BigKey, Json


class State(StrEnum):
    """Whether more is to be put into the outbox, all was put, or somebody said to stop."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class Resync(Base):
    """One resync.

    `source_id` is the connection whose word is restated (None: the golden records are sent as they are), `entities` the
    only ones concerned (None: all), `chosen` the record ids in rising order (None: everything), `cursor` the record id
    up to which all is put. A worker leaves it alone before `due`. `first_number` to `last_number` are the numbers R of
    its windows; `total` is how many records there were to begin with, `records`, `restated` and `copies` count what was
    put, `gone` the copies left out because their partner said that they are gone.
    """

    __tablename__ = "resync"

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"))
    entities: Mapped[list[str] | None] = mapped_column(Json)
    chosen: Mapped[list[int] | None] = mapped_column(Json)
    blanks: Mapped[bool] = mapped_column(Boolean, default=True)
    state: Mapped[str] = mapped_column(String(16), default=State.RUNNING.value)
    cursor: Mapped[int] = mapped_column(Integer, default=0)
    due: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    records: Mapped[int] = mapped_column(Integer, default=0)
    restated: Mapped[int] = mapped_column(Integer, default=0)
    copies: Mapped[int] = mapped_column(Integer, default=0)
    gone: Mapped[int] = mapped_column(Integer, default=0)
    first_number: Mapped[int | None] = mapped_column(BigInteger)
    last_number: Mapped[int | None] = mapped_column(BigInteger)
    asked_by: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    message_id: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_resync_state", "state"), Index("ix_resync_message_id", "message_id"))
