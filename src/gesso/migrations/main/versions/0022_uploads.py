"""Uploads: room that is taken for files on their way; assets are listed by the time they came."""

import sqlalchemy as sa
from alembic import op

from gesso.infra.db import UtcTime
from gesso.migrations import walls

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = UtcTime(timezone=True)


def upgrade() -> None:
    """Add the table, its wall, and the order of lists."""
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("size", Big, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("is_given_up", sa.Boolean(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_upload_size")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_upload_tenant_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_upload_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("key", name=op.f("uq_upload_key")),
    )
    op.create_index("ix_upload_owner_id", "upload", ["owner_id"])
    op.create_index("ix_asset_owner_created", "asset", ["owner_id", "created_at", "id"])
    uploaded = sa.text("job_id IS NULL")
    op.create_index(
        "ix_asset_uploaded",
        "asset",
        ["owner_id", "created_at", "id", "size"],
        postgresql_where=uploaded,
        sqlite_where=uploaded,
    )
    op.drop_index("ix_asset_owner", "asset")
    walls.build(op.get_bind())


def downgrade() -> None:
    """List by id again, and forget what is on its way."""
    op.create_index("ix_asset_owner", "asset", ["owner_id", "id"])
    op.drop_index("ix_asset_uploaded", "asset")
    op.drop_index("ix_asset_owner_created", "asset")
    op.drop_table("upload")
