"""Guards: illegal transitions, moving fences and edited ledgers are refused by the database itself.

The conditions stand in the triggers' WHEN, so a legal change costs no call. PostgreSQL checks the
balance of a movement once a statement; SQLite, which has no such triggers, seals it when the
transaction's row arrives after its entries.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STEPS = {
    "task": {
        "queued": "running failed cancelled expired",
        "running": "awaiting_selection completed failed cancelled expired",
        "awaiting_selection": "running completed cancelled expired",
    },
    "job": {
        "queued": "submitting failed cancelled expired",
        "submitting": "queued running ingesting retrying unknown failed",
        "unknown": "running ingesting retrying failed",
        "running": "ingesting retrying failed cancelling expired",
        "cancelling": "ingesting cancelled failed expired",
        "ingesting": "completed failed cancelled",
        "retrying": "queued cancelled expired",
    },
    "hold": {"open": "captured released"},
    "asset": {"pending": "ready rejected"},
}
CLOSED = "'completed', 'rejected', 'failed', 'absent', 'cancelled', 'leaked'"


def _conditions() -> dict[str, tuple[str, str, str]]:
    """Trigger name → (table, the condition under which an update is refused, what is said then)."""
    made = {}
    for table, steps in STEPS.items():
        pairs = ", ".join(f"'{a}>{b}'" for a, later in steps.items() for b in later.split())
        made[f"guard_{table}_status"] = (
            table,
            f"old.status <> new.status and (old.status || '>' || new.status) not in ({pairs})",
            f"illegal {table} transition",
        )
    made["guard_job_fence"] = ("job", "new.fence < old.fence", "a fence moved back")
    made["guard_task_selection"] = (
        "task",
        "coalesce(old.selected_image_index <> coalesce(new.selected_image_index, -1), false)",
        "a selection was changed",
    )
    made["guard_attempt_outcome"] = (
        "attempt",
        f"old.outcome in ({CLOSED}) and new.outcome <> old.outcome",
        "a closed attempt was reopened",
    )
    made["guard_hold_amount"] = (
        "hold",
        "new.amount <> old.amount",
        "the amount of a hold was changed",
    )
    return made


def upgrade() -> None:
    """Put the guards up."""
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _postgresql() -> None:
    op.execute(
        """create function gesso_refuse() returns trigger language plpgsql as $$
           begin
             raise exception '%: %', tg_argv[0], tg_table_name using errcode = 'GS001';
           end $$"""
    )
    op.execute(
        """create function gesso_balance() returns trigger language plpgsql as $$
           begin
             if exists (select 1 from arrived group by txn_id, layer having sum(amount) <> 0) then
               raise exception 'unbalanced ledger transaction' using errcode = 'GS002';
             end if;
             return null;
           end $$"""
    )
    for name, (table, condition, words) in _conditions().items():
        op.execute(
            f"create trigger {name} before update on {table} for each row when ({condition})"
            f" execute function gesso_refuse('{words}')"
        )
    for table in ("ledger_entry", "ledger_txn"):
        op.execute(
            f"create trigger guard_{table}_append before update or delete on {table}"
            " for each row execute function gesso_refuse('append-only')"
        )
    op.execute(
        "create trigger guard_event_append before update on event"
        " for each row execute function gesso_refuse('append-only')"
    )
    op.execute(
        "create trigger guard_ledger_balance after insert on ledger_entry"
        " referencing new table as arrived for each statement execute function gesso_balance()"
    )


def _sqlite() -> None:
    for name, (table, condition, words) in _conditions().items():
        op.execute(
            f"create trigger {name} before update on {table} when {condition}"
            f" begin select raise(abort, '{words}'); end"
        )
    for table, verbs in (
        ("ledger_entry", "update delete"),
        ("ledger_txn", "update delete"),
        ("event", "update"),
    ):
        for verb in verbs.split():
            op.execute(
                f"create trigger guard_{table}_{verb} before {verb} on {table}"
                f" begin select raise(abort, 'append-only: {table}'); end"
            )
    op.execute(
        "create trigger guard_ledger_balance after insert on ledger_txn"
        " when exists (select 1 from ledger_entry where txn_id = new.id"
        " group by layer having sum(amount) <> 0)"
        " begin select raise(abort, 'unbalanced ledger transaction'); end"
    )
    op.execute(
        "create trigger guard_ledger_sealed before insert on ledger_entry"
        " when exists (select 1 from ledger_txn where id = new.txn_id)"
        " begin select raise(abort, 'sealed ledger transaction'); end"
    )


def downgrade() -> None:
    """Take the guards down."""
    names = [(name, table) for name, (table, _, _) in _conditions().items()]
    if op.get_bind().dialect.name == "postgresql":
        names += [
            (f"guard_{table}_append", table) for table in ("ledger_entry", "ledger_txn", "event")
        ]
        names.append(("guard_ledger_balance", "ledger_entry"))
        for name, table in names:
            op.execute(f"drop trigger {name} on {table}")
        op.execute("drop function gesso_refuse()")
        op.execute("drop function gesso_balance()")
        return
    for name, _ in names:
        op.execute(f"drop trigger {name}")
    for name in (
        "guard_ledger_entry_update", "guard_ledger_entry_delete", "guard_ledger_txn_update",
        "guard_ledger_txn_delete", "guard_event_update",
        "guard_ledger_balance", "guard_ledger_sealed",
    ):  # fmt: skip
        op.execute(f"drop trigger {name}")
