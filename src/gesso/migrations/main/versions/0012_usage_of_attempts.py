"""Usage: an attempt remembers what its provider says that it used up."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; attempts of before had nothing to remember."""
    kind = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("attempt", sa.Column("usage", kind, nullable=True))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("attempt", "usage")
