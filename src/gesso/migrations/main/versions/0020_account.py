"""Account: what keys are bound to, what people say of themselves, exports, and erasures.

Two append-only guards learn the one exception that erasing needs: an event may lose its data, and a
movement its memo, when whose they are is being erased, and nothing else about them may change.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gesso.infra.db import UtcTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Instant = UtcTime(timezone=True)

EVENT_FIXED = ("stream_id", "seq", "type", "task_id", "job_id", "at")
TXN_FIXED = (
    "id", "kind", "wallet_id", "seq", "hold_id", "task_id", "reverses", "reference",
    "posted_after", "held_after", "at", "actor_id",
)  # fmt: skip
LEAVING_OWNER = "select 1 from erasure e where e.user_id = old.stream_id"
LEAVING_PAYER = (
    "select 1 from erasure e join wallet w on w.owner_id = e.user_id where w.id = old.wallet_id"
)
STATE = (
    "old.state <> new.state and (old.state || '>' || new.state)"
    " not in ('asked>settled', 'settled>erased') or old.user_id <> new.user_id"
)


def upgrade() -> None:
    """Add the columns and tables, and let the guards know who is leaving."""
    for column in ("name", "locale"):
        op.add_column("user_account", sa.Column(column, sa.String(), nullable=True))
    op.add_column(
        "api_key", sa.Column("addresses", Json, nullable=False, server_default=sa.text("'[]'"))
    )
    op.add_column("api_key", sa.Column("last_used_from", sa.String(), nullable=True))
    op.add_column("api_key", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.add_column(
        "api_key", sa.Column("lineage", Json, nullable=False, server_default=sa.text("'[]'"))
    )
    _tables()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _tables() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("settled_at", Instant, nullable=True),
        sa.Column("finished_at", Instant, nullable=True),
        sa.Column("counts", Json, nullable=False),
        sa.CheckConstraint(
            "state in ('asked', 'settled', 'erased')", name=op.f("ck_erasure_state")
        ),
        sa.CheckConstraint(
            "(state = 'asked') = (settled_at is null)", name=op.f("ck_erasure_settled")
        ),
        sa.CheckConstraint(
            "(state = 'erased') = (finished_at is not null)", name=op.f("ck_erasure_finished")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_erasure_tenant_id_tenant")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_erasure_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("user_id", name=op.f("uq_erasure_user_id")),
    )
    is_open = sa.text("finished_at is null")
    op.create_index(
        "ix_erasure_open", "erasure", ["asked_at"], postgresql_where=is_open, sqlite_where=is_open
    )
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("rev", Big, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_preferences_tenant_id_tenant")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_preferences_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_preferences")),
    )
    op.create_table(
        "account_export",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_account_export_tenant_id_tenant")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_account_export_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_account_export")),
    )


def _postgresql() -> None:
    op.execute(
        f"create trigger guard_erasure_state before update on erasure for each row when ({STATE})"
        " execute function gesso_refuse('illegal erasure transition')"
    )
    for name, leaving in (
        ("gesso_event_kept", LEAVING_OWNER),
        (
            "gesso_memo_kept",
            LEAVING_PAYER,
        ),
    ):
        op.execute(
            f"""create function {name}() returns trigger language plpgsql as $$
               begin
                 if exists ({leaving}) then return new; end if;
                 raise exception 'append-only: %', tg_table_name using errcode = 'GS001';
               end $$"""
        )
    op.execute("drop trigger guard_event_append on event")
    op.execute("drop trigger guard_ledger_txn_append on ledger_txn")
    for table, emptied, kept in (
        ("event", "new.data = '{}'::jsonb", "data"),
        ("ledger_txn", "new.memo is null", "memo"),
    ):
        same = f"(to_jsonb(new) - '{kept}') = (to_jsonb(old) - '{kept}')"
        function = {"event": "gesso_event_kept", "ledger_txn": "gesso_memo_kept"}[table]
        op.execute(
            f"create trigger guard_{table}_append before update on {table} for each row"
            f" when (not ({emptied} and {same})) execute function gesso_refuse('append-only')"
        )
        op.execute(
            f"create trigger guard_{table}_erasing before update on {table} for each row"
            f" when ({emptied} and {same}) execute function {function}()"
        )
    op.execute(
        "create trigger guard_ledger_txn_delete before delete on ledger_txn"
        " for each row execute function gesso_refuse('append-only')"
    )


def _sqlite() -> None:
    op.execute(
        f"create trigger guard_erasure_state before update on erasure when {STATE}"
        " begin select raise(abort, 'illegal erasure transition'); end"
    )
    for table, emptied, fixed, leaving in (
        (
            "event", "new.data = '{}'", EVENT_FIXED,
            LEAVING_OWNER,
        ),
        (
            "ledger_txn", "new.memo is null", TXN_FIXED,
            LEAVING_PAYER,
        ),
    ):  # fmt: skip
        same = " and ".join(f"new.{column} is old.{column}" for column in fixed)
        op.execute(f"drop trigger guard_{table}_update")
        op.execute(
            f"create trigger guard_{table}_update before update on {table}"
            f" when not ({emptied} and {same} and exists ({leaving}))"
            f" begin select raise(abort, 'append-only: {table}'); end"
        )


def downgrade() -> None:
    """Take everything away; who is being erased stays shut out."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in ("event", "ledger_txn"):
        if is_postgresql:
            op.execute(f"drop trigger guard_{table}_append on {table}")
            op.execute(f"drop trigger guard_{table}_erasing on {table}")
        else:
            op.execute(f"drop trigger guard_{table}_update")
            op.execute(
                f"create trigger guard_{table}_update before update on {table}"
                f" begin select raise(abort, 'append-only: {table}'); end"
            )
    if is_postgresql:
        op.execute("drop trigger guard_ledger_txn_delete on ledger_txn")
        for table, verbs in (("event", "update"), ("ledger_txn", "update or delete")):
            op.execute(
                f"create trigger guard_{table}_append before {verbs} on {table}"
                " for each row execute function gesso_refuse('append-only')"
            )
        op.execute("drop function gesso_event_kept()")
        op.execute("drop function gesso_memo_kept()")
    for table in ("account_export", "preferences", "erasure"):
        op.drop_table(table)
    for column in ("lineage", "parent_id", "last_used_from", "addresses"):
        op.drop_column("api_key", column)
    for column in ("locale", "name"):
        op.drop_column("user_account", column)
