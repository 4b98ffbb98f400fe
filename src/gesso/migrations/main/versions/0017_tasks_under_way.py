"""Tasks under way: an index by which those of one wallet are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_LIVE = sa.text("finished_at is null")


def upgrade() -> None:
    """Add the index; it holds what is under way and nothing else."""
    op.create_index(
        "ix_task_live", "task", ["wallet_id"], postgresql_where=_LIVE, sqlite_where=_LIVE
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_task_live", "task")
