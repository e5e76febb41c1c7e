"""A SyncData request: `{"form": name, "data": [row, …]}`, read row by row.

One call to a JSON parser holds the interpreter until it is done; read row by row, a body of megabytes leaves others
their turn. Words are matched in any letter case, as in the rows. Numbers with a point are read as decimals, exactly.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from synchub.dialects.fast.faults import (
    EMPTY,
    FORBIDDEN,
    MISSHAPEN,
    MOST_FAULTS,
    UNKNOWN_FORM,
    Declined,
    structure,
)
from synchub.dialects.fast.wire import FORMS
from synchub.dialects.wire import parse
from synchub.master.entities import entity_of
from synchub.master.values import storable
from synchub.master.writes import Write

_BLANKS = re.compile(r"[ \t\r\n]*")


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_number, strict=False)


@dataclass(slots=True)
class _Scan:
    """A place in a JSON text; `most` are the values that an array may have."""

    text: str
    most: int
    at: int = 0

    def sees(self, mark: str) -> bool:
        """Whether the next character is this mark, which then is passed."""
        self.skip()
        if not self.text.startswith(mark, self.at):
            return False
        self.at += 1
        return True

    def skip(self) -> None:
        """Pass blanks."""
        blanks = _BLANKS.match(self.text, self.at)
        self.at = blanks.end() if blanks else self.at

    def take(self, mark: str) -> None:
        """Pass a mark that must be next."""
        if not self.sees(mark):
            raise ValueError(f"'{mark}' expected at character {self.at}")

    def value(self) -> Any:
        """The next value; of an array the values are read one by one."""
        if self.sees("["):
            values = list(islice(self._elements(), self.most + 1))
            if len(values) > self.most:
                raise Declined(MISSHAPEN, f"Invalid request: more than {self.most} rows (SYNCHUB_MAX_ROWS)")
            return values
        return self._whole()

    def _whole(self) -> Any:
        self.skip()
        made, self.at = _DECODER.raw_decode(self.text, self.at)
        return made

    def _elements(self) -> Iterator[Any]:
        if self.sees("]"):
            return
        yield self._whole()
        while not self.sees("]"):
            self.take(",")
            yield self._whole()

    def members(self) -> Iterator[tuple[str, Any]]:
        """The members of the object that is the whole text, their names in lower case."""
        self.take("{")
        if not self.sees("}"):
            yield self._member()
            while not self.sees("}"):
                self.take(",")
                yield self._member()
        self.skip()
        if self.at < len(self.text):
            raise ValueError(f"more text at character {self.at}")

    def _member(self) -> tuple[str, Any]:
        name = self._whole()
        if not isinstance(name, str):
            raise ValueError(f"a name expected at character {self.at}")  # noqa: TRY004 - the text is at fault
        self.take(":")
        return name.lower(), self.value()


def decode(body: bytes, most: int) -> tuple[str, list[Any]]:
    """The form's name and the rows of a request, at most so many; no data is no rows.

    Raises:
        Declined: the body is no such request.
    """
    try:
        members = dict(_Scan(body.decode("utf-8-sig"), most).members())
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise Declined(MISSHAPEN, f"Invalid request: the body is no JSON object ({str(error)[:200]})") from None
    form, data = members.get("form"), members.get("data")
    if not isinstance(form, str):
        raise Declined(MISSHAPEN, "Invalid request: 'form' must be the name of a form")
    if not isinstance(data, list | None):
        raise Declined(MISSHAPEN, "Invalid request: 'data' must be an array of objects")
    return form.strip(), data or []


def read(body: bytes, writes: list[str] | None, most: int) -> list[Write]:
    """What a request of at most so many rows asks of the store, if its connection may write these entities (None: all).

    Raises:
        Declined: it is answered with an error's code instead.
    """
    name, rows = decode(body, most)
    form = FORMS.get(name.lower())
    if form is None:
        raise Declined(UNKNOWN_FORM, f"Form does not exist: {storable(name[:64])}")
    if writes is not None and entity_of(form.entity) not in writes:
        raise Declined(FORBIDDEN, f"No permission for form {form.form}")
    if not rows:
        raise Declined(EMPTY, "Data is empty")
    parsed = parse(form, rows, most=MOST_FAULTS)
    if parsed.count:
        raise structure(parsed.faults, parsed.count, len(rows))
    return [row.write(extra) for row, extra in parsed.rows]
