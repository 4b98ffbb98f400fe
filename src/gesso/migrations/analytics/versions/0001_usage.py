"""Usage: rollups, and how far they have come.

MySQL commits at every table, so a run that broke off there has left some of them behind.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")
MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}
MEASURES = (
    "completed failed cancelled expired charged released attempts provider_cost loss pieces took"
    " took_1 took_2 took_5 took_10 took_20 took_30 took_60 took_120 took_300 took_600 took_1800"
    " took_longer"
)


def upgrade() -> None:
    """Make the tables, from the beginning."""
    downgrade()
    op.create_table(
        "usage_rollup",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("slice", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("operation", sa.String(128), nullable=False),
        sa.Column("provider", sa.String(128), nullable=False),
        *[sa.Column(name, Big, nullable=False) for name in MEASURES.split()],
        sa.PrimaryKeyConstraint(
            "tenant_id", "day", "slice", "operation", "provider", name=op.f("pk_usage_rollup")
        ),
        sa.Index("ix_usage_rollup_slice", "slice", "day"),
        **MYSQL,
    )
    progress = op.create_table(
        "usage_progress",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("complete_to", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_progress")),
        **MYSQL,
    )
    op.bulk_insert(progress, [{"id": 1, "complete_to": None}])


def downgrade() -> None:
    """Drop the tables; what they held can be counted anew."""
    for table in ("usage_progress", "usage_rollup"):
        op.drop_table(table, if_exists=True)
