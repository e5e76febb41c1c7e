"""GUIDs, by which the vendor names depots and requests: in any letter case in, in small letters out (STK-1).

A record whose key is none, as another partner gave it one, has one that is made of our id of it: version 8 of RFC 9562.
"""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from synchub.dialects.synchroteam.words import part_of
from synchub.master.naming import LONGEST_KEY

_MADE = (8 << 76) | (2 << 62)
_LARGEST = 2**48
_LENGTH = 36


def plain(text: str) -> str:
    """A GUID in small letters; all else as it is."""
    return text.lower() if _is_guid(text) else text


def shown(record: int, key: str) -> str:
    """The GUID of a record with this key."""
    return key.lower() if _is_guid(key) else str(UUID(int=_MADE | record))


def record_of(guid: str) -> int | None:
    """The record of which a GUID was made; None if it was not made here."""
    if not _is_guid(guid):
        return None
    record = UUID(guid).int ^ _MADE
    return record if record < _LARGEST else None


def _is_guid(text: str) -> bool:
    try:
        return len(text) == _LENGTH and bool(UUID(text))
    except ValueError:
        return False


def _read(value: Any) -> str | None:
    text = plain(part_of(value, "an id"))
    if text and not _is_guid(text):
        raise PydanticCustomError("guid", "must be a GUID")
    return text or None


_text_out = PlainSerializer(lambda value: value or "", return_type=str)
Guid = Annotated[str | None, BeforeValidator(_read), _text_out]
DepotKey = Annotated[
    Annotated[str, Field(max_length=LONGEST_KEY)] | None,
    BeforeValidator(lambda value: plain(part_of(value, "a key")) or None),
    _text_out,
]
"""The key of a depot: a GUID, or what another partner calls it."""
