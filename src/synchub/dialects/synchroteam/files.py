"""Files and photos as records: their kinds, and how bytes come in.

A file's bytes are kept by their SHA-256 (`contents`), which is what `content` of its record says.
"""

import base64
import binascii
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.contents.keeping import Kept
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.kinds import Kind, Reference
from synchub.dialects.synchroteam.views import Seen, load, matching, may_read
from synchub.dialects.synchroteam.words import Key, Text, Whole, text_out
from synchub.dialects.wire import Wire
from synchub.master.copies import Row as Fields
from synchub.master.entities.field_service import Attachment, Photo

_DIGEST = re.compile(r"[0-9a-f]{64}")
_BLANKS = re.compile(r"\s+")


def _digest(value: Any) -> str | None:
    text = str(value or "").strip().lower()
    if text and not _DIGEST.fullmatch(text):
        raise PydanticCustomError("digest", "must be a SHA-256 in 64 hexadecimal digits")
    return text or None


Digest = Annotated[str | None, BeforeValidator(_digest), PlainSerializer(text_out)]


class AttachmentRow(Wire, entity=Attachment, key=("code",)):
    """A file; the vendor shows none, so all words but `fileName` are ours."""

    code: Key = Field(None, alias="myId")
    file_name: Text = Field(None, alias="fileName")
    media_type: Text = Field(None, alias="mediaType")
    size: Whole = Field(None, alias="size")
    content: Digest = Field(None, alias="sha256")
    comment: Text = Field(None, alias="comment")


class PhotoRow(Wire, entity=Photo, key=("code",)):
    """A photo; the vendor shows `iteration`, `fileName` and `comment`, the other words are ours."""

    code: Key = Field(None, alias="myId")
    report_item: Whole = Field(None, alias="idItem")
    iteration: Whole = Field(None, alias="iteration")
    file_name: Text = Field(None, alias="fileName")
    media_type: Text = Field(None, alias="mediaType")
    size: Whole = Field(None, alias="size")
    content: Digest = Field(None, alias="sha256")
    comment: Text = Field(None, alias="comment")


OF_JOB = Reference("job_id", JOB, id="idJob", key="jobMyId", name="num")
OF_CUSTOMER = Reference("customer_id", CUSTOMER, id="idCustomer", key="customerMyId", name="customerName")

ATTACHMENT = Kind(
    Attachment,
    AttachmentRow,
    noun="attachment",
    plural="attachments",
    root="Attachment",
    named="file_name",
    filters={"fileName": "file_name"},
    references=(OF_JOB, OF_CUSTOMER),
    required=("file_name", "content"),
)
PHOTO = Kind(
    Photo,
    PhotoRow,
    noun="photo",
    plural="photos",
    root="Photo",
    named="file_name",
    filters={"fileName": "file_name"},
    references=(OF_JOB,),
    required=("content",),
)


def photos_of(session: Session, connection: Connection, job: int) -> list[Seen]:
    """The photos of a job that a connection may see, by the iterations of their items and by their ids."""
    if not may_read(connection, PHOTO, "content"):
        return []
    ids = matching(session, connection, PHOTO, [db.table_of(Photo).c.job_id == job])
    return sorted(load(session, connection, PHOTO, ids), key=lambda seen: (seen.row.iteration or 0, seen.id))


def read_bytes(value: Any, word: str) -> bytes:
    """The bytes of a text in base64; blanks and line ends in it say nothing.

    Raises:
        Declined: it is none, or blank.
    """
    text = _BLANKS.sub("", value) if isinstance(value, str) else None
    if not text:
        raise Declined(f"{word} is required" if text == "" or value is None else f"{word} must be text in base64")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Declined(f"{word} must be text in base64") from None


def columns_of(kept: Kept) -> Fields:
    """What a record says of bytes that are kept."""
    return {"content": kept.digest, "size": str(kept.size), "media_type": kept.media_type}
