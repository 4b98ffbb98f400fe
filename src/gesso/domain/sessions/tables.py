"""Sessions, the refresh tokens by which each goes on, and the keys that sign access tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, partial_index

LONGEST_AGENT = 300


class UserSession(Main):
    """Somebody who signed in and is here until `expires_at`; or a tenant's program, for which a
    session only stands for whether it is still let in.
    """

    __tablename__ = "user_session"
    __table_args__ = (
        CheckConstraint("kind in ('person', 'client')", name="kind"),
        CheckConstraint(
            "end_reason in ('logout', 'revoked', 'reuse', 'rotated')", name="end_reason"
        ),
        CheckConstraint("(ended_at is null) = (end_reason is null)", name="ended"),
        CheckConstraint(
            "kind = 'client' or (channel_id is not null and expires_at is not null)", name="person"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    channel_id: Mapped[UUID | None] = mapped_column(ForeignKey("channel.id"))
    """Through which door they came, and as whom they were known there."""
    identity_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_identity.id"))
    ip: Mapped[str]
    """From where, and with what, the session was begun or refreshed last."""
    agent: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


Index("ix_user_session_user", UserSession.user_id, UserSession.id)


class RefreshToken(Main):
    """One link of a session's chain. Only hashes stay: of the token itself, and for its successor a
    salt, from which nobody makes the successor without the token and the house's secret.
    """

    __tablename__ = "refresh_token"
    __table_args__ = (
        UniqueConstraint("session_id", "generation", name="uq_refresh_token_generation"),
        CheckConstraint("(used_at is null) = (salt is null)", name="used"),
        CheckConstraint("generation >= 1", name="generation"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("user_session.id"))
    generation: Mapped[int]
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    salt: Mapped[bytes | None]


partial_index(
    "uq_refresh_token_unused", RefreshToken.session_id, where=text("used_at is null"), unique=True
)


class SigningKey(Main):
    """A key that signs access tokens; its private half is sealed for this row alone."""

    __tablename__ = "signing_key"
    __table_args__ = (CheckConstraint("is_newest = (trusted_until is null)", name="is_newest"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    public: Mapped[bytes]
    """The public half: 32 bytes (RFC 8032)."""
    version: Mapped[int]
    """By which recipe it was sealed."""
    sealed: Mapped[bytes]
    wrapped: Mapped[bytes]
    master_id: Mapped[str] = mapped_column(ForeignKey("master_key.id"), index=True)
    created_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    """Shown to the world before it signs, so that nobody meets a token of a key unseen."""
    trusted_until: Mapped[datetime | None]
    """When what it signed has expired everywhere; none for the newest."""
    is_newest: Mapped[bool]


partial_index("uq_signing_key_newest", SigningKey.is_newest, where=text("is_newest"), unique=True)
