"""What an operator may say about a connection, and how it is read.

Options come as text (`--set rank=10`) or as values of a reviewed file; both go through the same readers. A key is a
credential of the dialect, one of its outbound secrets, a rule that every connection has, or a setting of the dialect.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ValidationError

from synchub.connections.addresses import network
from synchub.connections.credentials import LOGINS, check_chosen
from synchub.errors import Misconfigured

HIGHEST_RANK = 999_999
"""The hub's own connection stands above every rank that a partner can have."""
HIGHEST_RATE = 1_000_000
LONGEST_SHOWN = 60
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")

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
            if not isinstance(value, str):
                raise Misconfigured(f"{key} must be a text, in quotation marks")
            check_chosen(key, value)
            wish.secrets[key] = value
        elif key in RULES:
            wish.columns[RULES[key].column] = _read(key, value, kind, entities)
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
        checked = kind.settings.model_validate(dict(settings)).model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(map(str, fault["loc"])) or kind.name
        says = "is needed" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
        raise Misconfigured(f"{name}: {says}") from None
    if checked.get("url") and not _has_host(checked["url"]):
        raise Misconfigured(f"url: '{checked['url']}' names no host that can be called: write https://host/path")
    return checked


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


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


class Rule(NamedTuple):
    """A rule: its column, how it is read, and what it must be.

    A reader raises ValueError with its own words, or TypeError and the like for what has not the form at all.
    """

    column: str
    read: Reader
    form: str


def _read(key: str, value: Any, kind: Kind, entities: Entities) -> Any:
    rule = RULES[key]
    try:
        return rule.read(value, kind, entities)
    except ValueError as error:
        raise Misconfigured(f"{key}: {error}") from None
    except (TypeError, AttributeError):
        raise Misconfigured(f"{key}: must be {rule.form}, not {_short(value)}") from None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def _whole(value: Any) -> int:
    if not _WHOLE.fullmatch(str(value)):
        raise TypeError
    return int(value)


def _rank(value: Any, _kind: Kind, _entities: Entities) -> int:
    number = _whole(value)
    if abs(number) > HIGHEST_RANK:
        raise ValueError(f"must lie between -{HIGHEST_RANK} and {HIGHEST_RANK}")
    return number


def _rate(value: Any, _kind: Kind, _entities: Entities) -> int | None:
    number = 0 if value == "" else _whole(value)
    if not 0 <= number <= HIGHEST_RATE:
        raise TypeError
    return number or None


def _time_zone(value: Any, _kind: Kind, _entities: Entities) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone '{value}': write it as Europe/Vienna or UTC") from None


def _flag(value: Any, _kind: Kind, _entities: Entities) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if str(value).lower() not in words:
        raise TypeError
    return words[str(value).lower()]


def _deletes_record(value: Any, _kind: Kind, _entities: Entities) -> bool:
    if value not in {"record", "copy"}:
        raise TypeError
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
    if names is True or names in ("", [], ["all"]):
        return None
    return [_one_of(name, fields, "field") for name in names]


def _one_of(name: str, names: Collection[str], what: str) -> str:
    if name not in names:
        raise ValueError(f"there is no {what} '{name}': known are {', '.join(sorted(names))}")
    return name


def _list(value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value
    return [part.strip() for part in parts if part.strip()]


RULES: dict[str, Rule] = {
    "rank": Rule("rank", _rank, "a whole number"),
    "time_zone": Rule("time_zone", _time_zone, "Europe/Vienna or the like"),
    "writes": Rule("writes", _writes, "'all' or a list of entities"),
    "told": Rule("told", _told, "'all' or entities, each with its fields"),
    "deletes": Rule(
        "deletes_record",
        _deletes_record,
        "'record' (its delete ends the record) or 'copy' (only what it holds itself)",
    ),
    "matches_code": Rule("matches_code", _flag, "yes or no"),
    "allowed_addresses": Rule("allowed_addresses", _addresses, "a list of addresses and networks"),
    "rate_limit": Rule("rate_limit", _rate, "a number of requests a minute, 0 for no limit"),
    "active": Rule("active", _flag, "yes or no"),
    "paused": Rule("paused", _flag, "yes or no"),
}
"""The rules that every connection has."""
