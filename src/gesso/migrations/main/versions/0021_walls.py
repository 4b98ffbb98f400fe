"""Tenants end, what operators do is written down, and walls stand between tenants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gesso.infra.db import UtcTime
from gesso.migrations import walls

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Instant = UtcTime(timezone=True)

FIXED = ("id", "tenant_id", "actor", "means", "action", "subject", "at", "by_id", "about_id")
"""Columns of a line that nothing changes."""
LEAVING = "exists (select 1 from erasure e where e.user_id = old.{column})"


def upgrade() -> None:
    """Make the log and its guards, then the walls."""
    op.add_column("tenant", sa.Column("closed_at", Instant, nullable=True))
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("means", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_audit_log_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_tenant_id", "audit_log", ["tenant_id", "id"])
    op.create_index("ix_audit_log_actor", "audit_log", ["tenant_id", "actor", "id"])
    op.create_index("ix_audit_log_subject", "audit_log", ["tenant_id", "subject", "id"])
    for name, column in (("ix_audit_log_by", "by_id"), ("ix_audit_log_about", "about_id")):
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            name, "audit_log", [column], postgresql_where=where, sqlite_where=where
        )  # fmt: skip
    _guard_the_log()
    walls.build(op.get_bind())


def _guard_the_log() -> None:
    """A line stays as it is, but that it loses its address when who did it is being erased, and its
    details when whom it is about is.
    """
    by, about = (LEAVING.format(column=column) for column in ("by_id", "about_id"))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"""create function gesso_line_kept() returns trigger language plpgsql as $$
               begin
                 if (to_jsonb(new) - 'address' - 'details')
                     = (to_jsonb(old) - 'address' - 'details')
                   and (new.address is not distinct from old.address
                     or (new.address is null and {by}))
                   and (new.details = old.details
                     or (new.details = '{{}}'::jsonb and {about}))
                 then return new; end if;
                 raise exception 'append-only: %', tg_table_name using errcode = 'GS001';
               end $$"""
        )
        op.execute(
            "create trigger guard_audit_log_append before update on audit_log"
            " for each row execute function gesso_line_kept()"
        )
        op.execute(
            "create trigger guard_audit_log_delete before delete on audit_log"
            " for each row execute function gesso_refuse('append-only')"
        )
        op.execute(
            "create trigger guard_audit_log_truncate before truncate on audit_log"
            " for each statement execute function gesso_refuse('append-only')"
        )
    else:
        same = " and ".join(f"new.{column} is old.{column}" for column in FIXED)
        refuse = "begin select raise(abort, 'append-only: audit_log'); end"
        op.execute(
            "create trigger guard_audit_log_update before update on audit_log"
            f" when not ({same}"
            f" and (new.address is old.address or (new.address is null and {by}))"
            f" and (new.details is old.details or (new.details = '{{}}' and {about}))) {refuse}"
        )
        op.execute(f"create trigger guard_audit_log_delete before delete on audit_log {refuse}")


def downgrade() -> None:
    """Take everything down again."""
    walls.raze(op.get_bind())
    op.drop_table("audit_log")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function gesso_line_kept()")
    op.drop_column("tenant", "closed_at")
