"""Files, what they lack, alerts and what was done by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add tables that older code need not know, and when a copy was last confirmed."""
    op.add_column("cross_reference", sa.Column("heard_at", sa.BigInteger(), nullable=False, server_default="0"))
    _add_alerts()
    _add_runs()
    _add_looks()


def _add_alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("subject", "said")),
        sa.Column("seen", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("raised_at", "last_at", "cleared_at")),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name="fk_alert_connection_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )
    lasting = sa.text("cleared_at = 0")
    op.create_index(
        "ix_alert_lasting",
        "alert",
        ["connection_id", "kind", "subject"],
        unique=True,
        sqlite_where=lasting,
        postgresql_where=lasting,
    )
    op.create_index("ix_alert_raised_at", "alert", ["raised_at"])
    op.create_table(
        "audit_entry",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("subject", "details")),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])


def _add_runs() -> None:
    op.create_table(
        "file_run",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("modified_at", "seen_at", "as_of")),
        sa.Column("state", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("spooled", "form", "checks")),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer()),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("rows_read", "bad")),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("missing", sa.Integer()),
        *(sa.Column(name, sa.Text()) for name in ("error", "moved_to")),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in ("started_at", "ended_at")),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(32)),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name="fk_file_run_connection_id"),
        sa.PrimaryKeyConstraint("id", name="pk_file_run"),
        sa.UniqueConstraint("message_id", name="uq_file_run_message_id"),
    )
    op.create_index("ix_file_run_connection_id_digest", "file_run", ["connection_id", "digest"])
    op.create_index("ix_file_run_connection_id_table_name", "file_run", ["connection_id", "table_name", "as_of"])
    op.create_index("ix_file_run_state", "file_run", ["state"])
    op.create_table(
        "file_missing",
        sa.Column("run_id", BIG_KEY, nullable=False, autoincrement=False),
        sa.Column("copy_id", BIG_KEY, nullable=False, autoincrement=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("external_key", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["file_run.id"], name="fk_file_missing_run_id"),
        sa.PrimaryKeyConstraint("run_id", "copy_id", name="pk_file_missing"),
    )
    op.create_index("ix_file_missing_record_id", "file_missing", ["record_id"])


def _add_looks() -> None:
    op.create_table(
        "file_sighting",
        sa.Column("connection_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("size", "modified_at")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("first_seen_at", "changed_at")),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("run_id", BIG_KEY),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name="fk_file_sighting_connection_id"),
        sa.PrimaryKeyConstraint("connection_id", "name", name="pk_file_sighting"),
    )
    op.create_table(
        "collection",
        sa.Column("connection_id", sa.Integer(), nullable=False, autoincrement=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("due", "looked_at", "lease_until")),
        sa.Column("token", sa.String(32)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name="fk_collection_connection_id"),
        sa.PrimaryKeyConstraint("connection_id", name="pk_collection"),
    )
