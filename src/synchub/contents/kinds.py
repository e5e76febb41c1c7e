"""What a content is, by its first bytes, and by its name where the bytes do not say."""

from fnmatch import fnmatchcase
from mimetypes import MimeTypes

UNKNOWN = "application/octet-stream"
_FIRST = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
    b"%PDF-": "application/pdf",
}
_BRANDS = {
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
}
"""The kinds of pictures that begin with a box `ftyp` (ISO/IEC 23008-12)."""
_TOLD = frozenset({*_FIRST.values(), *_BRANDS.values(), "image/webp", "image/bmp"})
_OFFICE = "application/vnd.openxmlformats-officedocument."
_NAMES = MimeTypes(filenames=())
for _ending, _kind in (("docx", "wordprocessingml.document"), ("xlsx", "spreadsheetml.sheet")):
    _NAMES.add_type(_OFFICE + _kind, f".{_ending}")


def recognised(content: bytes) -> str | None:
    """The media type that the first bytes show."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[:2] == b"BM" and content[6:10] == bytes(4):
        return "image/bmp"
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12])
    return next((kind for first, kind in _FIRST.items() if content.startswith(first)), None)


def media_type(content: bytes, name: str) -> str:
    """The media type of a file; a name that says what its bytes would show, and do not, is not believed."""
    if (shown := recognised(content)) is not None:
        return shown
    named = _NAMES.guess_type(name, strict=False)[0]
    return UNKNOWN if named is None or named in _TOLD else named


def allowed(kind: str, patterns: str) -> bool:
    """Whether a media type fits one of the patterns, which stand with commas between them."""
    return any(fnmatchcase(kind, pattern.strip().lower()) for pattern in patterns.split(","))
