"""The tables of master data that every entity shares."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from synchub.db import Base, BigKey, Json

FIRST_RECORD = 1_000_000_000
"""The smallest record id; smaller numbers are partners' own."""
LARGEST_ID = 2**31 - 1
"""The largest record id that a column can hold."""


class Counter(Base):
    """The change counter and the number series, one row each, always the last lock of a transaction."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class MasterRecord(Base):
    """The identity of one master record; its typed fields stand in the table of its entity.

    `exists` and `exists_stamp` are the golden value and the stamp of its winning statement, `changed` the number of the
    last row that differed from a known copy, `last_stamp` the highest stamp given to a statement about this record.
    """

    __tablename__ = "master_record"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    entity: Mapped[str] = mapped_column(String(32))
    code: Mapped[str | None] = mapped_column(Text)
    label: Mapped[str | None] = mapped_column(Text)
    label_key: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, default=0)
    changed: Mapped[int] = mapped_column(BigInteger, default=0)
    exists: Mapped[bool] = mapped_column(Boolean, default=False)
    exists_stamp: Mapped[int] = mapped_column(BigInteger, default=0)
    last_stamp: Mapped[int] = mapped_column(BigInteger, default=0)
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("master_record.id"))

    __mapper_args__ = {"polymorphic_on": "entity"}  # noqa: RUF012 - SQLAlchemy reads it as a class attribute
    __table_args__ = (
        Index("ix_master_record_changed", "changed"),
        Index("ix_master_record_entity_code", "entity", "code"),
        Index("ix_master_record_entity_label_key", "entity", "label_key"),
    )


class CrossReference(Base):
    """One partner's copy of one record; `copies.Copy` reads and writes its documents.

    `their_id` is the number by which the partner knows the record beside its key, if it has one: it was imported, or
    answered when we created the record there. `heard_at` is when its partner last said all of it over and nothing had
    changed (microseconds; 0: not known), so that its word is newer than `known` tells. One that is `overruled` names
    another record in some field than the one that is true there.
    """

    __tablename__ = "cross_reference"

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    entity: Mapped[str] = mapped_column(String(32))
    external_key: Mapped[str] = mapped_column(Text)
    record_id: Mapped[int] = mapped_column(
        ForeignKey("master_record.id", deferrable=True, initially="DEFERRED"), index=True
    )
    home_record_id: Mapped[int] = mapped_column(Integer)
    their_id: Mapped[str | None] = mapped_column(Text)
    image: Mapped[dict[str, Any] | None] = mapped_column(Json)
    extra: Mapped[dict[str, str] | None] = mapped_column(Json)
    known: Mapped[dict[str, Any] | None] = mapped_column(Json)
    flight: Mapped[dict[str, Any] | None] = mapped_column(Json)
    ended: Mapped[dict[str, Any] | None] = mapped_column(Json)
    rounds: Mapped[list[Any] | None] = mapped_column(Json)
    row_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    sent_number: Mapped[int] = mapped_column(BigInteger, default=0)
    heard_at: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    overruled: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())

    __table_args__ = (
        UniqueConstraint("connection_id", "entity", "external_key"),
        Index(
            "ix_cross_reference_their_id",
            "connection_id",
            "entity",
            "their_id",
            sqlite_where=text("their_id IS NOT NULL"),
            postgresql_where=text("their_id IS NOT NULL"),
        ),
        Index(
            "ix_cross_reference_overruled",
            "connection_id",
            "entity",
            sqlite_where=text("overruled = 1"),
            postgresql_where=text("overruled"),
        ),
    )


class Change(Base):
    """One step of one record.

    `said` is field → [before, after, stamp] in the image of that connection's copy (stamp None: heard, not stated),
    `became` field → [before, after] in the golden record. `number` rises in commit order.
    """

    __tablename__ = "change"

    number: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    record_id: Mapped[int] = mapped_column(ForeignKey("master_record.id", deferrable=True, initially="DEFERRED"))
    version: Mapped[int] = mapped_column(Integer)
    connection_id: Mapped[int] = mapped_column(Integer)
    copy_id: Mapped[int | None] = mapped_column(BigKey)
    message_id: Mapped[UUID | None] = mapped_column(Uuid)
    at: Mapped[int] = mapped_column(BigInteger)
    verdict: Mapped[str] = mapped_column(String(16))
    said: Mapped[dict[str, Any]] = mapped_column(Json)
    became: Mapped[dict[str, Any]] = mapped_column(Json)

    __table_args__ = (
        Index("ix_change_record_id_number", "record_id", "number"),
        Index("ix_change_message_id", "message_id"),
    )
