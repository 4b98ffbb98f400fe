"""Keyring: keys of providers, the master keys that wrap them, their history, and the guards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gesso.infra.db import UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SEALED = ("provider", "root", "version", "sealed", "created_at")
_IS_DISTINCT = {"postgresql": "is distinct from", "sqlite": "is not"}


def upgrade() -> None:
    """Make the tables, find attempts by their credential, and put the guards up."""
    op.create_table(
        "master_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_key")),
    )
    _partial("uq_master_key_in_force", "master_key", ["in_force"], "in_force", unique=True)
    _provider_key()
    _history()
    _partial(
        "ix_attempt_credential",
        "attempt",
        ["credential"],
        "ended_at is null and credential is not null",
    )
    _guard()


def _provider_key() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "provider_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("weight", big, nullable=False),
        sa.Column("max_concurrency", big, nullable=True),
        sa.Column("per_minute", big, nullable=True),
        sa.Column("root", sa.String(), nullable=True),
        sa.Column("version", big, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("master_id", sa.String(), nullable=False),
        sa.Column(
            "hints", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("replaces", sa.Uuid(), nullable=True),
        sa.Column("rests_until", UtcTime(timezone=True), nullable=True),
        sa.Column("rest_code", sa.String(), nullable=True),
        sa.Column("faults", big, nullable=False),
        sa.Column("probe", sa.Uuid(), nullable=True),
        sa.Column("window_at", UtcTime(timezone=True), nullable=True),
        sa.Column("window_used", big, nullable=False),
        sa.Column("window_before", big, nullable=False),
        sa.Column("created_at", UtcTime(timezone=True), nullable=False),
        sa.Column("updated_at", UtcTime(timezone=True), nullable=False),
        sa.Column("last_lent_at", UtcTime(timezone=True), nullable=True),
        sa.Column("rev", big, nullable=False),
        sa.CheckConstraint(
            "state in ('active', 'paused', 'retired')", name=op.f("ck_provider_key_state")
        ),
        sa.CheckConstraint("weight between 1 and 1000", name=op.f("ck_provider_key_weight")),
        sa.CheckConstraint(
            "max_concurrency between 1 and 1000000", name=op.f("ck_provider_key_max_concurrency")
        ),
        sa.CheckConstraint(
            "per_minute between 1 and 1000000", name=op.f("ck_provider_key_per_minute")
        ),
        sa.CheckConstraint("faults >= 0", name=op.f("ck_provider_key_faults")),
        sa.CheckConstraint(
            "probe is null or rests_until is not null", name=op.f("ck_provider_key_probe")
        ),
        sa.ForeignKeyConstraint(
            ["master_id"], ["master_key.id"], name=op.f("fk_provider_key_master_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_key")),
    )
    op.create_index(op.f("ix_provider_key_master_id"), "provider_key", ["master_id"])
    op.create_index("ix_provider_key_provider", "provider_key", ["provider", "state"])
    _partial(
        "uq_provider_key_label",
        "provider_key",
        ["provider", "label"],
        "state <> 'retired'",
        unique=True,
    )


def _history() -> None:
    op.create_table(
        "provider_key_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column(
            "facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("at", UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_key_event")),
    )
    op.create_index("ix_provider_key_event_key", "provider_key_event", ["key_id", "id"])


def _conditions(dialect: str) -> dict[str, tuple[str, str]]:
    """Guard → (the condition under which an update of a key is refused, what is said then)."""
    differs = _IS_DISTINCT[dialect]
    changed = " or ".join(f"new.{name} {differs} old.{name}" for name in SEALED)
    return {
        "guard_provider_key_seal": (changed, "what is sealed was changed"),
        "guard_provider_key_state": (
            "old.state = 'retired' and new.state <> 'retired'",
            "a retired key came back",
        ),
    }


def _guard() -> None:
    dialect = op.get_bind().dialect.name
    for name, (condition, words) in _conditions(dialect).items():
        if dialect == "postgresql":
            op.execute(
                f"create trigger {name} before update on provider_key for each row"
                f" when ({condition}) execute function gesso_refuse('{words}')"
            )
        else:
            op.execute(
                f"create trigger {name} before update on provider_key when {condition}"
                f" begin select raise(abort, '{words}'); end"
            )
    if dialect == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_postgresql() -> None:
    op.execute(
        "create trigger guard_provider_key_remove before delete on provider_key for each row"
        " when (old.state <> 'retired')"
        " execute function gesso_refuse('a key that is not retired was removed')"
    )
    op.execute(
        "create trigger guard_provider_key_event_append before update or delete"
        " on provider_key_event for each row execute function gesso_refuse('append-only')"
    )


def _guard_sqlite() -> None:
    op.execute(
        "create trigger guard_provider_key_remove before delete on provider_key"
        " when old.state <> 'retired'"
        " begin select raise(abort, 'a key that is not retired was removed'); end"
    )
    for verb in ("update", "delete"):
        op.execute(
            f"create trigger guard_provider_key_event_{verb} before {verb} on provider_key_event"
            " begin select raise(abort, 'append-only: provider_key_event'); end"
        )


def _partial(
    name: str, table: str, columns: list[str], where: str, *, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, postgresql_where=condition, sqlite_where=condition
    )


def downgrade() -> None:
    """Take everything away; the keys are lost, and jobs under them cannot be asked about."""
    op.drop_index("ix_attempt_credential", table_name="attempt")
    op.drop_table("provider_key_event")
    op.drop_table("provider_key")
    op.drop_table("master_key")
