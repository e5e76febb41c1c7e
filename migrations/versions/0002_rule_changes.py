"""Which rules a connection's word is weighed by, and how far its records were weighed since they changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what older code need not know: it goes on working beside newer code."""
    op.add_column("connection", sa.Column("rules_version", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("connection", sa.Column("weighed_to", sa.Integer(), nullable=True))
