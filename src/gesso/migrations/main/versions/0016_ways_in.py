"""Channels with secrets, hosts and terms of their own; sign-ins under way, and tokens once used."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gesso.infra.db import UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Instant = UtcTime(timezone=True)
SEALED = ("id", "channel_id", "sealed")
"""What is bound into the seal of a secret: a new secret is a new row."""


def upgrade() -> None:
    """Widen both tables of before, and make the others."""
    for name in ("sealed", "wrapped", "master_id"):
        op.drop_column("channel", name)
    op.add_column("channel", sa.Column("protocol", Json, nullable=False, server_default="{}"))
    for name, usual in (("admits_new", sa.true()), ("trusts_email", sa.false())):
        op.add_column(
            "channel", sa.Column(name, sa.Boolean(), nullable=False, server_default=usual)
        )
    op.add_column("user_identity", sa.Column("name", sa.String(), nullable=True))
    op.add_column(
        "user_identity",
        sa.Column("gives_role", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    _hosts()
    _secrets()
    _under_way()
    _used()
    _guard()


def _hosts() -> None:
    op.create_table(
        "channel_host",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["channel.id"],
            name=op.f("fk_channel_host_channel_id_channel"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_channel_host_tenant_id_tenant")
        ),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_channel_host")),
    )
    op.create_index("ix_channel_host_channel_id", "channel_host", ["channel_id"])


def _secrets() -> None:
    op.create_table(
        "channel_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("master_id", sa.String(), nullable=False),
        sa.Column("hint", Json, nullable=False),
        sa.Column("rev", Big, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_channel_secret_tenant_id_tenant")
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_channel_secret_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["master_id"], ["master_key.id"], name=op.f("fk_channel_secret_master_id_master_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_secret")),
        sa.UniqueConstraint("channel_id", name=op.f("uq_channel_secret_channel_id")),
    )
    op.create_index("ix_channel_secret_master_id", "channel_secret", ["master_id"])


def _under_way() -> None:
    op.create_table(
        "oidc_transaction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("state_digest", sa.String(), nullable=False),
        sa.Column("browser_digest", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("return_to", sa.String(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_oidc_transaction_tenant_id_tenant")
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_oidc_transaction_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_oidc_transaction_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_transaction")),
        sa.UniqueConstraint("state_digest", name=op.f("uq_oidc_transaction_state_digest")),
    )
    op.create_index("ix_oidc_transaction_expires_at", "oidc_transaction", ["expires_at"])


def _used() -> None:
    op.create_table(
        "handover_use",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.String(), nullable=False),
        sa.Column("used_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_handover_use_tenant_id_tenant")
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_handover_use_channel_id_channel")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_use")),
        sa.UniqueConstraint(
            "channel_id", "token_digest", name=op.f("uq_handover_use_channel_id_token_digest")
        ),
    )
    op.create_index("ix_handover_use_expires_at", "handover_use", ["expires_at"])


def _conditions(differs: str) -> dict[str, tuple[str, str, str]]:
    """Guard → (table, the condition under which an update is refused, what is said then)."""
    changed = " or ".join(f"new.{name} {differs} old.{name}" for name in SEALED)
    return {
        "guard_channel_secret_seal": ("channel_secret", changed, "what is sealed was changed"),
        "guard_channel_name": (
            "channel",
            "new.slug <> old.slug or new.kind <> old.kind or new.tenant_id <> old.tenant_id",
            "a channel became another one",
        ),
        "guard_oidc_transaction_use": (
            "oidc_transaction",
            "old.used_at is not null",
            "a sign-in was used twice",
        ),
    }


def _guard() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    conditions = _conditions("is distinct from" if is_postgresql else "is not")
    for name, (table, condition, words) in conditions.items():
        if is_postgresql:
            op.execute(
                f"create trigger {name} before update on {table} for each row"
                f" when ({condition}) execute function gesso_refuse('{words}')"
            )
        else:
            op.execute(
                f"create trigger {name} before update on {table} when {condition}"
                f" begin select raise(abort, '{words}'); end"
            )


def downgrade() -> None:
    """Take everything away; secrets of channels are lost, and their doors stay shut."""
    on = " on channel" if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(f"drop trigger guard_channel_name{on}")
    for table in ("handover_use", "oidc_transaction", "channel_secret", "channel_host"):
        op.drop_table(table)
    for name in ("gives_role", "name"):
        op.drop_column("user_identity", name)
    for name in ("trusts_email", "admits_new", "protocol"):
        op.drop_column("channel", name)
    op.add_column("channel", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.add_column("channel", sa.Column("wrapped", sa.LargeBinary(), nullable=True))
    op.add_column("channel", sa.Column("master_id", sa.String(), nullable=True))
