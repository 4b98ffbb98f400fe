"""Untold: owners with events that the topic has not been told."""

import sqlalchemy as sa
from alembic import op

from gesso.infra.db import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; it begins empty, so the topic begins with what happens next."""
    op.create_table(
        "untold",
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("told", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", UtcTime(timezone=True), nullable=False),
        sa.Column("due_at", UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", name=op.f("pk_untold")),
    )
    op.create_index(op.f("ix_untold_due_at"), "untold", ["due_at"], unique=False)


def downgrade() -> None:
    """Take it away; what it kept will never be told."""
    op.drop_index(op.f("ix_untold_due_at"), table_name="untold")
    op.drop_table("untold")
