"""Tables: identity, events, wallet and ledger, tasks and jobs, queues, assets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "epoch",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epoch")),
    )
    op.create_table(
        "event",
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("seq", Big, autoincrement=False, nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "seq", name=op.f("pk_event")),
    )
    op.create_index("ix_event_task", "event", ["task_id", "seq"], unique=False)
    op.create_table(
        "fair_clock",
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("turn", Big, nullable=False),
        sa.PrimaryKeyConstraint("queue", "owner_id", name=op.f("pk_fair_clock")),
    )
    op.create_table(
        "queue",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("max_concurrency", Big, nullable=False),
        sa.Column("timeout_seconds", Big, nullable=False),
        sa.Column("max_attempts", Big, nullable=False),
        sa.Column("backoff_first", sa.Double(), nullable=False),
        sa.Column("backoff_cap", sa.Double(), nullable=False),
        sa.Column("priority_enabled", sa.Boolean(), nullable=False),
        sa.Column("virtual_time", Big, nullable=False),
        sa.Column("rev", Big, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.CheckConstraint(
            "backoff_first > 0 and backoff_cap >= backoff_first", name=op.f("ck_queue_backoff")
        ),
        sa.CheckConstraint("max_attempts between 1 and 20", name=op.f("ck_queue_max_attempts")),
        sa.CheckConstraint(
            "max_concurrency between 0 and 100000", name=op.f("ck_queue_max_concurrency")
        ),
        sa.CheckConstraint("timeout_seconds between 1 and 604800", name=op.f("ck_queue_timeout")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_queue")),
    )
    op.create_table(
        "stream",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", Big, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream")),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("name", name=op.f("uq_tenant_name")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint(
            "role in ('user', 'operator', 'admin', 'owner')", name=op.f("ck_user_account_role")
        ),
        sa.CheckConstraint("status in ('active', 'disabled')", name=op.f("ck_user_account_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_user_account_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
    )
    op.create_index(
        "uq_user_account_email",
        "user_account",
        ["tenant_id", sa.literal_column("lower(email)")],
        unique=True,
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=True),
        sa.Column("last_used_at", Instant, nullable=True),
        sa.Column("revoked_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_api_key_tenant_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_api_key_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_key_prefix")),
    )
    op.create_index(op.f("ix_api_key_user_id"), "api_key", ["user_id"], unique=False)
    op.create_table(
        "wallet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("posted", Big, nullable=False),
        sa.Column("held", Big, nullable=False),
        sa.Column("seq", Big, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint("held >= 0", name=op.f("ck_wallet_held")),
        sa.CheckConstraint("posted - held >= 0", name=op.f("ck_wallet_available")),
        sa.CheckConstraint("posted >= 0", name=op.f("ck_wallet_posted")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_wallet_owner_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_wallet_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet")),
        sa.UniqueConstraint("owner_id", name=op.f("uq_wallet_owner_id")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("metadata", Json, nullable=False),
        sa.Column("result", Json, nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("held", Big, nullable=False),
        sa.Column("charged", Big, nullable=False),
        sa.Column("released", Big, nullable=False),
        sa.Column("selected_image_index", sa.SmallInteger(), nullable=True),
        sa.Column("retry_of", sa.Uuid(), nullable=True),
        sa.Column("rev", Big, nullable=False),
        sa.Column("cancel_requested_at", Instant, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("started_at", Instant, nullable=True),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("finished_at", Instant, nullable=True),
        sa.Column("deadline_at", Instant, nullable=False),
        sa.CheckConstraint(
            "(status in ('completed', 'failed', 'cancelled', 'expired')) = (finished_at is not null)",
            name=op.f("ck_task_ended"),
        ),
        sa.CheckConstraint(
            "status in ('queued', 'running', 'awaiting_selection', 'completed', 'failed', 'cancelled', 'expired')",
            name=op.f("ck_task_status"),
        ),
        sa.CheckConstraint(
            "charged >= 0 and released >= 0 and held >= charged + released",
            name=op.f("ck_task_money"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_task_owner_id")),
        sa.ForeignKeyConstraint(["wallet_id"], ["wallet.id"], name=op.f("fk_task_wallet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(
        "ix_task_awaiting",
        "task",
        ["deadline_at"],
        unique=False,
        postgresql_where=sa.text("status = 'awaiting_selection'"),
        sqlite_where=sa.text("status = 'awaiting_selection'"),
    )
    op.create_index("ix_task_owner", "task", ["owner_id", "id"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("price_version", sa.String(), nullable=False),
        sa.Column("amount", Big, nullable=False),
        sa.Column("captured", Big, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("settled_at", Instant, nullable=True),
        sa.CheckConstraint("(status = 'captured') = (captured > 0)", name=op.f("ck_hold_kind")),
        sa.CheckConstraint(
            "(status = 'open') = (settled_at is null)", name=op.f("ck_hold_settled")
        ),
        sa.CheckConstraint(
            "status in ('open', 'captured', 'released')", name=op.f("ck_hold_status")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_hold_amount")),
        sa.CheckConstraint("captured between 0 and amount", name=op.f("ck_hold_captured")),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
            name=op.f("fk_hold_task_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["wallet_id"], ["wallet.id"], name=op.f("fk_hold_wallet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("task_id", "phase", name=op.f("uq_hold_task_id_phase")),
    )
    op.create_index(
        "ix_hold_open",
        "hold",
        ["wallet_id"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
        sqlite_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_idempotency_key_task_id")),
        sa.PrimaryKeyConstraint("owner_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(
        op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False
    )
    op.create_index(
        op.f("ix_idempotency_key_task_id"), "idempotency_key", ["task_id"], unique=False
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("idx", sa.SmallInteger(), nullable=False),
        sa.Column("source_job_id", sa.Uuid(), nullable=True),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("turn", Big, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("max_attempts", sa.SmallInteger(), nullable=False),
        sa.Column("fence", Big, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("deadline_at", Instant, nullable=False),
        sa.Column("price", Big, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_model", sa.String(), nullable=False),
        sa.Column("provider_job_id", sa.String(), nullable=True),
        sa.Column("metadata", Json, nullable=False),
        sa.Column("output", Json, nullable=True),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("cancel_requested_at", Instant, nullable=True),
        sa.Column("rev", Big, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("started_at", Instant, nullable=True),
        sa.Column("finished_at", Instant, nullable=True),
        sa.CheckConstraint(
            "(status in ('completed', 'failed', 'cancelled', 'expired')) = (finished_at is not null)",
            name=op.f("ck_job_ended"),
        ),
        sa.CheckConstraint(
            "status in ('queued', 'submitting', 'unknown', 'running', 'cancelling', 'ingesting', 'retrying', 'completed', 'failed', 'cancelled', 'expired')",
            name=op.f("ck_job_status"),
        ),
        sa.CheckConstraint("attempt <= max_attempts", name=op.f("ck_job_attempts")),
        sa.CheckConstraint("idx between 0 and 63", name=op.f("ck_job_idx")),
        sa.CheckConstraint("price > 0", name=op.f("ck_job_price")),
        sa.CheckConstraint("progress between 0 and 1", name=op.f("ck_job_progress")),
        sa.ForeignKeyConstraint(["source_job_id"], ["job.id"], name=op.f("fk_job_source_job_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_job_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("task_id", "phase", "idx", name=op.f("uq_job_task_id_phase_idx")),
    )
    op.create_index(
        "ix_job_at_provider",
        "job",
        ["queue"],
        unique=False,
        postgresql_where=sa.text("status in ('submitting', 'unknown', 'running', 'cancelling')"),
        sqlite_where=sa.text("status in ('submitting', 'unknown', 'running', 'cancelling')"),
    )
    op.create_index(
        "ix_job_due",
        "job",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("finished_at is null"),
        sqlite_where=sa.text("finished_at is null"),
    )
    op.create_index(
        "ix_job_waiting",
        "job",
        ["queue", "turn", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
        sqlite_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "ix_job_waiting_priority",
        "job",
        ["queue", sa.literal_column("priority DESC"), "turn", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
        sqlite_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "uq_job_model",
        "job",
        ["task_id"],
        unique=True,
        postgresql_where=sa.text("phase = 'model'"),
        sqlite_where=sa.text("phase = 'model'"),
    )
    op.create_index(
        "uq_job_source",
        "job",
        ["source_job_id"],
        unique=True,
        postgresql_where=sa.text("source_job_id IS NOT NULL"),
        sqlite_where=sa.text("source_job_id IS NOT NULL"),
    )
    op.create_table(
        "asset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("idx", Big, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", Big, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("thumbnail_key", sa.String(), nullable=True),
        sa.Column("details", Json, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint("kind in ('image', 'video', 'model')", name=op.f("ck_asset_kind")),
        sa.CheckConstraint(
            "status in ('pending', 'ready', 'rejected')", name=op.f("ck_asset_status")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_asset_job_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_asset_owner_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_asset_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
        sa.UniqueConstraint("job_id", "idx", name=op.f("uq_asset_job_id_idx")),
        sa.UniqueConstraint("key", name=op.f("uq_asset_key")),
    )
    op.create_index("ix_asset_owner", "asset", ["owner_id", "id"], unique=False)
    op.create_index("ix_asset_task", "asset", ["task_id"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.SmallInteger(), nullable=False),
        sa.Column("fence", Big, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_model", sa.String(), nullable=False),
        sa.Column("provider_job_id", sa.String(), nullable=True),
        sa.Column("intent_at", Instant, nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("provider_cost", Big, nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.CheckConstraint(
            "outcome in ('open', 'accepted', 'unknown', 'completed', 'rejected', 'failed', 'absent', 'cancelled', 'leaked')",
            name=op.f("ck_attempt_outcome"),
        ),
        sa.CheckConstraint("provider_cost >= 0", name=op.f("ck_attempt_cost")),
        sa.CheckConstraint(
            "provider_job_id is null or intent_at is not null", name=op.f("ck_attempt_intent")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_attempt_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("job_id", "fence", name=op.f("uq_attempt_job_id_fence")),
        sa.UniqueConstraint(
            "provider", "provider_job_id", name=op.f("uq_attempt_provider_provider_job_id")
        ),
    )
    op.create_table(
        "ledger_txn",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=True),
        sa.Column("seq", Big, nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("memo", sa.String(), nullable=True),
        sa.Column("posted_after", Big, nullable=True),
        sa.Column("held_after", Big, nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.CheckConstraint(
            "(kind in ('freeze', 'capture', 'release')) = (hold_id is not null)",
            name=op.f("ck_ledger_txn_hold"),
        ),
        sa.CheckConstraint(
            "kind in ('grant', 'freeze', 'capture', 'release', 'reversal', 'adjust', 'loss')",
            name=op.f("ck_ledger_txn_kind"),
        ),
        sa.CheckConstraint(
            "(wallet_id is null) = (seq is null)", name=op.f("ck_ledger_txn_numbered")
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_ledger_txn_hold_id")),
        sa.ForeignKeyConstraint(
            ["reverses"], ["ledger_txn.id"], name=op.f("fk_ledger_txn_reverses")
        ),
        sa.ForeignKeyConstraint(["wallet_id"], ["wallet.id"], name=op.f("fk_ledger_txn_wallet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_txn")),
        sa.UniqueConstraint("reference", name=op.f("uq_ledger_txn_reference")),
        sa.UniqueConstraint("reverses", name=op.f("uq_ledger_txn_reverses")),
        sa.UniqueConstraint("wallet_id", "seq", name=op.f("uq_ledger_txn_wallet_id_seq")),
    )
    op.create_index(
        "uq_ledger_txn_freeze",
        "ledger_txn",
        ["hold_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'freeze'"),
        sqlite_where=sa.text("kind = 'freeze'"),
    )
    op.create_index(
        "uq_ledger_txn_settle",
        "ledger_txn",
        ["hold_id"],
        unique=True,
        postgresql_where=sa.text("kind IN ('capture', 'release')"),
        sqlite_where=sa.text("kind IN ('capture', 'release')"),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("txn_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("amount", Big, nullable=False),
        sa.CheckConstraint("layer in ('posted', 'held')", name=op.f("ck_ledger_entry_layer")),
        sa.ForeignKeyConstraint(
            ["txn_id"],
            ["ledger_txn.id"],
            name=op.f("fk_ledger_entry_txn_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("txn_id", "account", "layer", name=op.f("pk_ledger_entry")),
    )
    op.create_index("ix_ledger_entry_account", "ledger_entry", ["account"], unique=False)


def downgrade() -> None:
    """Drop every table."""
    for table in (
        "ledger_entry",
        "ledger_txn",
        "attempt",
        "asset",
        "job",
        "idempotency_key",
        "hold",
        "task",
        "wallet",
        "api_key",
        "user_account",
        "tenant",
        "stream",
        "queue",
        "fair_clock",
        "event",
        "epoch",
    ):
        op.drop_table(table)
