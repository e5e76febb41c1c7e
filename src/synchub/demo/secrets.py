"""The demo's secrets: made once, and kept in `demo.env` of the data directory for its owner alone."""

import secrets
from pathlib import Path

from pydantic import SecretStr

from synchub.config import Settings

KEY = "SYNCHUB_SECRET_KEY"

Secrets = dict[str, dict[str, str]]
"""The credentials of the demo connections: dialect → name → value."""


def fit(settings: Settings) -> Settings:
    """The settings of the demo: one process does everything, on a store and with a key of the demo's own."""
    key = kept(settings).get(KEY) or secrets.token_urlsafe(32)
    mine = {"database_url": f"sqlite:///{store_of(settings)}", "secret_key": SecretStr(key), "roles": "web,work"}
    return settings.model_copy(update=mine)


def store_of(settings: Settings) -> Path:
    """Where the demo keeps its records; the store beside it is the real one."""
    return settings.data_dir / "demo.db"


def file_of(settings: Settings) -> Path:
    """Where the demo keeps its secrets."""
    return settings.data_dir / "demo.env"


def kept(settings: Settings) -> dict[str, str]:
    """What the demo keeps, by name; nothing if it never ran here."""
    file = file_of(settings)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def name_of(dialect: str, credential: str) -> str:
    """The name of a credential in `demo.env`."""
    return f"DEMO_{dialect}_{credential}".upper()


def keep(settings: Settings, made: Secrets) -> None:
    """Write `demo.env` anew; nobody but its owner ever sees its content."""
    lines = ["# The secrets of the demo; made once, for this data directory only."]
    lines.append(f"{KEY}={settings.secret_key.get_secret_value()}")
    lines += [f"{name_of(dialect, name)}={value}" for dialect, each in made.items() for name, value in each.items()]
    draft = file_of(settings).with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft.replace(file_of(settings))
