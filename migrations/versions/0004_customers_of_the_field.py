"""A field service's customer, the ids by which partners know records, counts of requests, and rests asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TEXTS = "contact_first_name contact_last_name mobile street address_complement country tags custom_fields"


def upgrade() -> None:
    """Add what older code need not know: it goes on working beside newer code."""
    exact = sa.Numeric().with_variant(sa.String(), "sqlite")
    for name in TEXTS.split():
        op.add_column("customer", sa.Column(name, sa.String(), nullable=True))
    for name in ("latitude", "longitude"):
        op.add_column("customer", sa.Column(name, exact, nullable=True))
    op.add_column("connection", sa.Column("rests_until", sa.BigInteger(), server_default="0", nullable=False))
    known = sa.text("their_id IS NOT NULL")
    op.create_index(
        "ix_cross_reference_their_id",
        "cross_reference",
        ["connection_id", "entity", "their_id"],
        sqlite_where=known,
        postgresql_where=known,
    )
    op.create_table(
        "quota",
        sa.Column("connection_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name="fk_quota_connection_id"),
        sa.PrimaryKeyConstraint("connection_id", name="pk_quota"),
    )
