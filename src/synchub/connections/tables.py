"""A partner system, as one row."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from synchub.db import Base, Json

HUB = 0
"""The id of the hub's own connection, whose external keys are our codes."""


class Quota(Base):
    """How many of its requests of the present minute a connection has used, over all processes.

    The minute begins (microseconds) with the first request after the last one.
    """

    __tablename__ = "quota"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True, autoincrement=False)
    began_at: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int] = mapped_column(Integer)


class Connection(Base):
    """A partner system: who it is, how it proves it, what it may write and is told.

    Times are microseconds since the epoch. An inactive connection may not come in and is not told; a paused
    one may come in. `writes` is a list of entities (None: all that its dialect can send). `told` maps entity
    to a list of fields or to None for all fields (None instead of the map: all entities that its dialect can
    carry). `credentials` maps an inbound secret's name to its digests, newest first, each with the moment at
    which it ends (None: it does not); `sealed` holds outbound secrets, encrypted. `settings` are those of the
    dialect that differ from its defaults. `rules_version` counts the changes of what its word weighs; `weighed_to` is
    the record id up to which its records were weighed anew after the last of them (None: all are). A target in trouble
    is not called before `backoff_until`, and before `rests_until` by its own wish, whatever else it answers meanwhile.
    """

    __tablename__ = "connection"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    dialect: Mapped[str] = mapped_column(String(32))
    guid: Mapped[UUID] = mapped_column(Uuid)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    paused: Mapped[bool] = mapped_column(Boolean, default=False)
    rank: Mapped[int] = mapped_column(Integer, default=0)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    writes: Mapped[list[str] | None] = mapped_column(Json)
    told: Mapped[dict[str, list[str] | None] | None] = mapped_column(Json)
    deletes_record: Mapped[bool] = mapped_column(Boolean, default=True)
    matches_code: Mapped[bool] = mapped_column(Boolean, default=True)
    credentials: Mapped[dict[str, list[tuple[str, int | None]]]] = mapped_column(Json, default=dict)
    login: Mapped[str | None] = mapped_column(String(128), index=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    allowed_addresses: Mapped[list[str]] = mapped_column(Json, default=list)
    rate_limit: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[int] = mapped_column(BigInteger)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    backoff_until: Mapped[int] = mapped_column(BigInteger, default=0)
    backoff_count: Mapped[int] = mapped_column(Integer, default=0)
    backoff_reason: Mapped[str | None] = mapped_column(Text)
    rests_until: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    rules_version: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    weighed_to: Mapped[int | None] = mapped_column(Integer)

    @property
    def is_target(self) -> bool:
        """Whether there is an address to call it at; it is told only while it is active and not paused, too."""
        return bool(self.settings.get("url"))
