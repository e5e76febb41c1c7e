"""Attachments and photos in files: their bytes lie beside them, by their SHA-256."""

from synchub.dialects.dialect import Enclosed
from synchub.dialects.synchroteam.carrying.cargo import Cargo
from synchub.dialects.synchroteam.files import ATTACHMENT, PHOTO

_BYTES = Enclosed("sha256", "fileName")
FILES = tuple(Cargo(kind, required=("content",), enclosed=_BYTES) for kind in (ATTACHMENT, PHOTO))
