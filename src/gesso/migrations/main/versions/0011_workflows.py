"""Workflows: templates in versions, and the guard that keeps a version as it is."""

import sqlalchemy as sa
from alembic import op

from gesso.infra.db import UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_SAID = ("name", "version", "content", "digest", "origin", "created_at")
_CHANGED = " or ".join(f"new.{column} <> old.{column}" for column in _SAID)
_WORDS = "a version of a workflow was changed"


def upgrade() -> None:
    """Make the table and put its guard up."""
    op.create_table(
        "workflow",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_workflow_version")),
        sa.CheckConstraint("origin in ('file', 'api')", name=op.f("ck_workflow_origin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_workflow_name_version")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "create trigger guard_workflow_version before update on workflow for each row"
            f" when ({_CHANGED}) execute function gesso_refuse('{_WORDS}')"
        )
    else:
        op.execute(
            "create trigger guard_workflow_version before update on workflow"
            f" when {_CHANGED} begin select raise(abort, '{_WORDS}'); end"
        )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("workflow")
