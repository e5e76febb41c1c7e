"""Contents and links, as rows."""

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from synchub.db import Base


class Content(Base):
    """Bytes that are kept: `digest` is their SHA-256 in hex, `media_type` what their first bytes or their name say.

    The bytes are on the disk, or in the object store, before the row is committed.
    """

    __tablename__ = "content"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[int] = mapped_column(BigInteger)


class Link(Base):
    """How often the public links of a record were withdrawn, and when last (microseconds); no row: never.

    The token of a link is worked out from the hub's key, the record and this number, so each withdrawal makes another.
    """

    __tablename__ = "link"

    entity: Mapped[str] = mapped_column(String(32), primary_key=True)
    record_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    withdrawn: Mapped[int] = mapped_column(Integer)
    revoked_at: Mapped[int] = mapped_column(BigInteger)
