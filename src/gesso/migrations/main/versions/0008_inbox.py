"""Inbox: what providers have reported, kept before anything follows from it, and its guards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gesso.infra.db import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

GUARDS = {
    "guard_inbox_fence": ("new.fence < old.fence", "a fence moved back"),
    "guard_inbox_end": (
        "old.finished_at is not null and (new.status <> old.status or new.finished_at is null)",
        "a push that was settled was changed",
    ),
    "guard_inbox_body": (
        "new.body <> old.body or new.attempt_id <> old.attempt_id or new.trust <> old.trust",
        "a push that was stored was altered",
    ),
}


def upgrade() -> None:
    """Make the table and put its guards up."""
    op.create_table(
        "inbox",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("trust", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column(
            "headers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", UtcTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("lost", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("due_at", UtcTime(timezone=True), nullable=False),
        sa.Column("finished_at", UtcTime(timezone=True), nullable=True),
        sa.CheckConstraint("trust in ('signed', 'hint')", name=op.f("ck_inbox_trust")),
        sa.CheckConstraint(
            "status in ('stored', 'applied', 'late', 'foreign', 'unreadable', 'given_up')",
            name=op.f("ck_inbox_status"),
        ),
        sa.CheckConstraint(
            "(status = 'stored') = (finished_at is null)", name=op.f("ck_inbox_ended")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("attempt_id", "key", name=op.f("uq_inbox_attempt_id_key")),
    )
    op.create_index("ix_inbox_task", "inbox", ["task_id", "id"])
    _partial("ix_inbox_due", "due_at", "finished_at is null")
    _partial("ix_inbox_ended", "finished_at", "finished_at is not null")
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for name, (condition, words) in GUARDS.items():
        if is_postgresql:
            op.execute(
                f"create trigger {name} before update on inbox for each row when ({condition})"
                f" execute function gesso_refuse('{words}')"
            )
        else:
            op.execute(
                f"create trigger {name} before update on inbox when {condition}"
                f" begin select raise(abort, '{words}'); end"
            )


def _partial(name: str, column: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "inbox", [column], postgresql_where=condition, sqlite_where=condition)


def downgrade() -> None:
    """Take it away; what was not applied yet is learnt by asking."""
    op.drop_table("inbox")
