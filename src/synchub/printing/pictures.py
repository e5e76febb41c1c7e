"""Pictures as they are printed: upright, on white, no larger than the eye can tell."""

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 1400
"""The longer side of a printed picture: 300 dots per inch at half the width of a page."""


@dataclass(frozen=True, slots=True)
class Printable:
    """A picture that can be printed, and its width by its height."""

    content: BytesIO
    shape: float
    media_type: str

    def within(self, width: float, height: float) -> tuple[float, float]:
        """Its size if it is drawn as large as a frame allows."""
        return (width, width / self.shape) if width / self.shape <= height else (height * self.shape, height)


def printable(content: bytes | None) -> Printable | None:
    """A picture as JPEG, or as PNG where it is drawn rather than taken; None if it cannot be read."""
    from PIL import Image, ImageOps  # it comes with fpdf2

    unreadable = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with Image.open(BytesIO(content or b"")) as picture:
            picture.draft("RGB", (MOST_PIXELS, MOST_PIXELS))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((MOST_PIXELS, MOST_PIXELS))
            return _saved(upright, "JPEG" if picture.format == "JPEG" else "PNG")
    except unreadable:
        return None


def _saved(picture: "Image", form: str) -> Printable:
    """A picture without transparency, which paper does not have."""
    saved = BytesIO()
    _on_white(picture).save(saved, form, quality=85, optimize=True)
    saved.seek(0)
    return Printable(saved, picture.width / picture.height, f"image/{form.lower()}")


def _on_white(picture: "Image") -> "Image":
    from PIL import Image as Making

    if not picture.has_transparency_data:
        return picture.convert("RGB")
    drawn = picture.convert("RGBA")
    white = Making.new("RGBA", drawn.size, "white")
    return Making.alpha_composite(white, drawn).convert("RGB")
