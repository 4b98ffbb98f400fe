"""Catalog: entries that operators make while it runs, and charges by what was used up."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gesso.infra.db import UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
GUARD = (
    "(new.charge is not null and (new.charge < 0 or new.charge > new.price))"
    " or (old.charge is not null and (new.charge is null or new.charge <> old.charge))"
)


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add both, and put their guards up."""
    op.add_column("job", sa.Column("charge", _BIG, nullable=True))
    op.create_table(
        "catalog_revision",
        sa.Column("revision", _BIG, autoincrement=False, nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("entry", _json(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcTime(timezone=True), nullable=False),
        sa.CheckConstraint("revision > 0", name=op.f("ck_catalog_revision_revision")),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_catalog_revision")),
    )
    op.create_index("ix_catalog_revision_model", "catalog_revision", ["model_id", "revision"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"create trigger guard_job_charge before update on job for each row when ({GUARD})"
            " execute function gesso_refuse('a charge above the price, or a second one')"
        )
        op.execute(
            "create trigger guard_catalog_append before update or delete on catalog_revision"
            " for each row execute function gesso_refuse('append-only')"
        )
        return
    op.execute(
        f"create trigger guard_job_charge before update on job when {GUARD}"
        " begin select raise(abort, 'a charge above the price, or a second one'); end"
    )
    for verb in ("update", "delete"):
        op.execute(
            f"create trigger guard_catalog_{verb} before {verb} on catalog_revision"
            " begin select raise(abort, 'append-only: catalog_revision'); end"
        )


def downgrade() -> None:
    """Take them away; what was charged by use is charged, and stands in the ledger."""
    on_job = " on job" if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(f"drop trigger guard_job_charge{on_job}")
    op.drop_table("catalog_revision")
    op.drop_column("job", "charge")
