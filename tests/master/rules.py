"""An operator who changes what a partner's word weighs, and what follows from it."""

from typing import Any

from tests.connections.desk import TOKEN
from tests.world import World

from synchub import db
from synchub.connections import registry
from synchub.connections.credentials import Vault
from synchub.connections.options import Wish
from synchub.connections.tables import Connection
from synchub.master.weighing import weigh_anew

VAULT = Vault("a key that is long enough for the tests")


def change_rules(hub: World, partner: str, **columns: Any) -> None:
    """Change a partner, and leave what follows from it to be done."""
    hub.wait()
    with db.writing(hub.engine) as session:
        registry.change(session, VAULT, TOKEN, registry.get(session, partner), Wish(columns=columns))


def weigh(hub: World, window: int = 500) -> list[int]:
    """Do what follows: how many records moved in each window."""
    hub.wait()
    windows = []
    while (moved := db.retrying(hub.engine, lambda session: weigh_anew(session, window))) is not None:
        windows.append(moved)
    return windows


def weigh_once(hub: World, window: int) -> int | None:
    """Do one window of it."""
    hub.wait()
    return db.retrying(hub.engine, lambda session: weigh_anew(session, window))


def partner_of(hub: World, name: str) -> Connection:
    """A partner as it is stored."""
    with db.reading(hub.engine) as session:
        return registry.get(session, name)
