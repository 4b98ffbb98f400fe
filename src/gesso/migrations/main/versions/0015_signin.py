"""Sign-in: challenges, passwords, and how often each was tried."""

import sqlalchemy as sa
from alembic import op

from gesso.infra.db import UtcTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = UtcTime(timezone=True)


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "signin_challenge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("tries", Big, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("ending", sa.String(), nullable=True),
        sa.CheckConstraint(
            "purpose in ('signin', 'link')", name=op.f("ck_signin_challenge_purpose")
        ),
        sa.CheckConstraint("kind in ('code', 'link')", name=op.f("ck_signin_challenge_kind")),
        sa.CheckConstraint("tries between 0 and 5", name=op.f("ck_signin_challenge_tries")),
        sa.CheckConstraint(
            "ending in ('used', 'replaced')", name=op.f("ck_signin_challenge_ending")
        ),
        sa.CheckConstraint(
            "(ending is null) = (ended_at is null)", name=op.f("ck_signin_challenge_ended")
        ),
        sa.CheckConstraint(
            "(purpose = 'link') = (user_id is not null)", name=op.f("ck_signin_challenge_whose")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_signin_challenge_tenant_id_tenant")
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_signin_challenge_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_signin_challenge_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signin_challenge")),
    )
    op.create_index(
        "ix_signin_challenge_email", "signin_challenge", ["tenant_id", "email", "created_at"]
    )
    op.create_index("ix_signin_challenge_ip", "signin_challenge", ["ip", "created_at"])
    op.create_index("ix_signin_challenge_created_at", "signin_challenge", ["created_at"])
    op.create_table(
        "user_password",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_password_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_user_password_tenant_id_tenant")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_password")),
    )
    op.create_table(
        "signin_password_try",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("was_right", sa.Boolean(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_signin_password_try_tenant_id_tenant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signin_password_try")),
    )
    op.create_index(
        "ix_signin_password_try_subject", "signin_password_try", ["tenant_id", "subject", "at"]
    )
    op.create_index("ix_signin_password_try_ip", "signin_password_try", ["ip", "at"])
    op.create_index("ix_signin_password_try_at", "signin_password_try", ["at"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("signin_password_try")
    op.drop_table("user_password")
    op.drop_table("signin_challenge")
