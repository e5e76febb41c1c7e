"""The schema: which migration this code needs, whether the store is fit for it, and how to bring it there.

Revisions are numbers with four digits, in one line. A store is fit if it is at our newest revision, or at a newer one
whose `oldest_code` (the one row of `schema_fitness`) is not above ours: an additive migration leaves that row alone,
one that older code cannot work on raises it.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Integer, String, select
from sqlalchemy.orm import Mapped, mapped_column

import synchub.alerts.tables
import synchub.audit.tables
import synchub.connections.tables
import synchub.contents.tables
import synchub.files.tables
import synchub.intake.tables
import synchub.master.entities
import synchub.outbox.tables
import synchub.resync.tables  # noqa: F401 - all tables must be known to METADATA
from synchub import db
from synchub.db import Base, reading, writing
from synchub.errors import Misconfigured

METADATA = Base.metadata


class SchemaFitness(Base):
    """The oldest revision whose code can work on the present schema."""

    __tablename__ = "schema_fitness"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    oldest_code: Mapped[str] = mapped_column(String(8))


def migrations_folder() -> Path:
    """Where the migrations are: inside an installed package, beside `src` in a checkout."""
    here = Path(__file__).resolve()
    packed = here.parent / "_migrations"
    return packed if packed.is_dir() else here.parents[2] / "migrations"


def newest_revision() -> str:
    """The revision that this code needs."""
    head = ScriptDirectory(str(migrations_folder())).get_current_head()
    if head is None:
        message = f"no migrations in {migrations_folder()}: the installation is incomplete"
        raise Misconfigured(message)
    return head


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the store's schema to a revision; of two that try at once, the second finds it done.

    Raises:
        Misconfigured: the schema is newer than any migration that this code knows.
    """
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    with writing(engine) as session:
        db.lock_digests(session, [b"synchub migrate"])
        present = MigrationContext.configure(session.connection()).get_current_revision()
        if present is not None and present > newest_revision():
            message = f"the store's schema is at {present}, newer than this synchub knows: install the newer synchub"
            raise Misconfigured(message)
        config.attributes["connection"] = session.connection()
        command.upgrade(config, revision)


def check(engine: Engine) -> None:
    """See that the store's schema is fit for this code.

    Raises:
        Misconfigured: it is missing, older than the code needs, or newer and marked as unfit; the text says what to do.
    """
    needed = newest_revision()
    with reading(engine) as session:
        present = MigrationContext.configure(session.connection()).get_current_revision()
        if present is None or present < needed:
            message = (
                f"the store's schema is at {present or 'nothing'}, this synchub needs {needed}: run 'synchub migrate'"
            )
            raise Misconfigured(message)
        oldest = session.scalar(select(SchemaFitness.oldest_code)) or "0"
        if oldest > needed:
            message = (
                f"the store's schema is at {present} and serves only a synchub with schema {oldest} or newer, "
                f"this one has {needed}: install the newer synchub"
            )
            raise Misconfigured(message)
