"""What is to be told again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table of resyncs, which older code need not know."""
    op.create_table(
        "resync",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("source_id", sa.Integer()),
        sa.Column("entities", sa.Text()),
        sa.Column("chosen", sa.Text()),
        sa.Column("blanks", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("cursor", "total", "records")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("restated", "copies", "gone")),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("first_number", sa.BigInteger()),
        sa.Column("last_number", sa.BigInteger()),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Uuid()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["source_id"], ["connection.id"], name="fk_resync_source_id"),
        sa.ForeignKeyConstraint(["asked_by"], ["connection.id"], name="fk_resync_asked_by"),
        sa.PrimaryKeyConstraint("id", name="pk_resync"),
    )
    op.create_index("ix_resync_state", "resync", ["state"])
    op.create_index("ix_resync_message_id", "resync", ["message_id"])
