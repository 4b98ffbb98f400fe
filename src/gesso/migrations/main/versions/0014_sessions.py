"""Sessions, refresh tokens, keys that sign access tokens, and clients of tenants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gesso.infra.db import UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Instant = UtcTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("identity_id", sa.Uuid(), nullable=True),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("last_used_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=True),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.CheckConstraint("kind in ('person', 'client')", name=op.f("ck_user_session_kind")),
        sa.CheckConstraint(
            "end_reason in ('logout', 'revoked', 'reuse', 'rotated')",
            name=op.f("ck_user_session_end_reason"),
        ),
        sa.CheckConstraint(
            "(ended_at is null) = (end_reason is null)", name=op.f("ck_user_session_ended")
        ),
        sa.CheckConstraint(
            "kind = 'client' or (channel_id is not null and expires_at is not null)",
            name=op.f("ck_user_session_person"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_user_session_tenant_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_session_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_user_session_channel_id")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["user_identity.id"], name=op.f("fk_user_session_identity_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
    )
    op.create_index("ix_user_session_user", "user_session", ["user_id", "id"])
    op.create_table(
        "refresh_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("generation", Big, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("used_at", Instant, nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(used_at is null) = (salt is null)", name=op.f("ck_refresh_token_used")
        ),
        sa.CheckConstraint("generation >= 1", name=op.f("ck_refresh_token_generation")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_refresh_token_tenant_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["user_session.id"], name=op.f("fk_refresh_token_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_refresh_token_digest")),
        sa.UniqueConstraint("session_id", "generation", name=op.f("uq_refresh_token_generation")),
    )
    op.create_index(
        "uq_refresh_token_unused",
        "refresh_token",
        ["session_id"],
        unique=True,
        postgresql_where=sa.text("used_at is null"),
        sqlite_where=sa.text("used_at is null"),
    )
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("version", Big, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("master_id", sa.String(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("signs_from", Instant, nullable=False),
        sa.Column("trusted_until", Instant, nullable=True),
        sa.Column("is_newest", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "is_newest = (trusted_until is null)", name=op.f("ck_signing_key_is_newest")
        ),
        sa.ForeignKeyConstraint(
            ["master_id"], ["master_key.id"], name=op.f("fk_signing_key_master_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
    )
    op.create_index("ix_signing_key_master_id", "signing_key", ["master_id"])
    op.create_index(
        "uq_signing_key_newest",
        "signing_key",
        ["is_newest"],
        unique=True,
        postgresql_where=sa.text("is_newest"),
        sqlite_where=sa.text("is_newest"),
    )
    op.create_table(
        "oauth_client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("old_digest", sa.String(), nullable=True),
        sa.Column("old_until", Instant, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("rotated_at", Instant, nullable=True),
        sa.Column("revoked_at", Instant, nullable=True),
        sa.CheckConstraint(
            "(old_digest is null) = (old_until is null)", name=op.f("ck_oauth_client_old_digest")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_oauth_client_tenant_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_oauth_client_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["user_session.id"], name=op.f("fk_oauth_client_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_client")),
        sa.UniqueConstraint("user_id", name=op.f("uq_oauth_client_user_id")),
    )
    op.create_index("ix_oauth_client_tenant", "oauth_client", ["tenant_id", "id"])


def downgrade() -> None:
    """Take them away; whoever is signed in has to come in again."""
    op.drop_table("oauth_client")
    op.drop_table("signing_key")
    op.drop_table("refresh_token")
    op.drop_table("user_session")
