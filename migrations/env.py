"""How Alembic reaches the store.

`synchub migrate` passes its connection in; the `alembic` command reads SYNCHUB_DATABASE_URL.
"""

from alembic import context
from sqlalchemy import Connection

from synchub.config import Settings
from synchub.db import open_engine
from synchub.schema import METADATA


def run(connection: Connection) -> None:
    """Run the migrations that are asked for on a connection."""
    context.configure(connection=connection, target_metadata=METADATA, render_as_batch=False)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with open_engine(Settings().store_url).connect() as opened:
        run(opened)
        opened.commit()
