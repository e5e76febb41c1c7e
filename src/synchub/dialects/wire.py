"""Wire models: a vendor's words as pydantic models, which are the mapping between its words and our columns.

The attributes of a wire model are columns of the entity that it carries, its aliases are the vendor's words.
So parsing maps in, dumping by alias maps out, and a validation error speaks the vendor's words:

    class SetSite(Wire, entity=Warehouse, key=("code",)):
        code: Annotated[str, Field(min_length=1, max_length=32)] = Field(alias="SiteCode")
        name: Annotated[str | None, Field(max_length=256)] = Field(None, alias="SiteName")

Words are matched in any letter case; of two spellings of one word the later wins. Only what was set is taken
from a parsed row: a default is never a statement. Words that the model does not know are kept apart, in the
vendor's spelling, and reach no column.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from synchub.master.copies import Row
from synchub.master.entities import Entity, entity_of
from synchub.master.values import clean, spell, storable

SLICE = 500
"""Rows in one validation call, which holds the interpreter while it runs."""

_KEY_PART = re.compile(r"(?:[^\\|]|\\.)*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Also:
    """A mark on a field: another word of the vendor for it, read but never written."""

    word: str


class Secret:
    """A mark on a field: it is redacted before anything is kept or logged, and is never a statement."""


SECRET = Secret()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row (numbered from 1): the word in the vendor's spelling, and the rule it breaks."""

    row: int
    word: str
    rule: str

    def __str__(self) -> str:
        return " ".join(filter(None, (f"row {self.row}:", self.word, self.rule)))


class Wire(BaseModel):
    """The parent of all wire models.

    `entity` is the entity that the model carries, `key` the attributes that make the external key. Every
    other attribute must be a column of the entity or carry the `SECRET` mark; a key attribute may be a column too.
    """

    model_config = ConfigDict(
        coerce_numbers_to_str=True, str_strip_whitespace=True, extra="ignore", hide_input_in_errors=True
    )

    entity: ClassVar[type[Entity]]
    key_parts: ClassVar[tuple[str, ...]] = ()
    words: ClassVar[Mapping[str, str]] = {}
    """The vendor's words, lower case, to the word that the model is validated with."""
    secrets: ClassVar[frozenset[str]] = frozenset()
    """The vendor's words, lower case, whose values are to be redacted."""
    columns: ClassVar[Mapping[str, str]] = {}
    """The attributes that are columns, each with the word that the model is validated with."""

    def __init_subclass__(
        cls, *, entity: type[Entity] | None = None, key: tuple[str, ...] | None = None, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        if entity is not None:
            cls.entity = entity
        if key is not None:
            cls.key_parts = key

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        spoken = {name: info.alias or name for name, info in cls.model_fields.items()}
        marks = [(word, mark) for name, word in spoken.items() for mark in cls.model_fields[name].metadata]
        also = {mark.word.lower(): word for word, mark in marks if isinstance(mark, Also)}
        cls.words = also | {word.lower(): word for word in spoken.values()}
        secret = {word for word, mark in marks if mark is SECRET}
        cls.secrets = frozenset(spelt for spelt, word in cls.words.items() if word in secret)
        if hasattr(cls, "entity"):
            cls.columns = {name: spoken[name] for name in spoken if name in cls.entity.fields()}
            stray = {name for name in spoken if name not in cls.columns and spoken[name] not in secret}
            if stray := stray - set(cls.key_parts):
                message = f"{cls.__name__}: {entity_of(cls.entity)} has no column {', '.join(sorted(stray))}"
                raise TypeError(message)

    @classmethod
    def fold(cls, row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """The row in the words that the model is validated with, and apart from it what the model lacks."""
        known: dict[str, Any] = {}
        extra: dict[str, str] = {}
        words = cls.words
        for spelt, value in row.items():
            word = words.get(spelt.lower())
            if word is None:
                extra[storable(spelt)] = _as_sent(value)
            elif isinstance(value, str) and (not value.isascii() or "\x00" in value):
                known[word] = unicodedata.normalize("NFC", value).replace("\x00", "")
            else:
                known[word] = value
        return known, extra

    def stated(self) -> Row:
        """The columns that the row names, as image values."""
        columns = self.columns
        values = self.__dict__
        return {name: spell(values[name]) for name in self.model_fields_set if name in columns}

    def external_key(self) -> str:
        """The key that the partner knows the record by."""
        return compose_key([clean(str(getattr(self, name))) or "" for name in self.key_parts])

    @classmethod
    def of_image(cls, key: str, values: Row) -> Self:
        """The row that says these image values of the record with this key, but for those that it lacks.

        Raises:
            ValidationError: a value does not fit; `faults_of` reads it.
            ValueError: the key is none of this model, or not what the values say.
        """
        row = {word: values[name] for name, word in cls.columns.items() if name in values}
        for name, part in zip(cls.key_parts, split_key(key, len(cls.key_parts)), strict=True):
            word = cls.model_fields[name].alias or name
            if values.get(name) not in {None, part}:
                raise ValueError(f"{word} is {part} in the key, but {values[name]} in the record")
            row[word] = part
        return cls.model_validate(row)

    def dump(self) -> dict[str, Any]:
        """The row in the vendor's words, without what was not set."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


Model = TypeVar("Model", bound=Wire)


@dataclass(slots=True)
class Parsed(Generic[Model]):
    """The rows of a request, each with what its model does not know; or the first faults and their count."""

    rows: list[tuple[Model, dict[str, str]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    count: int = 0


def parse(model: type[Model], rows: Sequence[Any], *, most: int = 20) -> Parsed[Model]:
    """The rows as models, validated slice by slice; after a fault the rest is only searched for more."""
    parsed: Parsed[Model] = Parsed()
    adapter = _adapter(model)
    for start in range(0, len(rows), SLICE):
        folded = [model.fold(row) if isinstance(row, dict) else (row, {}) for row in rows[start : start + SLICE]]
        try:
            made = adapter.validate_python([known for known, _ in folded])
        except ValidationError as error:
            parsed.count += error.error_count()
            if len(parsed.faults) < most:
                parsed.faults.extend(_first(faults_of(error, start), most - len(parsed.faults)))
        else:
            if not parsed.count:
                parsed.rows.extend(zip(made, (extra for _, extra in folded), strict=True))
    return parsed


@cache
def _adapter(model: type[Model]) -> TypeAdapter[list[Model]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]  # a list of whatever model was given


def _first(faults: Iterable[Fault], most: int) -> Iterator[Fault]:
    return (fault for _, fault in zip(range(most), faults, strict=False))


def faults_of(error: ValidationError, start: int = 0) -> Iterator[Fault]:
    """The faults that a validation found; its rows are numbered from `start` on."""
    for problem in error.errors(include_url=False):
        place = problem["loc"]
        row = place[0] if place and isinstance(place[0], int) else 0
        word = next((step for step in place if isinstance(step, str)), "")
        yield Fault(
            start + row + 1,
            word,
            _rule(problem["type"], problem["input"], problem.get("ctx", {}), problem["msg"]),
        )


def _rule(kind: str, given: Any, context: Mapping[str, Any], message: str) -> str:
    """The rule that was broken, in few words."""
    if kind == "missing" or given is None or kind == "string_too_short":
        return "is required"
    if kind == "string_too_long":
        return f"max {context['max_length']}, got {len(str(given).strip())}"
    return {
        "string_type": f"must be text, got {_kind_of(given)}",
        "string_unicode": "is not readable as Unicode text",
        "model_type": f"must be an object, got {_kind_of(given)}",
        "model_attributes_type": f"must be an object, got {_kind_of(given)}",
    }.get(kind, message)


def _kind_of(value: Any) -> str:
    """What JSON calls the value."""
    names: dict[type, str] = {dict: "an object", list: "an array", bool: "true or false", str: "text"}
    return names.get(type(value), "a number")


def _as_sent(value: Any) -> str:
    """A value without a column, as text: texts as they are, all else as JSON."""
    return storable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def compose_key(parts: Sequence[str]) -> str:
    r"""One external key of the parts that a partner knows a record by.

    They are joined by `|`, with `\` before each `|` and `\` in a part; a single part is the key as it stands.
    """
    if len(parts) == 1:
        return parts[0]
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)


def split_key(key: str, count: int) -> list[str]:
    """The parts that `compose_key` made a key of.

    Raises:
        ValueError: the key has not that many parts.
    """
    if count == 1:
        return [key]
    parts, place = [], 0
    while match := _KEY_PART.match(key, place):
        parts.append(re.sub(r"\\(.)", r"\1", match.group(), flags=re.DOTALL))
        place = match.end() + 1
        if place > len(key):
            break
    if len(parts) != count:
        message = f"the key {key} has {len(parts)} parts, not {count}"
        raise ValueError(message)
    return parts
