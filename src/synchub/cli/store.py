"""The hub that a command works on: its settings, its store, and the key that opens what is sealed there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from synchub.config import Settings
from synchub.connections.credentials import Vault
from synchub.db import open_engine
from synchub.demo.secrets import fit, store_of
from synchub.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Opened:
    """Settings, store and vault of this hub."""

    settings: Settings
    engine: Engine
    vault: Vault


@contextmanager
def opened(settings: Settings | None = None, *, must_exist: bool = True) -> Iterator[Opened]:
    """The hub, closed at the end.

    Raises:
        Misconfigured: the store's URL cannot be read, or (with `must_exist`) its SQLite file is not there.
    """
    settings = settings or (_at_hand() if must_exist else Settings())
    file = sqlite_file(settings)
    if file is not None and must_exist and not file.exists():
        raise Misconfigured(
            f"there is no store at {file}: run 'synchub migrate', or set SYNCHUB_DATA_DIR or SYNCHUB_DATABASE_URL"
        )
    if file is not None and not must_exist:
        file.parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.store_url)
    try:
        yield Opened(settings, engine, Vault(settings.secret_key.get_secret_value()))
    finally:
        engine.dispose()


def _at_hand() -> Settings:
    """The hub that was set up here; where nothing was but the demo has run, that."""
    settings = Settings()
    real = sqlite_file(settings)
    alone = not settings.database_url and real is not None and not real.exists() and store_of(settings).exists()
    return fit(settings) if alone else settings


def sqlite_file(settings: Settings) -> Path | None:
    """The file of a store that is SQLite on a disk.

    Raises:
        Misconfigured: the store's URL cannot be read.
    """
    try:
        url = make_url(settings.store_url)
    except (ArgumentError, ValueError):
        raise Misconfigured(
            "SYNCHUB_DATABASE_URL is no URL: write it as postgresql://user:password@host/name"
        ) from None
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise Misconfigured("SYNCHUB_DATABASE_URL must begin with sqlite:/// or postgresql://")
    is_file = url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}
    return Path(str(url.database)) if is_file else None


def migrate_store(settings: Settings | None = None) -> None:
    """Make the store's schema what this code needs; a store that is newer is left alone."""
    from synchub import schema

    with opened(settings, must_exist=False) as hub:
        schema.migrate(hub.engine)
