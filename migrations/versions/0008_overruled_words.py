"""Copies that name other records than are true say so: whoever renames a record looks among them alone."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Mark the copies that may name other records: those of which another copy states something, too."""
    op.add_column("cross_reference", sa.Column("overruled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE cross_reference SET overruled = true WHERE image IS NOT NULL AND EXISTS (SELECT 1 FROM cross_reference"
        " AS other WHERE other.record_id = cross_reference.record_id AND other.id <> cross_reference.id"
        " AND other.image IS NOT NULL)"
    )
    op.create_index(
        "ix_cross_reference_overruled",
        "cross_reference",
        ["connection_id", "entity"],
        sqlite_where=sa.text("overruled = 1"),
        postgresql_where=sa.text("overruled"),
    )
