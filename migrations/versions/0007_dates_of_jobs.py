"""Short indexes for the jobs that are not done with on the day on which they begin."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

OVERNIGHT = "substr(scheduled_end, 1, 10) > substr(scheduled_begin, 1, 10)"
MOVED = (
    "(scheduled_begin IS NULL OR scheduled_end < scheduled_begin"
    " OR substr(scheduled_begin, 1, 10) <> substr(real_begin, 1, 10)"
    " OR real_end IS NULL OR substr(real_end, 1, 10) <> substr(real_begin, 1, 10))"
)


def upgrade() -> None:
    """Add what older code need not know: it goes on working beside newer code."""
    for name, column, where in (
        ("ix_job_overnight", "scheduled_begin", OVERNIGHT),
        ("ix_job_moved", "real_begin", MOVED),
    ):
        op.create_index(name, "job", [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
