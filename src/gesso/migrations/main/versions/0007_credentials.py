"""Credentials: an attempt remembers with which account it was submitted."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; attempts of before had none to remember."""
    op.add_column("attempt", sa.Column("credential", sa.String(), nullable=True))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("attempt", "credential")
