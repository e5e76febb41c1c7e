"""Values as images hold them, and as typed columns hold them.

An image value is a JSON scalar: text (NFC, no NUL), whole number, true, false, or None for a blank. Decimals and dates
are texts in one canonical spelling ("24", "0.5", "2026-09-16", in UTC "2026-09-16T12:43:00Z"), so equal values are
equal texts. A reference is the
partner's key. What cannot be read as its field's kind stays in the image as the text that arrived, and is None in the
typed column.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from synchub.db import ExactDecimal

Value = str | int | bool | None
"""A value of an image."""

MAX_DIGITS = 38
"""Before the point and after it, of what a column of numbers holds."""
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_MOMENT = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def storable(text: str) -> str:
    """The text without what a database cannot hold: NUL, and halves of surrogate pairs."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def clean(text: str) -> str | None:
    """Text in NFC, without NUL and surrounding blanks; None if nothing is left."""
    plain = text if text.isascii() else unicodedata.normalize("NFC", text)
    return plain.replace("\x00", "").strip() or None


def spell(value: object) -> Value:
    """The image value of a Python value.

    Raises:
        TypeError: the value is of a kind that images do not hold.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Decimal):
        return spell_decimal(value)
    if isinstance(value, date):
        return value.isoformat()[:10]
    message = f"an image holds no {type(value).__name__}"
    raise TypeError(message)


def spell_decimal(number: Decimal) -> str:
    """A decimal without exponent and trailing zeros: 24.00000000 is "24"."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def spell_list(values: Sequence[Any]) -> str | None:
    """A list as one value: JSON without blanks, in the order given; None if nothing is in it."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) if values else None


def as_list(value: Value) -> list[Any]:
    """The list that a value spells; empty if it spells none."""
    try:
        made = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        made = None
    return made if isinstance(made, list) else []


def as_text(value: Value) -> str | None:
    """The value of a text column."""
    return value if value is None or isinstance(value, str) else str(value)


def as_flag(value: Value) -> bool | None:
    """The value of a boolean column; None if it is neither true nor false."""
    if isinstance(value, bool):
        return value
    return {
        "1": True,
        "0": False,
        "y": True,
        "n": False,
        "yes": True,
        "no": False,
        "true": True,
        "false": False,
    }.get(str(value).lower())


def read_number(text: str) -> Decimal | None:
    """The number that a text of ASCII digits is, exactly, also with an exponent; None if it is none."""
    try:
        return Decimal(text) if _NUMBER.fullmatch(text) else None
    except InvalidOperation:  # its exponent is beyond all numbers
        return None


def as_decimal(value: Value) -> Decimal | None:
    """The value of an exact number's column; None if the text is no number."""
    number = None if value is None or isinstance(value, bool) else read_number(str(value))
    if number is None:
        return None
    places = len(number.as_tuple().digits) - 1 - number.adjusted()
    return number if number.adjusted() <= MAX_DIGITS and places <= MAX_DIGITS else None


def as_integer(value: Value) -> int | None:
    """The value of a whole number's column (64 bits); None if the text is none."""
    number = as_decimal(value)
    if number is None or number != number.to_integral_value() or not -(2**63) <= number < 2**63:
        return None
    return int(number)


def as_date(value: Value) -> date | None:
    """The value of a date's column; None if the text is no calendar date in ISO form."""
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def as_moment(value: Value) -> str | None:
    """The value of a moment's column: the text, if it is a moment in UTC to the second; else None."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        datetime.fromisoformat(match.group())
    except ValueError:
        return None
    return match.group()


def spell_moment(moment: datetime) -> str:
    """The image value of a moment: in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def reader(column: Any) -> Callable[[Value], Any]:
    """How a column reads an image value, by the column's type."""
    kind = column.type
    if isinstance(kind, ExactDecimal):
        return as_decimal
    if column.info.get("is_moment"):
        return as_moment
    return {bool: as_flag, int: as_integer, date: as_date}.get(kind.python_type, as_text)
