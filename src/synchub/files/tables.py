"""Files, as rows."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, Index, Integer, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from synchub.db import Base, BigKey, Json
from synchub.files.settings import LONGEST_TABLE


class State(StrEnum):
    """How far a file has come.

    taken: it is in the spool; held: a guard wants a human's word; reading: rows are being stored; done; failed: it
    cannot be read as a file of this kind, or not any more, and no more of it is stored; refused: a human said not to
    read it.
    """

    TAKEN = "taken"
    HELD = "held"
    READING = "reading"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"


class FileRun(Base):
    """The progress of one file.

    `message_id` is its row in the journal, the parent of its bad rows. `name` is the one under which it was delivered,
    `modified_at`, `seen_at` and `as_of` (microseconds) its time on the server, its first sight there and the time for
    which its rows speak (see `Write.as_of`). `spooled` is its name in the spool until it is over. `position` is the
    offset (bytes) of the first row that is not stored yet, `line` its line (from 1). `rows` is how many there are as
    the scan counted, `rows_read` how many were read; `counts` has rows by verdict, `bad` those that are quarantined.
    `form` is what the scan found (encoding, delimiter, header, its columns that are unknown or missing), `checks` what
    the guards said. `moved_to` is the folder into which the delivered file was moved, or
    `nowhere` if it was removed; `lease_until` and `token` say
    whose turn it is to read it.
    """

    __tablename__ = "file_run"

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    message_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    table_name: Mapped[str] = mapped_column(String(LONGEST_TABLE))
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    modified_at: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    spooled: Mapped[str | None] = mapped_column(Text)
    form: Mapped[dict[str, Any] | None] = mapped_column(Json)
    checks: Mapped[list[str] | None] = mapped_column(Json)
    released: Mapped[bool] = mapped_column(Boolean, default=False)
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    line: Mapped[int] = mapped_column(Integer, default=0)
    rows: Mapped[int | None] = mapped_column(Integer)
    rows_read: Mapped[int] = mapped_column(Integer, default=0)
    bad: Mapped[int] = mapped_column(Integer, default=0)
    counts: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    missing: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(Text)
    moved_to: Mapped[str | None] = mapped_column(Text)
    taken_at: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)
    token: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        Index("ix_file_run_connection_id_digest", "connection_id", "digest"),
        Index("ix_file_run_connection_id_table_name", "connection_id", "table_name", "as_of"),
        Index("ix_file_run_state", "state"),
    )


class FileSighting(Base):
    """A file that was seen in a connection's place and is not taken yet, or could not be moved away since.

    `size` and `modified_at` (as the server says, microseconds) are those of the last look, `looks` how many looks in a
    row agree on them, `run_id` the run that was made of exactly this.
    """

    __tablename__ = "file_sighting"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    modified_at: Mapped[int] = mapped_column(BigInteger)
    first_seen_at: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[int] = mapped_column(BigInteger)
    looks: Mapped[int] = mapped_column(Integer, default=1)
    run_id: Mapped[int | None] = mapped_column(BigKey)


class Collection(Base):
    """When a connection's place is looked into, and by whom: one row per connection that has files.

    Times are microseconds. `token` is that of the process that looks until `lease_until`; `failures` counts the looks
    in a row that failed, `reason` says why in one line.
    """

    __tablename__ = "collection"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True, autoincrement=False)
    due: Mapped[int] = mapped_column(BigInteger, default=0)
    looked_at: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)
    token: Mapped[str | None] = mapped_column(String(32))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    reason: Mapped[str | None] = mapped_column(Text)


class FileMissing(Base):
    """A copy that a file should have held and did not.

    `state` is what was done about it: reported, flagged (until a file or a post has it again) or deleted.
    """

    __tablename__ = "file_missing"

    run_id: Mapped[int] = mapped_column(ForeignKey("file_run.id"), primary_key=True, autoincrement=False)
    copy_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    record_id: Mapped[int] = mapped_column(Integer)
    external_key: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))

    __table_args__ = (Index("ix_file_missing_record_id", "record_id"),)
