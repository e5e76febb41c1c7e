"""On SQLite one process tells partners and one collects files.

Each frees what it finds claimed, as whoever had claimed it must be dead.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from synchub.cli.store import sqlite_file
from synchub.config import Role, Settings
from synchub.locks import only

DOES = {Role.WORK: ("worker", "tells partners from"), Role.COLLECT: ("collector", "collects files into")}
"""The roles of which there is one on SQLite, each with what its lock is called and what it does."""


@contextmanager
def alone(settings: Settings, *roles: Role) -> Iterator[None]:
    """Be the one process that has these roles for a store on SQLite; a process that dies is it no more.

    Raises:
        Misconfigured: another process has one of them.
    """
    store = sqlite_file(settings)
    with ExitStack() as held:
        for role, (name, does) in DOES.items():
            if store is not None and role in roles:
                held.enter_context(_only(store, name, does))
        yield


def _only(store: Path, name: str, does: str) -> AbstractContextManager[None]:
    refusal = (
        f"another process {does} {store} already: stop it, or set SYNCHUB_DATABASE_URL to "
        "PostgreSQL, where any number may"
    )
    return only(store.resolve().with_name(f"{store.resolve().name}.{name}"), refusal)
