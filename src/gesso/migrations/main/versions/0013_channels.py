"""Channels, and the ways in which somebody is known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gesso.infra.db import UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Instant = UtcTime(timezone=True)


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "channel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("hosts", Json, nullable=False),
        sa.Column("issuer", sa.String(), nullable=True),
        sa.Column("client_id", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("master_id", sa.String(), nullable=True),
        sa.Column("claims", Json, nullable=False),
        sa.Column("allowed_roles", Json, nullable=False),
        sa.Column("default_role", sa.String(), nullable=False),
        sa.Column("start_credits", Big, nullable=False),
        sa.Column("limits", Json, nullable=False),
        sa.Column("rev", Big, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.CheckConstraint("kind in ('local', 'oidc', 'handover')", name=op.f("ck_channel_kind")),
        sa.CheckConstraint(
            "default_role in ('user', 'operator', 'admin', 'owner')", name=op.f("ck_channel_role")
        ),
        sa.CheckConstraint("start_credits >= 0", name=op.f("ck_channel_start_credits")),
        sa.CheckConstraint(
            "kind <> 'oidc' or (issuer is not null and client_id is not null)",
            name=op.f("ck_channel_oidc"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_channel_tenant_id_tenant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("slug", name=op.f("uq_channel_slug")),
    )
    op.create_table(
        "user_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("is_email_verified", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("last_used_at", Instant, nullable=True),
        sa.CheckConstraint(
            "kind in ('email', 'oidc', 'handover')", name=op.f("ck_user_identity_kind")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_user_identity_tenant_id_tenant")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_identity_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_user_identity_channel_id_channel")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_identity")),
    )
    op.create_index("ix_user_identity_user_id", "user_identity", ["user_id"])
    op.create_index(
        "uq_user_identity_subject", "user_identity", ["tenant_id", "issuer", "subject"], unique=True
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("user_identity")
    op.drop_table("channel")
