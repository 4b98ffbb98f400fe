"""Ends: indexes by which what ended within a stretch of time is found.

They are partial: a row enters when it has ended, so the way in of a task pays nothing for them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ENDS = {"task": "finished_at", "job": "finished_at", "hold": "settled_at", "attempt": "ended_at"}


def upgrade() -> None:
    """Make the indexes."""
    for table, column in ENDS.items():
        has_ended = sa.text(f"{column} is not null")
        op.create_index(
            f"ix_{table}_ended",
            table,
            [column],
            postgresql_where=has_ended,
            sqlite_where=has_ended,
        )


def downgrade() -> None:
    """Drop the indexes."""
    for table in ENDS:
        op.drop_index(f"ix_{table}_ended", table_name=table)
