"""What an operator may say about a connection, and how it is read.

Options come as text (`--set rank=10`) or as values of a reviewed file; both go through the same readers. A key is a
credential of the dialect, one of its outbound secrets, a rule that every connection has, or a setting of the dialect.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ValidationError

from synchub.connections.addresses import network
from synchub.connections.credentials import LOGINS, check_chosen
from synchub.errors import Misconfigured

HIGHEST_RANK = 999_999
"""The hub's own connection stands above every rank that a partner can have."""

Entities = Mapping[str, Collection[str]]
"""The entities of master data, each with its fields."""


class Kind(Protocol):
    """What this room needs to know of a dialect."""

    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> type[BaseModel]: ...
    @property
    def credentials(self) -> Sequence[str]: ...
    @property
    def outbound(self) -> Sequence[str]: ...
    @property
    def entities(self) -> frozenset[str]: ...
    @property
    def matches_code(self) -> bool: ...


@dataclass(slots=True)
class Wish:
    """Options by where they go: columns of the connection's row, secrets and log-ins, settings of its dialect."""

    columns: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


def read(kind: Kind, entities: Entities, options: Mapping[str, Any]) -> Wish:
    """Sort and read options by their keys.

    Raises:
        Misconfigured: a key is not known, or a value is not what its key asks for.
    """
    wish = Wish()
    for key, value in options.items():
        if key in {*kind.credentials, *kind.outbound}:
            check_chosen(key, str(value))
            wish.secrets[key] = str(value)
        elif key in RULES:
            column, reader = RULES[key]
            wish.columns[column] = _read(key, reader, value, kind, entities)
        elif key in kind.settings.model_fields:
            wish.settings[key] = _structured(value)
        else:
            raise Misconfigured(
                f"there is no setting '{key}' for dialect {kind.name}: known are {', '.join(known(kind))}"
            )
    return wish


def known(kind: Kind) -> list[str]:
    """All keys that a connection of this dialect understands."""
    return [*kind.credentials, *kind.outbound, *kind.settings.model_fields, *RULES]


def pairs(settings: Sequence[str]) -> dict[str, str]:
    """The options of `key=value` texts.

    Raises:
        Misconfigured: a text has no `=`, or a key comes twice.
    """
    options: dict[str, str] = {}
    for text in settings:
        key, sign, value = text.partition("=")
        if not sign or not key or key in options:
            raise Misconfigured(
                f"'{key}' is given twice" if key in options else f"'{text}' is not of the form key=value"
            )
        options[key] = value
    return options


def checked_settings(kind: Kind, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The dialect's settings as they are kept: only those that were given, as its model reads them.

    Raises:
        Misconfigured: the model refuses them; the text names the first that is wrong.
    """
    try:
        return kind.settings.model_validate(dict(settings)).model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(map(str, fault["loc"])) or kind.name
        says = "is needed" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
        raise Misconfigured(f"{name}: {says}") from None


def login_of(kind: Kind) -> str | None:
    """The credential of the dialect that says who is calling."""
    return next((name for name in kind.credentials if name in LOGINS), None)


def _structured(value: Any) -> Any:
    """A list or table written as JSON; anything else is left to the dialect's model."""
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


Reader = Callable[[Any, Kind, Entities], Any]


def _read(key: str, reader: Reader, value: Any, kind: Kind, entities: Entities) -> Any:
    try:
        return reader(value, kind, entities)
    except ValueError as error:
        raise Misconfigured(f"{key}: {error}") from None


def _rank(value: Any, _kind: Kind, _entities: Entities) -> int:
    number = int(value)
    if abs(number) > HIGHEST_RANK:
        raise ValueError(f"must lie between -{HIGHEST_RANK} and {HIGHEST_RANK}")
    return number


def _rate(value: Any, _kind: Kind, _entities: Entities) -> int | None:
    number = int(value or 0)
    if number < 0:
        raise ValueError("must be a number of requests a minute, 0 for no limit")
    return number or None


def _time_zone(value: Any, _kind: Kind, _entities: Entities) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone '{value}': write it as Europe/Vienna or UTC") from None


def _flag(value: Any, _kind: Kind, _entities: Entities) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    try:
        return words[str(value).lower()]
    except KeyError:
        raise ValueError(f"must be yes or no, not '{value}'") from None


def _deletes_record(value: Any, _kind: Kind, _entities: Entities) -> bool:
    if value not in {"record", "copy"}:
        raise ValueError("must be 'record' (its delete ends the record) or 'copy' (only what it holds itself)")
    return bool(value == "record")


def _addresses(value: Any, _kind: Kind, _entities: Entities) -> list[str]:
    return [str(network(text)) for text in _list(value)]


def _writes(value: Any, kind: Kind, _entities: Entities) -> list[str] | None:
    if value == "all":
        return None
    return [_one_of(name, kind.entities, "entity that this dialect writes") for name in _list(value)]


def _told(value: Any, _kind: Kind, entities: Entities) -> dict[str, list[str] | None] | None:
    if value == "all":
        return None
    parts = value.items() if isinstance(value, Mapping) else (part.partition(":")[::2] for part in _list(value))
    return {_one_of(name, entities, "entity"): _fields(fields, entities[name]) for name, fields in parts}


def _fields(value: Any, fields: Collection[str]) -> list[str] | None:
    """The fields of one entity: a list, texts joined by `+`, or nothing at all for every field."""
    names = value.split("+") if isinstance(value, str) and value else value
    if not names or names in (True, ["all"]):
        return None
    return [_one_of(name, fields, "field") for name in names]


def _one_of(name: str, names: Collection[str], what: str) -> str:
    if name not in names:
        raise ValueError(f"there is no {what} '{name}': known are {', '.join(sorted(names))}")
    return name


def _list(value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value
    return [part.strip() for part in parts if part.strip()]


RULES: dict[str, tuple[str, Reader]] = {
    "rank": ("rank", _rank),
    "time_zone": ("time_zone", _time_zone),
    "writes": ("writes", _writes),
    "told": ("told", _told),
    "deletes": ("deletes_record", _deletes_record),
    "matches_code": ("matches_code", _flag),
    "allowed_addresses": ("allowed_addresses", _addresses),
    "rate_limit": ("rate_limit", _rate),
    "active": ("active", _flag),
    "paused": ("paused", _flag),
}
"""The rules that every connection has: the column of each, and how it is read."""
