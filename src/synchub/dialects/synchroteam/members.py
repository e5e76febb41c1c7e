"""Lists of objects within a row: read member by member, and kept as one value.

Words of a member are read in any letter case. What is wrong with one of them names its row, counted from 1.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from synchub.dialects.synchroteam.words import listed, part_of, read_flag, read_whole
from synchub.master.values import spell_list

Member = dict[str, Any]
Kind = TypeVar("Kind")


def objects(value: Any, what: str) -> Iterator[tuple[int, Member]]:
    """The objects of a list, with the rows that they stand in and their words in small letters."""
    members = [value] if isinstance(value, Mapping) else listed(value, what)
    for row, one in enumerate(members, 1):
        if not isinstance(one, Mapping):
            raise PydanticCustomError("objects", "must be a list of {what}: row {row} is none", _told(row, what=what))
        yield row, {str(name).lower(): each for name, each in one.items()}


def _told(row: int, **more: Any) -> dict[str, Any]:
    return {"row": row, **more}


def reader_of(what: str, read: Callable[[Member], Member]) -> BeforeValidator:
    """Reads a list of objects; what is wrong with one of them names its row."""

    def all_of(value: Any) -> str | None:
        made = []
        for row, one in objects(value, what):
            try:
                made.append(read(one))
            except PydanticCustomError as error:
                raise PydanticCustomError("member", "row {row}: {why}", _told(row, why=error.message())) from None
        return spell_list(made)

    return BeforeValidator(all_of)


def text_in(one: Member, *words: str) -> str | None:
    """The first of these words that says something."""
    return next((text for word in words if (text := part_of(one.get(word.lower()), word))), None)


def number_in(one: Member, word: str) -> int | None:
    """A number that is none where it is blank or below 0, as an id is."""
    number = _read(one, word, read_whole)
    return None if number is None or number < 0 else number


def id_in(one: Member, word: str) -> int | None:
    """An id; 0 where the member says that there is no record (null or 0), None where it does not speak of it."""
    return 0 if one.get(word.lower(), "") is None else number_in(one, word)


def flag_in(one: Member, word: str) -> bool:
    """A truth value; a blank is false."""
    return bool(_read(one, word, read_flag))


def _read(one: Member, word: str, read: Callable[[Any], Kind | None]) -> Kind | None:
    try:
        return read(one.get(word.lower()))
    except PydanticCustomError as error:
        raise PydanticCustomError("member", "{word} {why}", {"word": word, "why": error.message()}) from None
