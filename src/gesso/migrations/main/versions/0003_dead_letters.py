"""Dead letters: who holds a job, how many holders have dropped it, and what was parked for that."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gesso.infra.db import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STEPS = {
    "queued": "submitting failed cancelled expired",
    "submitting": "queued running ingesting retrying unknown failed",
    "unknown": "running ingesting retrying failed",
    "running": "ingesting retrying failed cancelling expired",
    "cancelling": "ingesting cancelled failed expired",
    "ingesting": "completed failed cancelled",
    "retrying": "queued cancelled expired",
}


def upgrade() -> None:
    """Add the columns and the table; a parked job that waits may be discarded from now on."""
    op.add_column("job", sa.Column("holder", sa.String(), nullable=True))
    op.add_column(
        "job", sa.Column("lost", sa.SmallInteger(), nullable=False, server_default=sa.text("0"))
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("deliveries", sa.SmallInteger(), nullable=False),
        sa.Column(
            "facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("parked_at", UtcTime(timezone=True), nullable=False),
        sa.Column("settled_at", UtcTime(timezone=True), nullable=True),
        sa.Column("settlement", sa.String(), nullable=True),
        sa.CheckConstraint(
            "settlement in ('requeued', 'discarded', 'ended')",
            name=op.f("ck_dead_letter_settlement"),
        ),
        sa.CheckConstraint(
            "(settlement is null) = (settled_at is null)", name=op.f("ck_dead_letter_settled")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
    )
    op.create_index(
        "uq_dead_letter_open",
        "dead_letter",
        ["kind", "subject"],
        unique=True,
        postgresql_where=sa.text("settled_at is null"),
        sqlite_where=sa.text("settled_at is null"),
    )
    _guard({**STEPS, "retrying": f"failed {STEPS['retrying']}"})


def downgrade() -> None:
    """Take them away; what is parked must have been settled before."""
    _guard(STEPS)
    op.drop_index("uq_dead_letter_open", table_name="dead_letter")
    op.drop_table("dead_letter")
    op.drop_column("job", "lost")
    op.drop_column("job", "holder")


def _guard(steps: dict[str, str]) -> None:
    """The legal steps of a job, as the database knows them."""
    pairs = ", ".join(f"'{a}>{b}'" for a, later in steps.items() for b in later.split())
    condition = f"old.status <> new.status and (old.status || '>' || new.status) not in ({pairs})"
    words, name = "illegal job transition", "guard_job_status"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"drop trigger {name} on job")
        op.execute(
            f"create trigger {name} before update on job for each row when ({condition})"
            f" execute function gesso_refuse('{words}')"
        )
        return
    op.execute(f"drop trigger {name}")
    op.execute(
        f"create trigger {name} before update on job when {condition}"
        f" begin select raise(abort, '{words}'); end"
    )
