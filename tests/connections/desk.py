"""Dialects as this room sees them, and an operator with a vault of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, field_validator
from sqlalchemy import Engine

from synchub import clock
from synchub.connections import options, registry
from synchub.connections.credentials import Vault
from synchub.connections.rotation import rotate
from synchub.connections.tables import Connection
from synchub.db import reading, writing

START = 1_800_000_000 * clock.SECOND
ENTITIES = {"customer": ("name", "phone"), "item": ("name",)}


class Settings(BaseModel):
    url: str | None = None
    keys: dict[str, str] = {}
    parallel: int = 4
    key_template: str = "{source}-{key}"
    mode: Literal["state", "changes"] = "state"

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if not value.startswith("http"):
            raise ValueError("must start with http")
        return value


class Pointed(BaseModel):
    url: str


@dataclass(frozen=True)
class Kind:
    """A dialect, as far as this room knows one."""

    name: str
    credentials: Sequence[str] = ()
    outbound: Sequence[str] = ()
    settings: type[BaseModel] = Settings
    entities: frozenset[str] = frozenset({"customer", "item"})
    matches_code: bool = True


TOKEN = Kind("token", ("token",), ("target_token",))
LOGIN = Kind("login", ("username", "password"), matches_code=False)
SIGNED = Kind("signed", ("secret",), settings=Pointed)
KINDS = {kind.name: kind for kind in (TOKEN, LOGIN, SIGNED)}


@dataclass
class Desk:
    """An operator at work on a store, at a time of the test's own."""

    engine: Engine
    vault: Vault = field(default_factory=lambda: Vault("a key that is long enough for the tests"))
    now: int = START

    def add(self, name: str, kind: Kind = TOKEN, **said: Any) -> dict[str, str]:
        with writing(self.engine) as session:
            return registry.add(session, self.vault, kind, name, options.read(kind, ENTITIES, said))[1]

    def change(self, name: str, **said: Any) -> list[str]:
        with writing(self.engine) as session:
            connection = registry.get(session, name)
            kind = KINDS[connection.dialect]
            wish = options.read(kind, ENTITIES, said)
            return [str(one) for one in registry.change(session, self.vault, kind, connection, wish)]

    def rotate(self, name: str, given: Mapping[str, str] = {}, **more: Any) -> dict[str, str]:
        with writing(self.engine) as session:
            connection = registry.get(session, name)
            return rotate(session, self.vault, KINDS[connection.dialect], connection, given=given, **more)

    def set(self, name: str, **columns: Any) -> None:
        with writing(self.engine) as session:
            for column, value in columns.items():
                setattr(registry.get(session, name), column, value)

    def row(self, name: str) -> Connection:
        with reading(self.engine) as session:
            return registry.get(session, name)

    def wait(self, seconds: float) -> None:
        self.now += round(seconds * clock.SECOND)
