"""The wallet: lots that expire, limits, shared wallets, redeem codes, partial refunds.

SQLite changes a constraint by making the table anew. Its foreign keys are checked at the commit
meanwhile, when every row is back under its name; indexes and triggers are made again as they were.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from gesso.infra.db import UtcTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = UtcTime(timezone=True)

OLD_KINDS = "kind in ('grant', 'freeze', 'capture', 'release', 'reversal', 'adjust', 'loss')"
NEW_KINDS = OLD_KINDS[:-1] + ", 'expire')"
OWNER = "owner_id CHAR(32) NOT NULL", "owner_id CHAR(32)"
KINDS = f"CHECK ({OLD_KINDS})", f"CHECK ({NEW_KINDS})"
ONE_REVERSAL = "CONSTRAINT uq_ledger_txn_reverses UNIQUE (reverses), \n\t", ""
ADDED = {
    "wallet": ("expires_at", "covered", "is_limited", "alert_below", "is_low", "pays_from"),
    "hold": ("spender_id",),
    "ledger_txn": ("actor_id",),
    "task": ("refunded",),
}
NEW_TABLES = (
    "code_guess", "redemption", "redeem_code", "code_batch",
    "limit_charge", "spend_limit", "wallet_member", "lot_cover", "lot",
)  # fmt: skip
REFUND = """
    select coalesce(sum(e.amount), 0) > (
        select -o.amount from ledger_entry o
        where o.txn_id = new.reverses and o.layer = 'posted' and o.account like 'wallet:%')
    from ledger_txn x join ledger_entry e on e.txn_id = x.id
    where x.reverses = new.reverses and e.layer = 'posted' and e.account like 'wallet:%'
"""
"""Whether the reversals of a charge, the new one among them, come to more than it."""


def upgrade() -> None:
    """Change what is there, make the new tables, put the guards up."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("alter table wallet alter column owner_id drop not null")
        op.execute("alter table ledger_txn drop constraint uq_ledger_txn_reverses")
        _kinds(NEW_KINDS)
    else:
        with_kinds = [KINDS, ONE_REVERSAL]
        _rebuild({"wallet": [OWNER], "ledger_txn": with_kinds})
    _columns()
    _lots()
    _limits()
    _codes()
    _guards()


def _kinds(condition: str) -> None:
    op.execute("alter table ledger_txn drop constraint ck_ledger_txn_kind")
    op.execute(f"alter table ledger_txn add constraint ck_ledger_txn_kind check ({condition})")


def _rebuild(changes: dict[str, Sequence[tuple[str, str]]]) -> None:
    """Make these SQLite tables anew with changed words, and everything else as it was."""
    ask = op.get_bind()
    ask.execute(sa.text("pragma defer_foreign_keys = on"))
    for table, words in changes.items():
        made = _statements("type = 'table' and name = :table", table)[0]
        for old, new in words:
            if old not in made:
                raise RuntimeError(f"{table} is not as it was made: {old!r} is missing")
            made = made.replace(old, new)
        besides = _statements("type in ('index', 'trigger') and tbl_name = :table", table)
        for statement in (
            f"create table {table}_kept as select * from {table}",  # noqa: S608  # our names
            f"drop table {table}",
            made,
            f"insert into {table} select * from {table}_kept",  # noqa: S608  # our names
            f"drop table {table}_kept",
            *besides,
        ):
            ask.exec_driver_sql(statement)


def _statements(which: str, table: str) -> list[str]:
    query = f"select sql from sqlite_master where {which} and sql is not null"  # noqa: S608  # our words
    return [sql for (sql,) in op.get_bind().execute(sa.text(query), {"table": table})]


def _columns() -> None:
    add = op.add_column
    add("wallet", sa.Column("expires_at", Instant))
    add("wallet", sa.Column("covered", Big, nullable=False, server_default=sa.text("0")))
    for flag in ("is_limited", "is_low"):
        add("wallet", sa.Column(flag, sa.Boolean(), nullable=False, server_default=sa.false()))
    add("wallet", sa.Column("alert_below", Big))
    add("hold", sa.Column("spender_id", sa.Uuid()))
    add("ledger_txn", sa.Column("actor_id", sa.Uuid()))
    kinds = ("char(32)", "integer") if _is_sqlite() else ("uuid", "bigint")
    op.execute(
        f"alter table wallet add column pays_from {kinds[0]}"
        " constraint fk_wallet_pays_from references wallet (id)"
    )
    op.execute(
        f"alter table task add column refunded {kinds[1]} not null default 0"
        " constraint ck_task_refunded check (refunded between 0 and charged)"
    )
    _partial("ix_wallet_expires", "wallet", ["expires_at"], "expires_at IS NOT NULL")
    _partial("uq_wallet_shared", "wallet", ["tenant_id"], "owner_id IS NULL", unique=True)
    _partial("ix_ledger_txn_reverses", "ledger_txn", ["reverses"], "reverses IS NOT NULL")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _partial(
    name: str, table: str, columns: Sequence[str], where: str, *, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, list(columns), unique=unique,
        postgresql_where=condition, sqlite_where=condition,
    )  # fmt: skip


def _table(
    name: str,
    *columns: sa.Column[Any] | sa.UniqueConstraint,
    keys: Iterable[str],
    rules: dict[str, str],
) -> None:
    """A table with a tenant; the references of a column stand in its `info`."""
    foreign = [
        sa.ForeignKeyConstraint(
            [column.name], [f"{column.info['to']}.id"],
            name=op.f(f"fk_{name}_{column.name}"),
        )
        for column in columns
        if isinstance(column, sa.Column) and "to" in column.info
    ]  # fmt: skip
    checks = [sa.CheckConstraint(rule, name=op.f(f"ck_{name}_{of}")) for of, rule in rules.items()]
    key = sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}"))
    op.create_table(name, *columns, *checks, *foreign, key)


def _id(name: str, to: str | None = None, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=nullable, info={"to": to} if to else {})


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Big, nullable=nullable)


def _words(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Instant, nullable=nullable)


def _lots() -> None:
    _table(
        "lot",
        _id("id", "ledger_txn"), _id("tenant_id", "tenant"), _id("wallet_id", "wallet"),
        _number("seq"), _number("amount"), _at("expires_at"), _words("status"),
        _number("remaining"), _number("counted"), _number("expired"),
        _at("expired_at", nullable=True),
        keys=["id"],
        rules={
            "amount": "amount > 0",
            "remaining": "remaining between 0 and amount",
            "expired": "expired between 0 and remaining",
            "status": "status in ('open', 'expired')",
            "ended": "(status = 'expired') = (expired_at is not null)",
            "order": "status = 'expired' or expired = 0",
        },
    )  # fmt: skip
    _partial("ix_lot_open", "lot", ["wallet_id", "seq"], "status = 'open'")
    _table(
        "lot_cover",
        _id("hold_id"), _id("lot_id", "lot"), _id("wallet_id", "wallet"),
        _id("tenant_id", "tenant"), _number("amount"),
        _number("spent", nullable=True), _number("seq", nullable=True),
        keys=["hold_id", "lot_id"],
        rules={
            "amount": "amount > 0",
            "settled": "(seq is null) = (spent is null)",
            "spent": "spent is null or spent between 0 and amount",
        },
    )  # fmt: skip
    _partial("ix_lot_cover_open", "lot_cover", ["wallet_id"], "seq is null")
    _partial("ix_lot_cover_settled", "lot_cover", ["wallet_id", "seq"], "seq is not null")


def _limits() -> None:
    _table(
        "spend_limit",
        _id("id"), _id("tenant_id", "tenant"), _words("kind"), _id("subject_id"),
        _number("daily", nullable=True), _number("total", nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        _number("spent_today"), _number("spent_total"), _at("updated_at"),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_spend_limit_kind_subject_id")),
        keys=["id"],
        rules={
            "kind": "kind in ('own', 'user', 'tenant', 'key', 'member')",
            "daily": "daily is null or daily >= 0",
            "total": "total is null or total >= 0",
            "spent": "spent_today >= 0 and spent_total >= 0",
        },
    )  # fmt: skip
    _table(
        "limit_charge",
        _id("hold_id", "hold"), _id("limit_id", "spend_limit"), _id("tenant_id", "tenant"),
        sa.Column("day", sa.Date(), nullable=False),
        keys=["hold_id", "limit_id"],
        rules={},
    )  # fmt: skip
    _table(
        "wallet_member",
        _id("id"), _id("tenant_id", "tenant"), _id("wallet_id", "wallet"),
        _id("user_id", "user_account"),
        sa.Column("is_manager", sa.Boolean(), nullable=False),
        _at("created_at"), _at("removed_at", nullable=True),
        sa.UniqueConstraint(
            "wallet_id", "user_id", name=op.f("uq_wallet_member_wallet_id_user_id")
        ),
        keys=["id"],
        rules={},
    )  # fmt: skip
    op.create_index("ix_wallet_member_user_id", "wallet_member", ["user_id"])


def _codes() -> None:
    _table(
        "code_batch",
        _id("id"), _id("tenant_id", "tenant"), _words("name"), _number("amount"),
        _number("count"), _number("max_uses"), _at("expires_at", nullable=True),
        _number("lasts_days", nullable=True), _words("status"), _words("key", nullable=True),
        _id("created_by", nullable=True), _at("created_at"),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_code_batch_tenant_id_key")),
        keys=["id"],
        rules={
            "amount": "amount > 0",
            "count": "count between 1 and 10000",
            "max_uses": "max_uses between 1 and 1000000",
            "lasts": "lasts_days is null or lasts_days between 1 and 3650",
            "status": "status in ('active', 'disabled')",
        },
    )  # fmt: skip
    _table(
        "redeem_code",
        _id("id"), _id("tenant_id", "tenant"), _id("batch_id", "code_batch"), _words("digest"),
        _number("uses"), _number("max_uses"),
        sa.UniqueConstraint("digest", name=op.f("uq_redeem_code_digest")),
        keys=["id"],
        rules={"uses": "uses >= 0 and uses <= max_uses"},
    )  # fmt: skip
    op.create_index("ix_redeem_code_batch_id", "redeem_code", ["batch_id"])
    _table(
        "redemption",
        _id("code_id", "redeem_code"), _id("user_id", "user_account"), _id("tenant_id", "tenant"),
        _id("txn_id", "ledger_txn"), _words("key", nullable=True), _at("created_at"),
        sa.UniqueConstraint("txn_id", name=op.f("uq_redemption_txn_id")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_redemption_user_id_key")),
        keys=["code_id", "user_id"],
        rules={},
    )  # fmt: skip
    _table(
        "code_guess",
        _words("subject"), _at("since"), _number("count"),
        keys=["subject"],
        rules={"count": "count >= 0"},
    )  # fmt: skip


def _guards() -> None:
    """Reversals never come to more than their charge; an expired lot and a settled cover stay."""
    rules = {
        "lot": "old.status = 'expired'",
        "lot_cover": "old.seq is not null",
    }
    if _is_sqlite():
        op.execute(
            "create trigger guard_ledger_refund after insert on ledger_txn"
            f" when new.kind = 'reversal' and coalesce(({REFUND}), 1)"
            " begin select raise(abort, 'more given back than was charged'); end"
        )
        for table, condition in rules.items():
            op.execute(
                f"create trigger guard_{table}_end before update on {table} when {condition}"
                f" begin select raise(abort, 'settled already: {table}'); end"
            )
        return
    op.execute(
        f"""create function gesso_refund() returns trigger language plpgsql as $$
           begin
             if coalesce(({REFUND}), true) then
               raise exception 'more given back than was charged' using errcode = 'GS003';
             end if;
             return null;
           end $$"""
    )
    op.execute(
        "create trigger guard_ledger_refund after insert on ledger_txn"
        " for each row when (new.kind = 'reversal') execute function gesso_refund()"
    )
    for table, condition in rules.items():
        op.execute(
            f"create trigger guard_{table}_end before update on {table} for each row"
            f" when ({condition}) execute function gesso_refuse('settled already')"
        )


def downgrade() -> None:
    """Take it all away; refused where expired credits, shared wallets or several refunds of one
    charge were written, which the older tables cannot hold.
    """
    if _is_sqlite():
        op.execute("drop trigger guard_ledger_refund")
    else:
        op.execute("drop trigger guard_ledger_refund on ledger_txn")
        op.execute("drop function gesso_refund()")
    for table in NEW_TABLES:
        op.drop_table(table)
    for index, table in (
        ("ix_wallet_expires", "wallet"),
        ("uq_wallet_shared", "wallet"),
        ("ix_ledger_txn_reverses", "ledger_txn"),
    ):
        op.drop_index(index, table)
    for table, columns in ADDED.items():
        for column in columns:
            op.execute(f"alter table {table} drop column {column}")
    if not _is_sqlite():
        op.execute("alter table wallet alter column owner_id set not null")
        op.execute("alter table ledger_txn add constraint uq_ledger_txn_reverses unique (reverses)")
        _kinds(OLD_KINDS)
        return
    # The words in front of which the constraint is put back stand in the table as it was made.
    after = "CONSTRAINT uq_ledger_txn_wallet_id_seq"
    _rebuild(
        {
            "wallet": [OWNER[::-1]],
            "ledger_txn": [KINDS[::-1], (after, ONE_REVERSAL[0] + after)],
        }
    )
