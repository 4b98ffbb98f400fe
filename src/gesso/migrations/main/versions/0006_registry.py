"""Registry: runs of registered functions, their schedules, and the guards of both."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gesso.infra.db import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STEPS = {
    "queued": "running retrying failed cancelled",
    "running": "retrying completed failed cancelled",
    "retrying": "running failed cancelled",
}
_PAIRS = ", ".join(f"'{a}>{b}'" for a, later in STEPS.items() for b in later.split())
GUARDS = {
    "guard_run_status": (
        "run",
        f"old.status <> new.status and (old.status || '>' || new.status) not in ({_PAIRS})",
        "illegal run transition",
    ),
    "guard_run_fence": ("run", "new.fence < old.fence", "a fence moved back"),
    "guard_run_end": (
        "run",
        "old.finished_at is not null and (new.fence <> old.fence or new.attempt <> old.attempt)",
        "an ended run was changed",
    ),
}


def _json(*, nothing_is_null: bool = False) -> sa.types.TypeEngine[Any]:
    kind = sa.JSON(none_as_null=nothing_is_null)
    return kind.with_variant(postgresql.JSONB(none_as_null=nothing_is_null), "postgresql")


def upgrade() -> None:
    """Make the tables and put their guards up."""
    _schedule()
    _run()
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for name, (table, condition, words) in GUARDS.items():
        if is_postgresql:
            op.execute(
                f"create trigger {name} before update on {table} for each row when ({condition})"
                f" execute function gesso_refuse('{words}')"
            )
        else:
            op.execute(
                f"create trigger {name} before update on {table} when {condition}"
                f" begin select raise(abort, '{words}'); end"
            )


def _schedule() -> None:
    op.create_table(
        "schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("arguments", _json(), nullable=False),
        sa.Column("cron", sa.String(), nullable=True),
        sa.Column(
            "every_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("overlap", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("built_in", sa.Boolean(), nullable=False),
        sa.Column("next_fire_at", UtcTime(timezone=True), nullable=False),
        sa.Column("last_fire_at", UtcTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcTime(timezone=True), nullable=False),
        sa.Column("updated_at", UtcTime(timezone=True), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "(cron is null) <> (every_seconds is null)", name=op.f("ck_schedule_timing")
        ),
        sa.CheckConstraint("every_seconds between 1 and 31622400", name=op.f("ck_schedule_every")),
        sa.CheckConstraint("overlap in ('skip', 'allow')", name=op.f("ck_schedule_overlap")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
        sa.UniqueConstraint("name", name=op.f("uq_schedule_name")),
    )
    _partial("ix_schedule_next", "schedule", ["next_fire_at"], "active")


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("arguments", _json(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("max_attempts", sa.SmallInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("lost", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("due_at", UtcTime(timezone=True), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("result", _json(nothing_is_null=True), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("deduplication_key", sa.String(), nullable=True),
        sa.Column("schedule_id", sa.Uuid(), nullable=True),
        sa.Column("fire_at", UtcTime(timezone=True), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("request_key", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("cancel_requested_at", UtcTime(timezone=True), nullable=True),
        sa.Column("created_at", UtcTime(timezone=True), nullable=False),
        sa.Column("started_at", UtcTime(timezone=True), nullable=True),
        sa.Column("finished_at", UtcTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status in ('queued', 'running', 'retrying', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_run_status"),
        ),
        sa.CheckConstraint(
            "(status in ('completed', 'failed', 'cancelled')) = (finished_at is not null)",
            name=op.f("ck_run_ended"),
        ),
        sa.CheckConstraint("attempt between 0 and max_attempts", name=op.f("ck_run_attempts")),
        sa.CheckConstraint("priority between 0 and 9", name=op.f("ck_run_priority")),
        sa.CheckConstraint("progress between 0 and 1", name=op.f("ck_run_progress")),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedule.id"],
            name=op.f("fk_run_schedule_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("schedule_id", "fire_at", name=op.f("uq_run_schedule_id_fire_at")),
        sa.UniqueConstraint(
            "requested_by", "request_key", name=op.f("uq_run_requested_by_request_key")
        ),
    )
    op.create_index("ix_run_function", "run", ["function", "id"])
    live = "finished_at is null"
    _partial("ix_run_due", "run", [sa.text("priority desc"), "due_at", "id"], live)
    _partial("ix_run_ended", "run", ["finished_at"], "finished_at is not null")
    _partial("uq_run_live_key", "run", ["function", "deduplication_key"], live, unique=True)
    _partial("uq_run_alone", "run", ["function"], "alone and status = 'running'", unique=True)


def _partial(
    name: str, table: str, columns: list[str | sa.TextClause], where: str, *, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, postgresql_where=condition, sqlite_where=condition
    )


def downgrade() -> None:
    """Take everything away, runs that are still to be done included."""
    op.drop_table("run")
    op.drop_table("schedule")
