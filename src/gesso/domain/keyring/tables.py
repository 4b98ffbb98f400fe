"""Keys of providers, sealed; the master keys that wrap them; and what happened to each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, partial_index

STATES = ("active", "paused", "retired")
MOST_WEIGHT = 1000
MOST_LIMIT = 1_000_000


class MasterKey(Main):
    """A master key by its id. While a row is wrapped by it, the foreign key keeps it here, and
    whoever looks after its secret keeps that.
    """

    __tablename__ = "master_key"

    id: Mapped[str] = mapped_column(primary_key=True)
    in_force: Mapped[bool]
    """Whether new keys are wrapped by it; one is, for all machines."""
    created_at: Mapped[datetime]


partial_index("uq_master_key_in_force", MasterKey.in_force, where=text("in_force"), unique=True)


class ProviderKey(Main):
    """One account of ours at a provider. What is sealed never changes: a new secret is a new row,
    and the old one retires when no job needs it.
    """

    __tablename__ = "provider_key"
    __table_args__ = (
        CheckConstraint("state in ('active', 'paused', 'retired')", name="state"),
        CheckConstraint(f"weight between 1 and {MOST_WEIGHT}", name="weight"),
        CheckConstraint(f"max_concurrency between 1 and {MOST_LIMIT}", name="max_concurrency"),
        CheckConstraint(f"per_minute between 1 and {MOST_LIMIT}", name="per_minute"),
        CheckConstraint("faults >= 0", name="faults"),
        CheckConstraint("probe is null or rests_until is not null", name="probe"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider: Mapped[str]
    label: Mapped[str]
    state: Mapped[str]
    weight: Mapped[int]
    max_concurrency: Mapped[int | None]
    per_minute: Mapped[int | None]
    root: Mapped[str | None]
    """The API's address for this account; sealed in, so that nobody sends the secret elsewhere."""
    version: Mapped[int]
    """By which recipe it was sealed."""
    sealed: Mapped[bytes]
    wrapped: Mapped[bytes]
    master_id: Mapped[str] = mapped_column(ForeignKey("master_key.id"), index=True)
    hints: Mapped[dict[str, object]]
    """Each part of the secret, masked and hashed: enough to recognise it."""
    replaces: Mapped[UUID | None]
    rests_until: Mapped[datetime | None]
    rest_code: Mapped[str | None]
    faults: Mapped[int]
    """How often in a row it was found not to work; each doubles the rest."""
    probe: Mapped[UUID | None]
    """The attempt that tries it out after a rest; the others wait for what comes of that."""
    window_at: Mapped[datetime | None]
    """The minute in which it was lent last, how often in that one, and in the one before."""
    window_used: Mapped[int]
    window_before: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    last_lent_at: Mapped[datetime | None]
    rev: Mapped[int] = mapped_column(default=1)


Index("ix_provider_key_provider", ProviderKey.provider, ProviderKey.state)
partial_index(
    "uq_provider_key_label",
    ProviderKey.provider,
    ProviderKey.label,
    where=text("state <> 'retired'"),
    unique=True,
)


class KeyEvent(Main):
    """Who did what to a key, or what was found out about it. Only ever added to; it outlives the
    key.
    """

    __tablename__ = "provider_key_event"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key_id: Mapped[UUID]
    provider: Mapped[str]
    event: Mapped[str]
    actor: Mapped[str]
    """A user's id, `cli`, or `house`."""
    code: Mapped[str | None]
    facts: Mapped[dict[str, object]]
    at: Mapped[datetime]


Index("ix_provider_key_event_key", KeyEvent.key_id, KeyEvent.id)
