"""Packages, payments and what gateways report; bills and reconciled days; indexes of statements."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from gesso.infra.db import UtcTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = UtcTime(timezone=True)

_STEPS = {
    "created": "pending paid failed expired cancelled",
    "pending": "paid failed expired cancelled",
    # Money that comes late is credited all the same.
    "failed": "paid",
    "expired": "paid",
    "cancelled": "paid",
    "paid": "refunded disputed",
    "refunded": "disputed",
    "disputed": "",
}
_FIXED = ("tenant_id", "owner_id", "wallet_id", "credits", "amount", "currency", "gateway")
_PRICED = ("credits", "bonus", "price", "currency")


def upgrade() -> None:
    """Make the tables and the indexes, and put the guards up."""
    _make_payments()
    _make_reconciliation()
    _index_statements()
    for name, (table, condition, words) in _guards().items():
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"create trigger {name} before update on {table} for each row when ({condition})"
                f" execute function gesso_refuse('{words}')"
            )
        else:
            op.execute(
                f"create trigger {name} before update on {table} when {condition}"
                f" begin select raise(abort, '{words}'); end"
            )


def downgrade() -> None:
    """Take them away."""
    for name in ("ix_ledger_txn_at", "ix_ledger_txn_rare", "ix_ledger_txn_task"):
        op.drop_index(name, "ledger_txn")
    op.drop_index("ix_attempt_unknown", "attempt")
    for table in (
        "reconciled_day", "bill_line", "payment_event", "payment", "package_version", "package",
    ):  # fmt: skip
        op.drop_table(table)


def _guards() -> dict[str, tuple[str, str, str]]:
    """Guard, table, what it refuses, its words."""
    pairs = ", ".join(f"'{a}>{b}'" for a, later in _STEPS.items() for b in later.split())
    return {
        "guard_payment_status": (
            "payment",
            f"old.status <> new.status and (old.status || '>' || new.status) not in ({pairs})",
            "illegal payment transition",
        ),
        "guard_payment_terms": (
            "payment",
            " or ".join(f"old.{name} <> new.{name}" for name in _FIXED),
            "the terms of a payment were changed",
        ),
        "guard_package_version": (
            "package_version",
            " or ".join(f"old.{name} <> new.{name}" for name in _PRICED),
            "a version of a package was changed",
        ),
    }


def _where(condition: str) -> dict[str, Any]:
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def _make_payments() -> None:
    op.create_table(
        "payment_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("tries", Big, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("ended_at", Instant, nullable=True),
        sa.CheckConstraint(
            "(status = 'stored') = (due_at is not null)", name=op.f("ck_payment_event_due")
        ),
        sa.CheckConstraint(
            "status in ('stored', 'applied', 'ignored', 'parked')",
            name=op.f("ck_payment_event_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_event")),
        sa.UniqueConstraint("gateway", "event_id", name=op.f("uq_payment_event_gateway_event_id")),
    )
    op.create_index(
        "ix_payment_event_due", "payment_event", ["due_at"], **_where("due_at is not null")
    )
    op.create_index("ix_payment_event_status", "payment_event", ["status", "id"])
    op.create_table(
        "package",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", Big, nullable=False),
        sa.Column("position", Big, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("retired_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_package_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_package_tenant_id_name")),
    )
    op.create_table(
        "package_version",
        sa.Column("package_id", sa.Uuid(), nullable=False),
        sa.Column("version", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("credits", Big, nullable=False),
        sa.Column("bonus", Big, nullable=False),
        sa.Column("price", Big, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("expires_days", Big, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint("bonus >= 0", name=op.f("ck_package_version_bonus")),
        sa.CheckConstraint("credits > 0", name=op.f("ck_package_version_credits")),
        sa.CheckConstraint(
            "expires_days is null or expires_days > 0", name=op.f("ck_package_version_expires_days")
        ),
        sa.CheckConstraint("price > 0", name=op.f("ck_package_version_price")),
        sa.ForeignKeyConstraint(
            ["package_id"], ["package.id"], name=op.f("fk_package_version_package_id")
        ),
        sa.PrimaryKeyConstraint("package_id", "version", name=op.f("pk_package_version")),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("package_id", sa.Uuid(), nullable=False),
        sa.Column("package_version", Big, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("credits", Big, nullable=False),
        sa.Column("amount", Big, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("expires_days", Big, nullable=True),
        sa.Column("gateway", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("intent_id", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("refunded", Big, nullable=False),
        sa.Column("disputed", Big, nullable=False),
        sa.Column("taken_back", Big, nullable=False),
        sa.Column("lost", Big, nullable=False),
        sa.Column("flag", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("looks", Big, nullable=False),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("paid_at", Instant, nullable=True),
        sa.CheckConstraint(
            "(status in ('paid', 'refunded', 'disputed')) = (paid_at is not null)",
            name=op.f("ck_payment_paid"),
        ),
        sa.CheckConstraint(
            "flag is null or flag in ('other_amount', 'other_session', 'refunded', 'disputed', 'reinstated', 'unsettled')",
            name=op.f("ck_payment_flag"),
        ),
        sa.CheckConstraint(
            "status in ('created', 'pending', 'paid', 'failed', 'expired', 'cancelled', 'refunded', 'disputed')",
            name=op.f("ck_payment_status"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount")),
        sa.CheckConstraint("credits > 0", name=op.f("ck_payment_credits")),
        sa.CheckConstraint("disputed between 0 and amount", name=op.f("ck_payment_disputed")),
        sa.CheckConstraint(
            "paid_at is not null or taken_back + lost = 0", name=op.f("ck_payment_returned_paid")
        ),
        sa.CheckConstraint("refunded between 0 and amount", name=op.f("ck_payment_refunded")),
        sa.CheckConstraint("taken_back + lost <= credits", name=op.f("ck_payment_returned_most")),
        sa.CheckConstraint("taken_back >= 0 and lost >= 0", name=op.f("ck_payment_returned")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_payment_owner_id")
        ),
        sa.ForeignKeyConstraint(["package_id"], ["package.id"], name=op.f("fk_payment_package_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_payment_tenant_id")),
        sa.ForeignKeyConstraint(["wallet_id"], ["wallet.id"], name=op.f("fk_payment_wallet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("gateway", "intent_id", name=op.f("uq_payment_gateway_intent_id")),
        sa.UniqueConstraint("gateway", "session_id", name=op.f("uq_payment_gateway_session_id")),
        sa.UniqueConstraint("owner_id", "key", name=op.f("uq_payment_owner_id_key")),
    )
    op.create_index("ix_payment_due", "payment", ["due_at"], **_where("due_at is not null"))
    op.create_index(
        "ix_payment_flagged", "payment", ["tenant_id", "id"], **_where("flag is not null")
    )
    op.create_index("ix_payment_owner", "payment", ["owner_id", "id"])
    op.create_index("ix_payment_tenant", "payment", ["tenant_id", "id"])


def _make_reconciliation() -> None:
    op.create_table(
        "bill_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("provider_job_id", sa.String(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cost", Big, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("imported_at", Instant, nullable=False),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_bill_line_cost")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill_line")),
        sa.UniqueConstraint("provider", "reference", name=op.f("uq_bill_line_provider_reference")),
    )
    op.create_index("ix_bill_line_day", "bill_line", ["day", "provider"])
    op.create_index(
        "ix_bill_line_job",
        "bill_line",
        ["provider", "provider_job_id"],
        **_where("provider_job_id IS NOT NULL"),
    )
    op.create_table(
        "reconciled_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("charged", Big, nullable=False),
        sa.Column("provider_cost", Big, nullable=False),
        sa.Column("loss", Big, nullable=False),
        sa.Column("attempts", Big, nullable=False),
        sa.Column("unknown", Big, nullable=False),
        sa.Column("billed", Big, nullable=True),
        sa.Column("difference", Big, nullable=True),
        sa.Column("unexplained", Big, nullable=False),
        sa.Column("counted_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("day", "provider", name=op.f("pk_reconciled_day")),
    )
    op.create_index(
        "ix_attempt_unknown", "attempt", ["created_at"], **_where("outcome = 'unknown'")
    )


def _index_statements() -> None:
    op.create_index("ix_ledger_txn_at", "ledger_txn", ["wallet_id", "at", "seq"])
    op.create_index(
        "ix_ledger_txn_rare",
        "ledger_txn",
        ["wallet_id", "seq"],
        **_where("kind not in ('freeze', 'capture', 'release')"),
    )
    op.create_index(
        "ix_ledger_txn_task", "ledger_txn", ["task_id", "seq"], **_where("task_id is not null")
    )
