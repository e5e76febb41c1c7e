"""The demo's connections, one of every dialect, and what a newcomer is told about them."""

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from synchub import dialects
from synchub.config import Settings
from synchub.connections import registry
from synchub.connections.credentials import LOGINS, Vault
from synchub.connections.options import Wish
from synchub.connections.rotation import rotate
from synchub.db import writing
from synchub.demo.secrets import Secrets, file_of, keep, kept, name_of, store_of
from synchub.dialects.dialect import Dialect
from synchub.errors import Misconfigured


def prepare(engine: Engine, settings: Settings, page: str) -> Secrets:
    """Make the demo connections, or find them, and keep their secrets; `page` is the URL at which the demo receives."""
    known, made = kept(settings), {}
    vault = Vault(settings.secret_key.get_secret_value())
    for name, dialect in dialects.find().items():
        given = {each: known[name_of(name, each)] for each in dialect.credentials if name_of(name, each) in known}
        with writing(engine) as session:
            made[name] = _connect(session, vault, dialect, given, page)
    keep(settings, made)
    return made


def _connect(session: Session, vault: Vault, dialect: Dialect, given: dict[str, str], page: str) -> dict[str, str]:
    """The credentials of a dialect's demo connection, which has them afterwards."""
    name = f"demo-{dialect.name}"
    wish = Wish(secrets=given, settings={} if dialect.surface else {"url": page})
    connection = registry.find(session, name)
    if connection is None:
        return registry.add(session, vault, dialect, name, wish)[1]
    if len(given) < len(dialect.credentials):
        made = rotate(session, vault, dialect, connection, given={}, grace=0, forget=True)
        given = dict.fromkeys(dialect.credentials, connection.login or name) | made
    try:
        registry.change(session, vault, dialect, connection, Wish(secrets=given, settings=wish.settings))
    except Misconfigured:  # the demo's key was lost
        secrets = {each: value for each, value in given.items() if each not in LOGINS}
        rotate(session, vault, dialect, connection, given=secrets, grace=0, forget=True)
    return given


def banner(settings: Settings, base: str, page: str, made: Secrets) -> str:
    """What a newcomer needs: where things are, and a working call per dialect."""
    places = {
        "the hub": base,
        "its API": f"{base}/docs",
        "what arrived": page,
        "its store": store_of(settings).resolve(),
        "its secrets": file_of(settings).resolve(),
    }
    lines = ["synchub runs with demo connections.", ""]
    lines += [f"  {name:14}{place}" for name, place in places.items()]
    for name, dialect in dialects.find().items():
        for sample in dialect.samples(base, made[name]) if dialect.samples else ():
            lines += ["", f"{dialect.title}:", "", f"  {sample}"]
    return "\n".join([*lines, ""])
